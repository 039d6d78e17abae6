"""Bars of days in the height of a table's row. Pure."""

from collections.abc import Sequence

from markupsafe import Markup

from collector.values.drawing import Rectangle, fluid_svg
from collector.web.pages.charts import Value

_HEIGHT = 22.0
_FOOT = 2.0  # of a true zero: a black foot, not nothing
_GAPS = {"not_arrived": ("f-hatch", _HEIGHT), "unsupported": ("o-dot", _HEIGHT / 2), "closed": ("f-track", 1.0)}


def spark(sentence: str, values: Sequence[Value]) -> Markup:
    """One bar for each value; `sentence` says what a look at it would."""
    most = max((value for value in values if not isinstance(value, str)), default=0) or 1
    step = 100 / max(len(values), 1)
    marks = []
    for at, value in enumerate(values):
        if isinstance(value, str):
            look, height = _GAPS[value]
        elif value == 0:
            look, height = "f-ink", _FOOT
        else:
            look, height = "f-c1", max(value / most * (_HEIGHT - 1), 1.5)
        marks.append(Rectangle(at * step, _HEIGHT - height, step * 0.8, height, look))
    return Markup(fluid_svg(sentence, _HEIGHT, marks, width="7rem"))  # noqa: S704 - the drawing escapes every text
