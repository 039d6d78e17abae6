"""A day from its first hour to its last: what arrived, and each hole at its place, coloured by its cause. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from collector.values.drawing import Mark, Rectangle, fluid_svg


@dataclass(frozen=True, slots=True)
class HourHole:
    """Unix seconds. `look` is its class."""

    from_s: int
    to_s: int
    look: str


def hours(
    sentence: str, day: tuple[int, int], holes: Sequence[HourHole], until_s: int, *, height: float = 10.0
) -> Markup:
    """`day`: its first and last second. What lies after `until_s` is not there yet."""
    begin_s, length = day[0], max(day[1] - day[0], 1)
    marks: list[Mark] = [Rectangle(0, 0, 100, height, "f-track")]
    past = min(max(until_s - begin_s, 0), length)
    if past:
        marks.append(Rectangle(0, 0, past / length * 100, height, "f-c1"))
    for hole in sorted(holes, key=lambda one: one.from_s):
        first, last = max(hole.from_s, begin_s), min(hole.to_s, day[1])
        if first < last:
            x, width = (first - begin_s) / length * 100, (last - first) / length * 100
            marks += [Rectangle(x, 0, width, height, look) for look in ("f-blank", hole.look)]
    return Markup(fluid_svg(sentence, height, marks, width="100%"))  # noqa: S704 - the drawing escapes every text
