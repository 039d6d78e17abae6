"""A back-test as one picture: AUC with intervals, revenue found, reliability, what the bands said. SVG or PNG.

The same specification could stand on a page: altair makes it, vl-convert draws it without a browser.
"""

from typing import Any

import altair as alt
import vl_convert

from collector.backtest.report import OfLead, Report
from collector.backtest.texts import Lang, percent, say

INK, GREY, GRID = "#1f2933", "#7b8794", "#e4e7eb"
OURS, OTHERS = "#0b6e8a", "#9aa5b1"
GREEN, YELLOW = "#3f9142", "#e0a100"
WIDTH, HEIGHT = 380, 200
PNG_SCALE = 2.0
LOWEST = 0.4  # of the axis of AUC, unless one lies below
OWN_SCALES: dict[str, Any] = dict.fromkeys(("shape", "strokeDash", "color"), "independent")
FONT = "Noto Sans CJK SC, Noto Sans, DejaVu Sans, sans-serif"
LABELS: dict[str, tuple[str, str]] = {
    "auc": ("How well each ranks who leaves", "谁更能排出将流失者"),
    "auc_axis": ("AUC, 95 % by accounts (0.5: chance)", "AUC,按客户重抽样 95 %(0.5 为随机)"),
    "gains": ("Churned revenue found by alerting the riskiest", "提醒风险最高者能找回的流失年费"),
    "gains_x": ("accounts alerted", "被提醒的客户占比"),
    "gains_y": ("churned revenue found", "找回的流失年费"),
    "reliability": ("Foretold and happened", "预测与实际"),
    "foretold": ("foretold", "预测"),
    "happened": ("happened", "实际"),
    "none": ("probability: not enough history", "概率:历史不足"),
    "bands": ("Churned revenue by its band 90 days before", "流失年费在 90 天前的颜色"),
    "green": ("green (watermelon)", "绿(西瓜)"),
    "other": ("not green", "非绿"),
    "unknown": ("not scored", "无评分"),
    "lead": ("lead {lead} d", "提前 {lead} 天"),
}


def _label(word: str, lang: Lang) -> str:
    return LABELS[word][1 if lang == "zh" else 0]


def _data(values: list[dict[str, Any]]) -> alt.InlineData:
    return alt.InlineData(values=values)


def svg(report: Report, lang: Lang) -> str:
    return vl_convert.vegalite_to_svg(specification(report, lang))


def png(report: Report, lang: Lang) -> bytes:
    return vl_convert.vegalite_to_png(specification(report, lang), scale=PNG_SCALE)


def specification(report: Report, lang: Lang) -> dict[str, Any]:
    """The picture as a Vega-Lite document."""
    first = report.leads[0]
    rows = alt.vconcat(
        alt.hconcat(_auc(report, lang), _gains(report, lang), spacing=40).resolve_scale(**OWN_SCALES),
        alt.hconcat(_reliability(first, lang), _bands(report, lang), spacing=40).resolve_scale(**OWN_SCALES),
        spacing=30,
    )
    subtitle = say(
        "made_of", lang, accounts=report.accounts, first=report.first_day, last=report.last_day,
        through=report.through_day, source=report.source, basis=report.basis,
    )  # fmt: skip
    rows = rows.resolve_scale(**OWN_SCALES)
    title = alt.TitleParams(
        say("title", lang), subtitle=subtitle, anchor="start", fontSize=18, subtitleColor=GREY, offset=16
    )
    chart = rows.properties(title=title, padding=20).configure(font=FONT, background="white")
    chart = chart.configure_axis(
        gridColor=GRID, domainColor=GREY, labelColor=INK, titleColor=GREY, titleFontWeight="normal"
    )
    found: dict[str, Any] = chart.configure_view(stroke=None).configure_title(color=INK, anchor="start").to_dict()
    return found


def _auc(report: Report, lang: Lang) -> Any:
    values = [
        {
            "who": say(one.name, lang),
            "lead": _label("lead", lang).format(lead=of.lead),
            "auc": one.auc.value,
            "low": one.auc.low,
            "high": one.auc.high,
            "ours": one.name == "score",
        }
        for of in report.leads
        for one in of.predictors
        if one.auc.value is not None
    ]
    order = [say(name, lang) for name in ("score", "measures", "tenure", "usage", "constant")]
    leads = [_label("lead", lang).format(lead=of.lead) for of in report.leads]
    base = alt.Chart(_data(values)).encode(
        y=alt.Y("who:N", sort=order, title=None, axis=alt.Axis(labelLimit=200)),
        yOffset=alt.YOffset("lead:N", sort=leads),
        color=alt.condition("datum.ours", alt.value(OURS), alt.value(OTHERS)),
    )
    low = min([LOWEST, *(row["low"] for row in values if row["low"] is not None)])
    scale = alt.Scale(domain=[low, 1.0], nice=False, zero=False)
    axis = alt.X("low:Q", scale=scale, title=_label("auc_axis", lang), axis=alt.Axis(tickCount=6))
    chance = alt.Chart(_data([{"at": 0.5}])).mark_rule(strokeDash=[4, 3], color=GREY)
    chance = chance.encode(x=alt.X("at:Q", scale=scale))
    bars = base.mark_rule(strokeWidth=2).encode(x=axis, x2="high:Q")
    shape = alt.Shape("lead:N", sort=leads, title=None, legend=alt.Legend(orient="bottom", symbolFillColor=GREY))
    points = base.mark_point(filled=True, size=60, opacity=1).encode(x=alt.X("auc:Q", scale=scale), shape=shape)
    return alt.layer(chance, bars, points).properties(width=WIDTH, height=HEIGHT, title=_label("auc", lang))


def _gains(report: Report, lang: Lang) -> Any:
    values = [
        {"alerted": alerted, "found": found, "lead": _label("lead", lang).format(lead=of.lead)}
        for of in report.leads
        for alerted, found in of.gains
    ]
    leads = [_label("lead", lang).format(lead=of.lead) for of in report.leads]
    percent_axis = alt.Axis(format="%", tickCount=5)
    lines = (
        alt.Chart(_data(values))
        .mark_line(color=OURS, strokeWidth=2)
        .encode(
            x=alt.X("alerted:Q", title=_label("gains_x", lang), axis=percent_axis, scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("found:Q", title=_label("gains_y", lang), axis=percent_axis, scale=alt.Scale(domain=[0, 1])),
            strokeDash=alt.StrokeDash("lead:N", sort=leads, title=None, legend=alt.Legend(orient="bottom")),
        )
    )
    chance = alt.Chart(_data([{"x": 0, "y": 0}, {"x": 1, "y": 1}]))
    budget = alt.Chart(_data([{"at": report.budget}])).mark_rule(color=YELLOW, strokeWidth=2).encode(x="at:Q")
    diagonal = chance.mark_line(strokeDash=[4, 3], color=GREY, strokeWidth=1).encode(x="x:Q", y="y:Q")
    return alt.layer(diagonal, budget, lines).properties(width=WIDTH, height=HEIGHT, title=_label("gains", lang))


def _reliability(of: OfLead, lang: Lang) -> Any:
    title = f"{_label('reliability', lang)} ({_label('lead', lang).format(lead=of.lead)})"
    if not of.calibration.enough:
        nothing = alt.Chart(_data([{"text": _label("none", lang)}]))
        return nothing.mark_text(color=GREY, fontSize=14).encode(text="text:N").properties(
            width=WIDTH, height=HEIGHT, title=title
        )  # fmt: skip
    values = [{"foretold": b.foretold, "happened": b.happened, "rows": b.rows} for b in of.calibration.table]
    top = max(0.05, *(max(b.foretold, b.happened) for b in of.calibration.table)) * 1.1
    scale = alt.Scale(domain=[0, top])
    points = (
        alt.Chart(_data(values))
        .mark_line(point=alt.OverlayMarkDef(size=70, filled=True, color=OURS), color=OURS)
        .encode(
            x=alt.X("foretold:Q", title=_label("foretold", lang), scale=scale, axis=alt.Axis(format="%", tickCount=5)),
            y=alt.Y("happened:Q", title=_label("happened", lang), scale=scale, axis=alt.Axis(format="%", tickCount=5)),
        )
    )
    diagonal = alt.Chart(_data([{"x": 0, "y": 0}, {"x": top, "y": top}]))
    line = diagonal.mark_line(strokeDash=[4, 3], color=GREY, strokeWidth=1).encode(x="x:Q", y="y:Q")
    return alt.layer(line, points).properties(width=WIDTH, height=HEIGHT, title=title)


def _bands(report: Report, lang: Lang) -> Any:
    said = report.outcomes
    whole = said.churned_arr or 1
    parts = (
        ("green", said.watermelon_arr, GREEN),
        ("other", said.churned_scored_arr - said.watermelon_arr, OURS),
        ("unknown", said.churned_arr - said.churned_scored_arr, GRID),
    )
    values = [
        {"band": _label(word, lang), "share": arr / whole, "said": percent(arr / whole), "colour": colour}
        for word, arr, colour in parts
    ]
    base = alt.Chart(_data(values)).encode(
        y=alt.Y("band:N", sort=None, title=None, axis=alt.Axis(labelLimit=200)),
        x=alt.X("share:Q", title=None, axis=alt.Axis(format="%", tickCount=5), scale=alt.Scale(domain=[0, 1])),
    )
    bars = base.mark_bar(height=30).encode(color=alt.Color("colour:N", scale=None))
    texts = base.mark_text(align="left", dx=5, color=INK, fontSize=13).encode(text="said:N")
    return alt.layer(bars, texts).properties(width=WIDTH, height=HEIGHT, title=_label("bands", lang))
