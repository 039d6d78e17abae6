"""A back-test as text, in English or Chinese. Pure."""

from collections.abc import Mapping
from typing import Literal

from collector.backtest.ranking import Interval
from collector.backtest.report import Calibration, OfLead, Outcomes, Predictor, Report
from collector.values.money import amount_text

Lang = Literal["en", "zh"]
_AT: Mapping[str, int] = {"en": 0, "zh": 1}
WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("Back-test of account health", "客户健康分回测"),
    "made_of": (
        "{accounts} accounts, scored {first} to {last}; outcomes until {through}. Source: {source}, basis: {basis}.",
        "{accounts} 个客户,评分日 {first} 至 {last};结果截至 {through}。来源:{source},口径:{basis}。",
    ),
    "policy": ("Policy: {policy}", "规则版本:{policy}"),
    "lead": ("Lead {lead} days", "提前 {lead} 天"),
    "rows": (
        "{rows} rows of {accounts} accounts; {lost} rows of {lost_accounts} had a loss to foretell ({arr} a year)",
        "{rows} 行,{accounts} 个客户;其中 {lost} 行({lost_accounts} 个客户,年费 {arr})在窗口内流失",
    ),
    "left_out": ("left out: {said}", "未计入:{said}"),
    "split": (
        "judged on {rows} rows ({lost} lost) from {test} on; fitted on others until {train} (gap {gap} d)",
        "在 {test} 起的 {rows} 行({lost} 行流失)上评判;拟合只用 {train} 之前、其他客户的数据(间隔 {gap} 天,{folds} 组)",
    ),
    "no_split": (
        "too few losses or too short a history to fit anything: the score is judged on all {rows} rows ({lost} lost)",
        "流失太少或历史太短,无法拟合:健康分在全部 {rows} 行({lost} 行流失)上评判",
    ),
    "head": (
        "{name:<34}{auc:<22}{due:<22}{lift:>8}{recall:>10}   {beaten}",
        "{name:<34}{auc:<22}{due:<22}{lift:>8}{recall:>10}   {beaten}",
    ),
    "col_auc": ("AUC (95 %)", "AUC (95 %)"),
    "col_due": ("AUC, due in window", "AUC,仅到期"),
    "col_lift": ("lift", "提升度"),
    "col_recall": ("ARR found", "找回年费"),
    "col_beaten": ("score is better by", "健康分高出"),
    "score": ("health score", "健康分"),
    "constant": ("constant rate", "固定比率"),
    "tenure": ("days to renewal + tenure", "距续约天数+合作时长"),
    "usage": ("total use among peers", "总用量同类排名"),
    "measures": ("logistic on the measures", "各测量项逻辑回归"),
    "all_rows": ("score on all rows: AUC {auc}", "健康分在全部行上:AUC {auc}"),
    "shuffled": (
        "labels shuffled (must be 0.5): {said}",
        "打乱标签后(应为 0.5):{said}",
    ),
    "not_enough": (
        "probability: not enough history ({losses} of {needed} past non-renewals)",
        "概率:历史不足(已有 {losses} 次不续约,需要 {needed} 次)",
    ),
    "no_fit": (
        "probability: not enough history (no split in time is possible yet)",
        "概率:历史不足(还无法按时间切分)",
    ),
    "brier": (
        "probability: Brier {brier:.4f}, a constant rate has {constant:.4f}",
        "概率:Brier {brier:.4f},固定比率为 {constant:.4f}",
    ),
    "bin": (
        "  foretold {low:.0%}–{high:.0%} (mean {foretold:.1%}): happened {happened:.1%} of {rows}",
        "  预测 {low:.0%}–{high:.0%}(平均 {foretold:.1%}):实际 {happened:.1%},共 {rows} 行",
    ),
    "outcomes": ("What the bands said", "颜色与结果"),
    "losses": ("{n} losses, {arr} a year", "{n} 次流失,年费 {arr}"),
    "watermelon": (
        "watermelon rate: {rate} of churned revenue was green 90 days before ({green} of {scored} that had a score)",
        "西瓜率:流失年费中 90 天前仍为绿色的占 {rate}({green} / 当时有评分的 {scored})",
    ),
    "red": ("red that renewed: {rate} ({kept} of {due})", "红色却续约:{rate}({kept} / {due})"),
    "warned": (
        "warned before the loss: {n} red or yellow (median {days} days), {red} red (median {red_days} days)",
        "流失前已预警:红或黄 {n} 个(中位提前 {days} 天),红 {red} 个(中位提前 {red_days} 天)",
    ),
    "flips": ("band changes per account-year: {flips}", "每客户每年变色次数:{flips}"),
    "no_rows": (
        "Nothing to judge: no scores. Score past days first (`collector score --from DAY --to DAY --basis recorded`).",
        "没有可评判的评分。请先为过去的日子评分(`collector score --from DAY --to DAY --basis recorded`)。",
    ),
    "few_losses": (
        "Fewer than 20 losses: every figure here is mostly chance.",
        "流失少于 20 次:以下数字多半出于偶然。",
    ),
    "short_history": (
        "Where there is no split, only the score, the constant rate and total use are compared.",
        "无法切分之处,只比较健康分、固定比率和总用量。",
    ),
    "several_policies": (
        "Scores were made by more than one policy: score again with one to judge that one.",
        "评分出自多个规则版本:要评判其中一个,请用它重新评分。",
    ),
    "none": ("none", "无"),
}  # fmt: skip
LEFT_OUT: Mapping[str, tuple[str, str]] = {
    "no_contract": ("no contract", "无合同"),
    "after_notice": ("notice was given before", "已通知离开"),
    "too_late": ("lost before the lead was over", "在提前期内已流失"),
    "undecided": ("not decided yet", "尚未决定"),
    "not_over": ("window not over yet", "窗口未结束"),
    "not_scored": ("not scored", "无评分"),
}


def say(word: str, lang: Lang, **values: object) -> str:
    return WORDS[word][_AT[lang]].format(**values)


def text(report: Report, lang: Lang) -> str:
    """The whole report for a terminal."""
    lines = [
        say("title", lang),
        say(
            "made_of", lang, accounts=report.accounts, first=report.first_day, last=report.last_day,
            through=report.through_day, source=report.source, basis=report.basis,
        ),
    ]  # fmt: skip
    if report.policy:
        lines.append(say("policy", lang, policy=", ".join(report.policy)))
    lines += [say(note, lang) for note in report.notes]
    for one in report.leads:
        lines += ["", *_lead(one, report.budget, lang)]
    return "\n".join([*lines, "", *_outcomes(report.outcomes, lang)])


def _lead(one: OfLead, budget: float, lang: Lang) -> list[str]:
    left = ", ".join(f"{LEFT_OUT[name][_AT[lang]]} {n}" for name, n in one.left_out.items()) or say("none", lang)
    lines = [
        say("lead", lang, lead=one.lead),
        say(
            "rows", lang, rows=one.rows, accounts=one.accounts, lost=one.lost_rows, lost_accounts=one.lost_accounts,
            arr=amount_text(one.lost_arr),
        ),
        say("left_out", lang, said=left),
    ]  # fmt: skip
    if one.split is None:
        lines.append(say("no_split", lang, rows=one.judged_rows, lost=one.judged_lost))
    else:
        lines.append(
            say(
                "split", lang, rows=one.judged_rows, lost=one.judged_lost, test=one.split.test_from_day,
                train=one.split.train_to_day, gap=one.split.gap_days, folds=one.split.folds,
            )
        )  # fmt: skip
    share = f" {budget:.0%}"
    heads = {"auc": "col_auc", "due": "col_due", "beaten": "col_beaten"}
    lines.append(
        say(
            "head", lang, name="", lift=say("col_lift", lang) + share, recall=say("col_recall", lang),
            **{key: say(word, lang) for key, word in heads.items()},
        ).rstrip()
    )  # fmt: skip
    lines += [_predictor(each, lang) for each in one.predictors]
    lines.append(say("all_rows", lang, auc=shown(one.score_all_rows)))
    shuffled = [f"{say(name, lang)} {value:.3f}" for name, value in one.shuffled.items() if value is not None]
    lines.append(say("shuffled", lang, said=", ".join(shuffled) or say("none", lang)))
    return lines + _calibration(one.calibration, lang)


def _predictor(one: Predictor, lang: Lang) -> str:
    line = say(
        "head", lang, name=say(one.name, lang), auc=shown(one.auc), due=shown(one.auc_due),
        lift="–" if one.lift is None else f"{one.lift:.2f}×", recall=percent(one.recall),
        beaten="" if one.beaten_by is None else shown(one.beaten_by, sign="+"),
    )  # fmt: skip
    return line.rstrip()


def _calibration(one: Calibration, lang: Lang) -> list[str]:
    if not one.enough:
        word = "not_enough" if one.losses < one.needed else "no_fit"
        return [say(word, lang, losses=one.losses, needed=one.needed)]
    lines = [say("brier", lang, brier=one.brier, constant=one.brier_constant)]
    return lines + [
        say("bin", lang, low=b.low, high=b.high, foretold=b.foretold, happened=b.happened, rows=b.rows)
        for b in one.table
    ]


def _outcomes(one: Outcomes, lang: Lang) -> list[str]:
    flips = one.band_flips_per_account_year
    return [
        say("outcomes", lang),
        say("losses", lang, n=one.losses, arr=amount_text(one.churned_arr)),
        say(
            "watermelon", lang, rate=percent(one.watermelon_rate), green=amount_text(one.watermelon_arr),
            scored=amount_text(one.churned_scored_arr),
        ),
        say("red", lang, rate=percent(one.red_renewed_share), kept=one.red_renewed, due=one.red_due),
        say(
            "warned", lang, n=one.warned, days=_days(one.median_lead_days), red=one.red_warned,
            red_days=_days(one.median_red_lead_days),
        ),
        say("flips", lang, flips="–" if flips is None else f"{flips:.2f}"),
    ]  # fmt: skip


def shown(one: Interval, sign: str = "") -> str:
    """0.742 (0.701–0.780)."""
    if one.value is None:
        return "–"
    value = f"{one.value:{sign}.3f}"
    return value if one.low is None or one.high is None else f"{value} ({one.low:{sign}.3f} … {one.high:{sign}.3f})"


def percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _days(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"
