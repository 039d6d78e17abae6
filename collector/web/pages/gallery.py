"""Every component in every state, for those who build pages: only where the setting `gallery` is on.

The figures are made up here; nothing is read from the store.
"""

from typing import Any

from collector.language import names
from collector.language.pages import Words
from collector.web.api.routing import Call
from collector.web.errors import NotFound
from collector.web.pages.charts import Value
from collector.web.pages.charts.line import Line, LineEvent, line
from collector.web.pages.charts.points import Loss, PointWords, points
from collector.web.pages.charts.spark import spark
from collector.web.pages.charts.strip import StripPart, gauge, strip

_DAYS: tuple[Value, ...] = (12, 14, 13, "not_arrived", "not_arrived", 15, 11, 0, 0, "closed", 9, 8, "unsupported", 7)
_UNKNOWN: tuple[Value, ...] = ("not_arrived",)
_SCORES: tuple[Value, ...] = (*(_UNKNOWN * 8), *(78 - n * 0.3 for n in range(60)), *([49.0] * 20))
_PARTS = ((1, 0.974), (2, 0.015), (3, 0.007), (4, 0.004))
_LOSSES = (8.3, 8.0, 6.1, 4.3, 3.8, 3.1, 2.9, 2.0)


async def gallery_page(call: Call, words: Words) -> dict[str, Any]:
    if not call.context.settings.gallery:
        raise NotFound("there is nothing at this address", "set `gallery` to see the components")
    losses = [Loss(each, words.number(each)) for each in _LOSSES]
    kept, held, lost = words("kept"), words("held"), words("lost_points")
    picture = words("score_picture")
    said = PointWords(picture, f"{kept} 49", f"{held} 12.5", f"{lost} 38.5", "61.5", f"{words('cap')} 49 · DROP")
    free = PointWords(picture, f"{kept} 92", "", f"{lost} 8", "92", "")
    return {
        "bands": [(key, names.band_word(key, words.language)) for key in ("red", "yellow", "green", "grey")],
        "states": ("online", "offline", "stopped", "never"),
        "capped": points(49, 61.5, "yellow", losses, said),
        "uncapped": points(92, 92, "green", losses[-2:], free),
        "spark": spark("14", _DAYS),
        "trend": line(
            Line(
                words("health"), _SCORES, "31 Aug", "28 Nov", events=(LineEvent(68, "DROP"),), borders=(40, 70),
                high=100, look="s-ink", base=(*(_UNKNOWN * 68), *([62.0] * 20)),
            )
        ),
        "use": line(
            Line("x", [n % 7 * 3 + 20 for n in range(56)], "4 Oct", "28 Nov", (LineEvent(40, "9 Nov", "s-red"),))
        ),
        "complete": strip("97.4 %", [StripPart(share, f"f-c{n}") for n, share in _PARTS]),
        "gauge": gauge("40 %", 0.4, "f-c1", tick=0.6),
        "change": [
            {"text": "31 Oct", "points": "85.8", "note": ""},
            {"text": names.measure("B2", words.language), "points": "−8.2", "note": "1.02 → 0.66"},
            {"text": names.signal("DROP", words.language), "points": "−28.6", "note": "79.7 → 49"},
        ],
        "total": {"text": "28 Nov", "points": "49.0"},
        "tasks": ("yes", "go", "no", "bad"),
    }  # fmt: skip
