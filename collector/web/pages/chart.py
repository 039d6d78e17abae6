"""Small charts as SVG, drawn on the server: bars for counts by day, stacks for completeness. Pure.

No style attributes (the content security policy forbids them): colours are classes in app.css. A day of which
nothing arrived is hatched, never a bar of height zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from collector.calendar.days import DAY_S

_WIDTH, _WIDE, _HEIGHT, _FOOT = 280, 560, 84, 14  # bars stand four in a row, stacks two
STACK_ORDER = ("arrived", "on_robot", "dark", "crash", "lost", "never_arrived", "not_due", "off", "before_deployment")


@dataclass(frozen=True, slots=True)
class Bar:
    """`value` None: nothing known; `hint` is read by a pointer and by screen readers."""

    label: str
    value: int | None
    hint: str


def bars(title: str, days: Sequence[Bar]) -> Markup:
    """One bar for each day."""
    most = max((bar.value or 0 for bar in days), default=0) or 1
    step = _WIDTH / max(len(days), 1)
    body_height = _HEIGHT - _FOOT
    drawn = []
    for i, bar in enumerate(days):
        x, width = i * step + 1, step - 2
        hint = f"<title>{escape(bar.hint)}</title>"
        if bar.value is None:
            drawn.append(
                f'<rect class="unknown" x="{x:.1f}" y="0" width="{width:.1f}" height="{body_height}">{hint}</rect>'
            )
            continue
        height = max(bar.value / most * (body_height - 2), 1.5)
        kind = "zero" if bar.value == 0 else "bar"
        y = body_height - height
        place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="1.5"'
        drawn.append(f'<rect class="{kind}" {place}>{hint}</rect>')
    return _svg(title, _WIDTH, drawn, [bar.label for bar in days])


def stacks(title: str, days: Sequence[tuple[str, Mapping[str, int], str]]) -> Markup:
    """One stack for each day: (label, seconds by cause or `arrived`, hint), from the bottom in STACK_ORDER."""
    step = _WIDE / max(len(days), 1)
    body_height = _HEIGHT - _FOOT
    drawn = []
    for i, (_, parts, hint) in enumerate(days):
        x, y = i * step + 1, float(body_height)
        whole = sum(parts.values())
        drawn.append(f"<g><title>{escape(hint)}</title>")
        drawn.append(f'<rect class="future" x="{x:.1f}" y="0" width="{step - 2:.1f}" height="{body_height}"/>')
        for part in STACK_ORDER:
            height = parts.get(part, 0) / max(whole, DAY_S) * body_height
            if height > 0:
                y -= height
                drawn.append(
                    f'<rect class="part-{part}" x="{x:.1f}" y="{y:.1f}" width="{step - 2:.1f}" height="{height:.1f}"/>'
                )
        drawn.append("</g>")
    return _svg(title, _WIDE, drawn, [label for label, _, _ in days])


def _svg(title: str, width: int, drawn: Sequence[str], labels: Sequence[str]) -> Markup:
    step, last = width / max(len(labels), 1), len(labels) - 1
    places = ((0, 0.0, "start"), (len(labels) // 2, (len(labels) // 2 + 0.5) * step, "middle"), (last, width, "end"))
    written = "".join(
        f'<text x="{x:.1f}" y="{_HEIGHT - 2}" text-anchor="{anchor}">{escape(labels[i])}</text>'
        for i, x, anchor in places
        if labels
    )
    return Markup(  # noqa: S704 - every text in it was escaped above
        f'<svg class="chart" viewBox="0 0 {width} {_HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{''.join(drawn)}{written}</svg>"
    )
