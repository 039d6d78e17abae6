"""Strips: shares of a whole side by side, a value in its track with a tick for what it is compared with. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from collector.values.drawing import Mark, Rectangle, Upright, Width, fluid_svg

_HAIR = 0.25  # of the width: between two parts


@dataclass(frozen=True, slots=True)
class StripPart:
    """`share` is 0..1 of the whole."""

    share: float
    look: str


def strip(sentence: str, parts: Sequence[StripPart], *, height: float = 10.0) -> Markup:
    """The parts from left to right; what is left of the whole is the track."""
    marks: list[Mark] = [Rectangle(0, 0, 100, height, "f-track")]
    x = 0.0
    for part in parts:
        width = part.share * 100
        if width > 0:
            marks.append(Rectangle(x, 0, max(width - _HAIR, _HAIR), height, part.look))
        x += width
    return Markup(fluid_svg(sentence, height, marks, width="100%"))  # noqa: S704 - the drawing escapes every text


def gauge(
    sentence: str, share: float, look: str, *, tick: float | None = None, height: float = 10.0, width: Width = "100%"
) -> Markup:
    """One value as a share of its track, 0..1, never beyond its end; `tick` is what it was, or should be."""
    marks: list[Mark] = [Rectangle(0, 0, 100, height, "f-track")]
    if share > 0:
        marks.append(Rectangle(0, 0, min(share, 1) * 100, height, look))
    if tick is not None:
        marks.append(Upright(min(tick, 1) * 100, 0, height, "hair s-ink"))
    return Markup(fluid_svg(sentence, height, marks, width=width))  # noqa: S704 - the drawing escapes every text


def swatch(look: str) -> Markup:
    """A square of a key."""
    square = f'<rect width="10" height="10" rx="2" class="{escape(look)}"/>'
    return Markup(f'<svg width="10" height="10" aria-hidden="true">{square}</svg>')  # noqa: S704 - escaped above
