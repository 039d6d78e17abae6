"""A back-test as one picture: AUC with intervals, revenue found, reliability, what the bands said. SVG or PNG."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from types import MappingProxyType

import vl_convert

from collector.backtest.report import OfLead, Predictor, Report
from collector.language import backtest as words
from collector.values.drawing import Label, Layer, Mark, Marker, Polyline, Rectangle, Scale
from collector.values.drawing import svg as drawing

INK, GREY, GRID = "#1f2933", "#7b8794", "#e4e7eb"
OURS, OTHERS = "#0b6e8a", "#9aa5b1"
GREEN, YELLOW = "#3f9142", "#e0a100"
WIDTH, HEIGHT = 380, 200  # of a panel's plot
LEFT, ABOVE, BELOW, GAP = 130, 26, 62, 30
PANEL_W, PANEL_H = LEFT + WIDTH + GAP, ABOVE + HEIGHT + BELOW
HEAD, MARGIN = 60, 20
PNG_SCALE = 2.0
LOWEST = 0.4  # of the axis of AUC, unless one lies below
FONT = "'Noto Sans CJK SC', 'Noto Sans', 'DejaVu Sans', sans-serif"
STYLES = MappingProxyType(
    {
        "text": f"font:11px {FONT};fill:{INK}",
        ".head": "font-size:18px;font-weight:bold",
        ".title": "font-size:13px;font-weight:bold",
        ".soft": f"fill:{GREY}",
        ".paper": "fill:white",
        "polyline": "fill:none;stroke-width:2",
        ".grid": f"stroke:{GRID};stroke-width:1",
        ".chance": f"stroke:{GREY};stroke-width:1;stroke-dasharray:4 3",
        ".budget": f"stroke:{YELLOW}",
        ".ours": f"stroke:{OURS};fill:{OURS}",
        ".others": f"stroke:{OTHERS};fill:{OTHERS}",
        ".lead-0,.lead-1,.lead-2,.lead-3": f"stroke:{OURS}",
        ".lead-1": "stroke-dasharray:6 3",
        ".lead-2": "stroke-dasharray:2 2",
        ".lead-3": "stroke-dasharray:8 2 2 2",
        ".green": f"fill:{GREEN}",
        ".other": f"fill:{OURS}",
        ".unknown": f"fill:{GRID}",
        "polyline.ours,polyline.others": "fill:none",
    }
)
LOOKS_OF_LEADS = 4
ORDER = ("score", "measures", "tenure", "usage", "constant")  # from top to bottom


def svg(report: Report, lang: str) -> str:
    first, last = MARGIN, MARGIN + PANEL_W
    panels: list[Mark] = [
        Layer(_auc(report, lang), x=first, y=HEAD),
        Layer(_gains(report, lang), x=last, y=HEAD),
        Layer(_reliability(report.leads[0], lang), x=first, y=HEAD + PANEL_H),
        Layer(_bands(report, lang), x=last, y=HEAD + PANEL_H),
    ]
    made_of = words.made_of(asdict(report), lang)
    width, height = 2 * PANEL_W + 2 * MARGIN, HEAD + 2 * PANEL_H
    head: list[Mark] = [
        Rectangle(0, 0, width, height, "paper"),
        Label(MARGIN, 28, words.title(lang), look="head"),
        Label(MARGIN, 46, made_of, look="soft"),
    ]
    return drawing(words.title(lang), width, height, [*head, *panels], STYLES)


def png(report: Report, lang: str) -> bytes:
    return vl_convert.svg_to_png(svg(report, lang), scale=PNG_SCALE)


def _x(low: float = 0.0, high: float = 1.0) -> Scale:
    return Scale(low, high, LEFT, LEFT + WIDTH)


def _y(high: float = 1.0) -> Scale:
    return Scale(0.0, high, ABOVE + HEIGHT, ABOVE)


def _panel(title: str, x: Scale, x_title: str, written: Callable[[float], str]) -> list[Mark]:
    """The title, and the axis below with its lines."""
    bottom = ABOVE + HEIGHT
    marks: list[Mark] = [Label(LEFT, 14, title, look="title")]
    for value in x.ticks():
        marks.append(Polyline(((x(value), ABOVE), (x(value), bottom)), "grid"))
        marks.append(Label(x(value), bottom + 15, written(value), "middle"))
    marks.append(Label(LEFT + WIDTH / 2, bottom + 32, x_title, "middle", "soft"))
    return marks


def _upright(y: Scale, y_title: str, lang: str) -> list[Mark]:
    """The axis on the left, in percent."""
    marks: list[Mark] = [Label(LEFT - 8, ABOVE - 6, y_title, "end", "soft")]
    for value in y.ticks():
        marks.append(Polyline(((LEFT, y(value)), (LEFT + WIDTH, y(value))), "grid"))
        marks.append(Label(LEFT - 8, y(value) + 4, words.percent(value, lang), "end"))
    return marks


def _legend(leads: Sequence[int], lang: str, sign: Callable[[int, float, float], Mark]) -> list[Mark]:
    y = ABOVE + HEIGHT + 48
    marks: list[Mark] = []
    for n, lead in enumerate(leads):
        x = LEFT + n * 100.0
        marks += [sign(n, x, y), Label(x + 30, y + 4, words.lead_on_picture(lead, lang))]
    return marks


def _auc(report: Report, lang: str) -> list[Mark]:
    found = [
        (n, one, one.auc.value, one.auc.low, one.auc.high)
        for n, of in enumerate(report.leads)
        for one in of.predictors
        if one.auc.value is not None
    ]
    judged = {one.name for _, one, *_ in found}
    names = [name for name in ORDER if name in judged]
    x = _x(min([LOWEST, *(low for *_, low, _ in found if low is not None)]), 1.0)
    row, step = HEIGHT / max(len(names), 1), HEIGHT / max(len(names), 1) / (len(report.leads) + 1)
    marks = _panel(words.on_picture("auc", lang), x, words.on_picture("auc_axis", lang), lambda value: f"{value:.1f}")
    marks.append(Polyline(((x(0.5), ABOVE), (x(0.5), ABOVE + HEIGHT)), "chance"))
    marks += [
        Label(LEFT - 8, ABOVE + row * (i + 0.5) + 4, words.predictor(name, lang), "end") for i, name in enumerate(names)
    ]
    for n, one, value, low, high in found:
        y = ABOVE + row * names.index(one.name) + step * (n + 1)
        if low is not None and high is not None:
            marks.append(Polyline(((x(low), y), (x(high), y)), _look(one)))
        marks.append(_sign(n, x(value), y, _look(one)))
    leads = [of.lead for of in report.leads]
    return marks + _legend(leads, lang, lambda n, at, y: _sign(n, at + 16, y, "ours"))


def _sign(n: int, x: float, y: float, look: str) -> Marker:
    """A dot, a square, a small dot: one for each lead."""
    return Marker(x, y, (4.0, 3.5, 2.5)[n % 3], look, square=n % 3 == 1)


def _look(one: Predictor) -> str:
    return "ours" if one.name == "score" else "others"


def _gains(report: Report, lang: str) -> list[Mark]:
    x, y = _x(), _y()
    marks = _panel(
        words.on_picture("gains", lang), x, words.on_picture("gains_x", lang), partial(words.percent, language=lang)
    ) + _upright(y, words.on_picture("gains_y", lang), lang)
    marks.append(Polyline(((x(0), y(0)), (x(1), y(1))), "chance"))
    marks.append(Polyline(((x(report.budget), y(0)), (x(report.budget), y(1))), "budget"))
    for n, of in enumerate(report.leads):
        if of.gains:
            points = [(x(alerted), y(found)) for alerted, found in of.gains]
            marks.append(Polyline(points, f"lead-{n % LOOKS_OF_LEADS}"))
    leads = [of.lead for of in report.leads]
    return marks + _legend(
        leads, lang, lambda n, at, level: Polyline(((at, level), (at + 24, level)), f"lead-{n % LOOKS_OF_LEADS}")
    )


def _reliability(of: OfLead, lang: str) -> list[Mark]:
    title = f"{words.on_picture('reliability', lang)} ({words.lead_on_picture(of.lead, lang)})"
    if not of.calibration.enough:
        nothing = Label(LEFT + WIDTH / 2, ABOVE + HEIGHT / 2, words.on_picture("none", lang), "middle", "soft")
        return [Label(LEFT, 14, title, look="title"), nothing]
    top = max(0.05, *(max(b.foretold, b.happened) for b in of.calibration.table)) * 1.1
    x, y = _x(0.0, top), _y(top)
    points = [(x(b.foretold), y(b.happened)) for b in of.calibration.table]
    return [
        *_panel(title, x, words.on_picture("foretold", lang), partial(words.percent, language=lang)),
        *_upright(y, words.on_picture("happened", lang), lang),
        Polyline(((x(0), y(0)), (x(top), y(top))), "chance"),
        Polyline(points, "ours"), *(Marker(px, py, 4, "ours") for px, py in points),
    ]  # fmt: skip


def _bands(report: Report, lang: str) -> list[Mark]:
    said, x = report.outcomes, _x()
    whole = said.churned_arr or 1
    parts = (
        ("green", said.watermelon_arr),
        ("other", said.churned_scored_arr - said.watermelon_arr),
        ("unknown", said.churned_arr - said.churned_scored_arr),
    )
    marks = _panel(words.on_picture("bands", lang), x, "", partial(words.percent, language=lang))
    for n, (band, arr) in enumerate(parts):
        middle = ABOVE + HEIGHT / len(parts) * (n + 0.5)
        marks.append(Label(LEFT - 8, middle + 4, words.on_picture(band, lang), "end"))
        marks.append(Rectangle(LEFT, middle - 15, x(arr / whole) - LEFT, 30, band))
        marks.append(Label(x(arr / whole) + 5, middle + 4, words.percent(arr / whole, lang)))
    return marks
