"""A back-test for people, from the JSON of its report. Money there is hundredths of the base currency."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from collector.language import figures, names
from collector.language.catalogue import deferred, deferred_in, gettext, ngettext, pgettext
from collector.language.table import left, right

Json = Mapping[str, Any]
_PREDICTORS: Mapping[str, str] = MappingProxyType(
    {
        "score": deferred_in("predictor", "health score"),
        "constant": deferred_in("predictor", "constant rate"),
        "tenure": deferred_in("predictor", "days to renewal + tenure"),
        "usage": deferred_in("predictor", "total use among peers"),
        "measures": deferred_in("predictor", "logistic on the measures"),
    }
)
_LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "no_contract": deferred_in("left out", "no contract"),
        "after_notice": deferred_in("left out", "notice was given before"),
        "too_late": deferred_in("left out", "lost before the lead was over"),
        "undecided": deferred_in("left out", "not decided yet"),
        "not_over": deferred_in("left out", "window not over yet"),
        "not_scored": deferred_in("left out", "not scored"),
    }
)
_NOTES: Mapping[str, str] = MappingProxyType(
    {
        "no_rows": deferred(
            "Nothing to judge: no scores. Score past days first "
            "(`collector score --from DAY --to DAY --basis recorded`)."
        ),
        "few_losses": deferred("Fewer than 20 losses: every figure here is mostly chance."),
        "short_history": deferred(
            "Where there is no split, only the score, the constant rate and total use are compared."
        ),
        "several_policies": deferred(
            "Scores were made by more than one policy: score again with one to judge that one."
        ),
    }
)
_PICTURE: Mapping[str, str] = MappingProxyType(
    {
        "auc": deferred_in("picture", "How well each ranks who leaves"),
        "auc_axis": deferred_in("picture", "AUC, 95 % by accounts (0.5: chance)"),
        "gains": deferred_in("picture", "Churned revenue found by alerting the riskiest"),
        "gains_x": deferred_in("picture", "accounts alerted"),
        "gains_y": deferred_in("picture", "churned revenue found"),
        "reliability": deferred_in("picture", "Foretold and happened"),
        "foretold": deferred_in("picture", "foretold"),
        "happened": deferred_in("picture", "happened"),
        "none": deferred_in("picture", "probability: not enough history"),
        "bands": deferred_in("picture", "Churned revenue by its band 90 days before"),
        "green": deferred_in("picture", "green (watermelon)"),
        "other": deferred_in("picture", "not green"),
        "unknown": deferred_in("picture", "not scored"),
    }
)
_COLUMNS = (34, 22, 22, 8, 10)  # of the table of predictors; lift and revenue found end at one place
_ENDS = (3, 4)


def title(language: str) -> str:
    return gettext(language, "Back-test of account health")


def made_of(report: Json, language: str) -> str:
    """What the report rests on, in one sentence."""
    return ngettext(
        language,
        "{n} account, scored {first} to {last}; outcomes until {through}. Source: {source}, basis: {basis}.",
        "{n} accounts, scored {first} to {last}; outcomes until {through}. Source: {source}, basis: {basis}.",
        report["accounts"], first=report["first_day"], last=report["last_day"], through=report["through_day"],
        source=report["source"], basis=report["basis"],
    )  # fmt: skip


def predictor(name: str, language: str) -> str:
    return pgettext(language, "predictor", _PREDICTORS[name])


def note(key: str, language: str) -> str:
    """What limits the whole report."""
    return gettext(language, _NOTES[key])


def on_picture(word: str, language: str) -> str:
    """A title, an axis or a legend of the picture."""
    return pgettext(language, "picture", _PICTURE[word])


def lead_on_picture(lead: int, language: str) -> str:
    return gettext(language, "lead {n} d", n=lead)


def text(report: Json, language: str) -> str:
    """The whole report for a terminal."""
    lines = [title(language), made_of(report, language)]
    if report["policy"]:
        lines.append(gettext(language, "Policy: {policy}", policy=figures.listed(report["policy"], language)))
    lines += [note(key, language) for key in report["notes"]]
    for one in report["leads"]:
        lines += ["", *_lead(one, report["budget"], language)]
    return "\n".join([*lines, "", *_outcomes(report["outcomes"], language)])


def _lead(one: Json, budget: float, language: str) -> list[str]:
    lines = [
        ngettext(language, "Lead {n} day", "Lead {n} days", one["lead"]),
        ngettext(
            language,
            "{n} row of {accounts} accounts; {lost} rows of {lost_accounts} had a loss to foretell ({arr} a year)",
            "{n} rows of {accounts} accounts; {lost} rows of {lost_accounts} had a loss to foretell ({arr} a year)",
            one["rows"], accounts=one["accounts"], lost=one["lost_rows"], lost_accounts=one["lost_accounts"],
            arr=_money(one["lost_arr"], language),
        ),
        gettext(language, "left out: {reasons}", reasons=left_out(one["left_out"], language)),
        _split(one, language),
    ]  # fmt: skip
    share = figures.percent(budget, language)
    lines.append(
        _row(
            [
                "",
                pgettext(language, "column", "AUC (95 %)"),
                pgettext(language, "column", "AUC, due in window"),
                pgettext(language, "column", "lift {share}", share=share),
                pgettext(language, "column", "ARR found {share}", share=share),
                pgettext(language, "column", "score is better by"),
            ]
        )
    )
    lines += [_predictor(each, language) for each in one["predictors"]]
    lines.append(gettext(language, "score on all rows: AUC {auc}", auc=interval(one["score_all_rows"], language)))
    shuffled = [
        f"{predictor(name, language)} {figures.number(value, language, 3)}"
        for name, value in one["shuffled"].items()
        if value is not None
    ]
    aucs = _or_none(shuffled, language)
    lines.append(gettext(language, "labels shuffled (must be 0.5): {aucs}", aucs=aucs))
    within = next((each["auc_within"] for each in one["predictors"] if each["name"] == "score"), None)
    if within is not None:
        lines.append(gettext(language, "score within each day: AUC {auc}", auc=figures.number(within, language, 3)))
    lines += [*_first_calls(one["first_calls"], language), *(_measure(each, language) for each in one["measures"])]
    return lines + _calibration(one["calibration"], language)


def left_out(reasons: Mapping[str, int], language: str) -> str:
    """`window not over yet 40, no contract 2`."""
    dropped = [f"{pgettext(language, 'left out', _LEFT_OUT[name])} {n}" for name, n in reasons.items()]
    return _or_none(dropped, language)


def _split(one: Json, language: str) -> str:
    split, slots = one["split"], {"lost": one["judged_lost"]}
    if split is None:
        return ngettext(
            language,
            "too few losses or too short a history to fit anything: the score is judged on the one row ({lost} lost)",
            "too few losses or too short a history to fit anything: the score is judged on all {n} rows ({lost} lost)",
            one["judged_rows"], **slots,
        )  # fmt: skip
    return ngettext(
        language,
        "judged on {n} row ({lost} lost) from {test} on; fitted on others until {train} (gap {gap} d)",
        "judged on {n} rows ({lost} lost) from {test} on; fitted on others until {train} (gap {gap} d)",
        one["judged_rows"], test=split["test_from_day"], train=split["train_to_day"], gap=split["gap_days"], **slots,
    )  # fmt: skip


def _predictor(one: Json, language: str) -> str:
    return _row(
        [
            predictor(one["name"], language),
            interval(one["auc"], language),
            interval(one["auc_due"], language),
            "–" if one["lift"] is None else f"{figures.number(one['lift'], language, 2)}×",
            percent(one["recall"], language),
            "" if one["beaten_by"] is None else interval(one["beaten_by"], language, signed=True),
        ]
    )


_SAYS: Mapping[str, str] = MappingProxyType(
    {
        "ranks": deferred_in("measure alone", "{measure}: AUC {auc}, within each day {within} ({n} rows)"),
        "nothing": deferred_in(
            "measure alone", "{measure}: AUC {auc}, within each day {within} ({n} rows): adds nothing on this data"
        ),
        "reversed": deferred_in(
            "measure alone",
            "{measure}: AUC {auc}, within each day {within} ({n} rows): who leaves has more points than who stays",
        ),
    }
)


def _measure(one: Json, language: str) -> str:
    """One measure alone: `  B2 momentum: AUC 0.61 (0.55 … 0.67), within each day 0.60 (812 rows)`."""
    within = "–" if one["auc_within"] is None else figures.number(one["auc_within"], language, 3)
    name = names.measure(one["measure"], language)
    return "  " + pgettext(
        language, "measure alone", _SAYS[one["says"]], measure=" ".join((one["measure"], name)),
        auc=interval(one["auc"], language), within=within, n=one["rows"],
    )  # fmt: skip


def _first_calls(one: Json, language: str) -> list[str]:
    """Whom to call: where the score is no better than momentum alone, or that may be chance, that is said."""
    if one["by_score"] is None or one["by_momentum"] is None:
        return [gettext(language, "a CSM's first {n} calls of a day: nothing to judge yet", n=one["calls"])]
    slots = {
        "n": one["calls"], "score": shares(one["by_score"], one.get("score_interval"), language),
        "momentum": shares(one["by_momentum"], one.get("momentum_interval"), language),
        "days": figures.number(one["days"], language),
    }  # fmt: skip
    text = gettext(
        language,
        "a CSM's first {n} calls of a day, right: {score} by the score, {momentum} sorted by momentum ({days} days)",
        **slots,
    )
    if one["by_score"] <= one["by_momentum"]:
        return [text, gettext(language, "for whom to call first the score is no better here than momentum alone")]
    if may_be_chance(one):
        return [text, gettext(language, "too few days to tell: the score's lead over momentum may be chance")]
    return [text]


def may_be_chance(one: Json) -> bool:
    """Of the first calls: the interval of the difference holds none. What was kept before has no interval."""
    found = one.get("better_by")
    return found is not None and found["low"] is not None and found["low"] <= 0


def shares(value: float, around: Json | None, language: str) -> str:
    """`41 % (30 % … 52 %)`."""
    if around is None or around["low"] is None or around["high"] is None:
        return percent(value, language)
    return f"{percent(value, language)} ({percent(around['low'], language)} … {percent(around['high'], language)})"


def _calibration(one: Json, language: str) -> list[str]:
    if not one["enough"]:
        if one["losses"] >= one["needed"]:
            return [gettext(language, "probability: not enough history (no split in time is possible yet)")]
        return [
            ngettext(
                language,
                "probability: not enough history ({n} of {needed} past non-renewals)",
                "probability: not enough history ({n} of {needed} past non-renewals)",
                one["losses"], needed=one["needed"],
            )
        ]  # fmt: skip
    brier, constant = figures.number(one["brier"], language, 4), figures.number(one["brier_constant"], language, 4)
    text = gettext(
        language, "probability: Brier {brier}, a constant rate has {constant}", brier=brier, constant=constant
    )
    warning = [gettext(language, "the probabilities do not hold: what happened differs by more than chance")]
    return [text, *(warning if one["miscalibrated"] else ()), *(_bin(each, language) for each in one["table"])]


def _bin(one: Json, language: str) -> str:
    return "  " + ngettext(
        language,
        "foretold {low}–{high} (mean {foretold}): happened {happened} of {n}",
        "foretold {low}–{high} (mean {foretold}): happened {happened} of {n}",
        one["rows"], low=figures.percent(one["low"], language), high=figures.percent(one["high"], language),
        foretold=figures.percent(one["foretold"], language, 1), happened=figures.percent(one["happened"], language, 1),
    )  # fmt: skip


def _without_rate(accounts: Sequence[str], language: str) -> list[str]:
    if not accounts:
        return []
    named = figures.listed(accounts, language)
    return [gettext(language, "in no amount, no exchange rate is stated: {accounts}", accounts=named)]


def _outcomes(one: Json, language: str) -> list[str]:
    flips = one["band_flips_per_account_year"]
    return [
        gettext(language, "What the bands said"),
        ngettext(
            language, "{n} loss, {arr} a year", "{n} losses, {arr} a year",
            one["losses"], arr=_money(one["churned_arr"], language),
        ),
        *_without_rate(one.get("without_rate", ()), language),
        gettext(
            language,
            "watermelon rate: {rate} of churned revenue was green 90 days before "
            "({green} of {scored} that had a score)",
            rate=percent(one["watermelon_rate"], language), green=_money(one["watermelon_arr"], language),
            scored=_money(one["churned_scored_arr"], language),
        ),
        ngettext(
            language, "red that renewed: {rate} ({kept} of {n})", "red that renewed: {rate} ({kept} of {n})",
            one["red_due"], rate=percent(one["red_renewed_share"], language), kept=one["red_renewed"],
        ),
        ngettext(
            language,
            "warned before the loss: {n} red or yellow (median {days} days), {red} red (median {red_days} days)",
            "warned before the loss: {n} red or yellow (median {days} days), {red} red (median {red_days} days)",
            one["warned"], days=_days(one["median_lead_days"], language), red=one["red_warned"],
            red_days=_days(one["median_red_lead_days"], language),
        ),
        ngettext(
            language,
            "of those that stayed, red or yellow on {share} of the days ({n} account)",
            "of those that stayed, red or yellow on {share} of the days ({n} accounts)",
            one["stayers"], share=percent(one["stayers_warned_share"], language),
        ),
        gettext(
            language, "band changes per account-year: {flips}",
            flips="–" if flips is None else figures.number(flips, language, 2),
        ),
    ]  # fmt: skip


def interval(one: Json, language: str, *, signed: bool = False) -> str:
    """`0.742 (0.701 … 0.780)`."""

    def shown(value: float) -> str:
        return figures.signed(value, language, 3) if signed else figures.number(value, language, 3)

    if one["value"] is None:
        return "–"
    if one["low"] is None or one["high"] is None:
        return shown(one["value"])
    return f"{shown(one['value'])} ({shown(one['low'])} … {shown(one['high'])})"


def percent(share: float | None, language: str) -> str:
    return "–" if share is None else figures.percent(share, language)


def _money(hundredths: int, language: str) -> str:
    return figures.number(hundredths / 100, language, 2)


def _days(value: float | None, language: str) -> str:
    return "–" if value is None else figures.short(value, language)


def _or_none(parts: Sequence[str], language: str) -> str:
    return figures.phrases(parts, language) if parts else gettext(language, "none")


def _row(cells: Sequence[str]) -> str:
    fitted = [
        right(cell, columns) if at in _ENDS else left(cell, columns)
        for at, (cell, columns) in enumerate(zip(cells, _COLUMNS, strict=False))
    ]
    return f"{''.join(fitted)}   {cells[-1]}".rstrip()
