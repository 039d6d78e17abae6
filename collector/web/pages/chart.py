"""The small charts of the pages: bars for counts by day, stacks for completeness. Pure.

A day of which nothing arrived is hatched, never a bar of height zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from collector.calendar.days import DAY_S
from collector.values.drawing import Anchor, Label, Layer, Mark, Rectangle, svg

_WIDTH, _WIDE, _HEIGHT, _FOOT = 280, 560, 84, 14  # bars stand four in a row, stacks two
_BODY = _HEIGHT - _FOOT
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
    drawn: list[Mark] = []
    for i, bar in enumerate(days):
        x, width = i * step + 1, step - 2
        if bar.value is None:
            drawn.append(Rectangle(x, 0, width, _BODY, "unknown", bar.hint))
            continue
        height = max(bar.value / most * (_BODY - 2), 1.5)
        look = "zero" if bar.value == 0 else "bar"
        drawn.append(Rectangle(x, _BODY - height, width, height, look, bar.hint, radius=1.5))
    return _by_day(title, _WIDTH, drawn, [bar.label for bar in days])


def stacks(title: str, days: Sequence[tuple[str, Mapping[str, int], str]]) -> Markup:
    """One stack for each day: (label, seconds by cause or `arrived`, hint), from the bottom in STACK_ORDER."""
    step = _WIDE / max(len(days), 1)
    drawn: list[Mark] = []
    for i, (_, parts, hint) in enumerate(days):
        x, y = i * step + 1, float(_BODY)
        whole = max(sum(parts.values()), DAY_S)
        stack = [Rectangle(x, 0, step - 2, _BODY, "future")]
        for part in STACK_ORDER:
            height = parts.get(part, 0) / whole * _BODY
            if height > 0:
                y -= height
                stack.append(Rectangle(x, y, step - 2, height, f"part-{part}"))
        drawn.append(Layer(stack, hint))
    return _by_day(title, _WIDE, drawn, [label for label, _, _ in days])


def _by_day(title: str, width: int, drawn: Sequence[Mark], labels: Sequence[str]) -> Markup:
    """With the first day, the one in the middle and the last written below."""
    step, last = width / max(len(labels), 1), len(labels) - 1
    places: tuple[tuple[int, float, Anchor], ...] = (
        (0, 0.0, "start"), (len(labels) // 2, (len(labels) // 2 + 0.5) * step, "middle"), (last, width, "end"),
    )  # fmt: skip
    written = [Label(x, _HEIGHT - 2, labels[i], anchor) for i, x, anchor in places if labels]
    return Markup(svg(title, width, _HEIGHT, [*drawn, *written]))  # noqa: S704 - the drawing escapes every text
