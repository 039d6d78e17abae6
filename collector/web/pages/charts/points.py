"""A score as 100 points: kept, held back by a cap, lost measure by measure. They always sum to 100. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from collector.values.drawing import Anchor, Label, Mark, Rectangle, Upright, fluid_svg

_HEIGHT, _Y, _BAR = 58.0, 18.0, 20.0
_FOOT = 53.0
_WORD = 3.5  # points from which a loss has room for its number
_GAP = 0.3
_NARROW, _FULL, _WHOLE = 25.0, 80.0, 94.0  # of the bar: where a word has no room on its usual side


@dataclass(frozen=True, slots=True)
class PointWords:
    """What is written at the bar, in the page's language."""

    sentence: str
    kept: str
    held: str
    lost: str
    raw: str
    cap: str  # "" where none binds


@dataclass(frozen=True, slots=True)
class Loss:
    points: float
    written: str


def points(final: float, raw: float, band: str, losses: Sequence[Loss], words: PointWords) -> Markup:
    """`final` kept, `raw` - `final` held back, then the losses in the order given. A floor shows nothing held."""
    kept, reached = min(final, raw), max(raw, 0.0)
    marks: list[Mark] = [Rectangle(0, _Y, kept, _BAR, f"f-{band}")]
    held = reached - kept
    if held > 0:
        marks.append(Rectangle(kept, _Y, held, _BAR, "f-hatch"))
        marks.append(Upright(kept, _Y - 6, _Y + _BAR + 6, "hair s-ink"))
        if words.cap:
            marks.append(Label(kept - 0.4 if kept > _NARROW else kept, 11, words.cap, _side(kept), "on"))
        marks.append(Label(kept + held / 2, _FOOT, words.held, "middle"))
    x = reached
    for loss in losses:
        marks.append(Rectangle(x, _Y, max(loss.points - _GAP, 0.2), _BAR, "f-track"))
        if loss.points >= _WORD:
            look = "on" if loss.points >= 2 * _WORD else "on few"
            marks.append(Label(x + loss.points / 2, _Y + 14, loss.written, "middle", look))
        x += loss.points
    marks.append(Label(0, _FOOT, "0"))
    marks.append(Label(kept / 2, _FOOT, words.kept, "middle"))
    if held > _WORD:
        marks.append(Label(min(reached + 0.4, 100), 11, words.raw, "start" if reached < _FULL else "end"))
    if reached < _WHOLE:  # else the word would stand on the 100
        marks.append(Label((reached + 100) / 2, _FOOT, words.lost, "middle"))
    marks.append(Label(100, _FOOT, "100", "end"))
    return Markup(fluid_svg(words.sentence, _HEIGHT, marks, width="100%"))  # noqa: S704 - the drawing escapes every text


def _side(kept: float) -> Anchor:
    """On which side of its line a cap's word stands."""
    return "end" if kept > _NARROW else "start"
