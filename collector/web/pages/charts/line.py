"""A line over time: broken where nothing is known, with events as dashed uprights and a dashed comparison. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from collector.values.drawing import Label, Mark, Polyline, Rectangle, Scale, Upright, fluid_svg
from collector.web.pages.charts import Value

_TOP, _FOOT = 16.0, 16.0  # room for the words of events, and for the days below
_RIGHT_HALF = 50.0
_LOOK_OF_ZONE = ("z-red", "z-yellow", "z-green")


@dataclass(frozen=True, slots=True)
class LineEvent:
    """`at` is the place in the values."""

    at: int
    word: str
    look: str = "s-ink"


@dataclass(frozen=True, slots=True)
class Line:
    """`borders`: of bands, ascending; a score is drawn from 0 to 100 with them. `base`: a comparison of equal length.

    `high` None: the largest value. The line begins at zero unless it is a score.
    """

    sentence: str
    values: Sequence[Value]
    first: str
    last: str
    events: Sequence[LineEvent] = ()
    base: Sequence[Value] = ()
    borders: Sequence[float] = ()
    high: float | None = None
    height: float = 104.0
    look: str = "s-c1"


def line(wanted: Line) -> Markup:
    """The drawing. What neither of the two knows is hatched over the whole height."""
    count = max(len(wanted.values) - 1, 1)
    most = max((v for v in (*wanted.values, *wanted.base) if not isinstance(v, str)), default=1)
    low, floor = wanted.height - _FOOT, _TOP
    scale = Scale(0, wanted.high or most or 1, low, floor)
    base = wanted.base or wanted.values
    unknown = [other if isinstance(value, str) else value for value, other in zip(wanted.values, base, strict=True)]
    marks: list[Mark] = _zones(wanted.borders, scale)
    marks += [
        Rectangle(run[0] / count * 100, floor, (run[-1] - run[0] + 1) / count * 100, low - floor, "f-hatch")
        for run in _runs(unknown, known=False)
    ]
    for values, look in ((wanted.base, "ln s-edge dash"), (wanted.values, f"ln {wanted.look}")):
        for run in _runs(values, known=True):
            points = [(at / count * 100, scale(float(values[at]))) for at in run]
            marks.append(Polyline(points, look))
    for event in wanted.events:
        x = event.at / count * 100
        marks.append(Upright(x, 12, low, f"hair {event.look} dash"))
        marks.append(Label(x, 10, event.word, "end" if x > _RIGHT_HALF else "start", "on"))
    marks += [Label(0, wanted.height - 2, wanted.first), Label(100, wanted.height - 2, wanted.last, "end")]
    drawn = fluid_svg(wanted.sentence, wanted.height, marks, width="100%")
    return Markup(drawn)  # noqa: S704 - the drawing escapes every text


def _zones(borders: Sequence[float], scale: Scale) -> list[Mark]:
    """The grounds of the bands between 0, the borders and 100."""
    if not borders:
        return []
    found: list[Mark] = []
    for look, (low, high) in zip(_LOOK_OF_ZONE, zip((0.0, *borders), (*borders, 100.0), strict=True), strict=True):
        found.append(Rectangle(0, scale(high), 100, scale(low) - scale(high), look))
    return found


def _runs(values: Sequence[Value], *, known: bool) -> list[list[int]]:
    """Places in a row that are all known, or all not."""
    said = groupby(range(len(values)), key=lambda at: not isinstance(values[at], str))
    return [list(run) for is_known, run in said if is_known is known]
