"""Columns over time, from zero: counts of weeks or days as wide as their place. Pure.

What is not known is hatched, what cannot be counted is dotted.
"""

from collections.abc import Sequence

from markupsafe import Markup

from collector.values.drawing import Label, Mark, Rectangle, fluid_svg
from collector.web.pages.charts import Value

_FOOT, _TOP, _HEIGHT = 16.0, 14.0, 96.0
_EDGE = 6.0  # of a hundred
_GAPS = {"not_arrived": "f-hatch", "unsupported": "o-dot", "closed": "f-track"}


def columns(sentence: str, values: Sequence[Value], first: str, last: str) -> Markup:
    """One column for each value; the largest has its number."""
    known = [value for value in values if not isinstance(value, str)]
    most, step = max(known, default=0) or 1, 100 / max(len(values), 1)
    room = _HEIGHT - _FOOT - _TOP
    marks: list[Mark] = []
    labelled = False
    for at, value in enumerate(values):
        if isinstance(value, str):
            marks.append(Rectangle(at * step, _TOP, step * 0.82, room, _GAPS[value]))
            continue
        height = max(value / most * room, 2)
        marks.append(Rectangle(at * step, _TOP + room - height, step * 0.82, height, "f-c1" if value else "f-ink"))
        if value and value == most and not labelled:
            labelled = True
            marks.append(_number(at * step, step * 0.82, _TOP + room - height - 3, f"{value:g}"))
    marks += [Label(0, _HEIGHT - 2, first), Label(100, _HEIGHT - 2, last, "end")]
    return Markup(fluid_svg(sentence, _HEIGHT, marks, width="100%"))  # noqa: S704 - the drawing escapes every text


def _number(left: float, wide: float, y: float, text: str) -> Label:
    """Above its column; at an edge of the drawing it stands inward, or the half of it would be cut off."""
    if left < _EDGE:
        return Label(left, y, text, "start", "on")
    if left + wide > 100 - _EDGE:
        return Label(left + wide, y, text, "end", "on")
    return Label(left + wide / 2, y, text, "middle", "on")
