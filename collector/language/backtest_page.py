"""Sentences of the back-test's page, from the JSON of its report. Money there is hundredths of the base currency."""

from collector.language import figures
from collector.language.backtest import Json, left_out, may_be_chance, shares
from collector.language.catalogue import gettext, ngettext


def headline(found: Json, language: str) -> str:
    """What a person would say on the telephone."""
    if not found["losses"]:
        return gettext(language, "No contract was lost in the time that was scored: there is nothing to foretell yet.")
    if not found["warned"]:
        return ngettext(
            language, "The {n} loss came without a warning: nobody was red or yellow until it was known.",
            "All {n} losses came without a warning: none was red or yellow until it was known.",
            found["losses"], n=figures.number(found["losses"], language),
        )  # fmt: skip
    lead = "–" if found["median_lead_days"] is None else figures.number(round(found["median_lead_days"]), language)
    return ngettext(
        language,
        "The {n} loss: {warned} of it was red or yellow without a break until it was known, for {days} days.",
        "Of {n} losses {warned} were red or yellow without a break until they were known, half of them for {days} days"
        " or longer.",
        found["losses"], n=figures.number(found["losses"], language), warned=figures.number(found["warned"], language),
        days=lead,
    )  # fmt: skip


def made(moment: str, by: str, language: str) -> str:
    """`made 30 November, 14:05 by Demo`."""
    return gettext(language, "made {moment} by {who}", moment=moment, who=by)


def made_of(report: Json, basis: str, language: str) -> str:
    """What the report rests on. `basis` in words."""
    day = {key: figures.iso_day(report[key], language) for key in ("first_day", "last_day", "through_day")}
    return ngettext(
        language, "{n} account, scored {first_day} to {last_day}, {basis}; outcomes until {through_day}.",
        "{n} accounts, scored {first_day} to {last_day}, {basis}; outcomes until {through_day}.", report["accounts"],
        n=figures.number(report["accounts"], language), basis=basis, **day,
    )  # fmt: skip


def of_losses(losses: int, language: str) -> str:
    return ngettext(language, "of {n} loss", "of {n} losses", losses, n=figures.number(losses, language))


def stayers(found: Json, language: str) -> str:
    return ngettext(
        language, "of the days of the {n} customer that stayed were red or yellow",
        "of the days of the {n} customers that stayed were red or yellow", found["stayers"],
        n=figures.number(found["stayers"], language),
    )  # fmt: skip


def watermelons(found: Json, currency: str, language: str) -> str:
    if not found["churned_scored_arr"]:
        return gettext(language, "no loss had a score 90 days before")
    if not currency:  # an earlier release kept it
        return gettext(
            language, "of {arr} lost a year (its currency was not kept) was green 90 days before",
            arr=figures.number(found["churned_scored_arr"] / 100, language),
        )  # fmt: skip
    return gettext(
        language, "of {arr} lost a year was green 90 days before",
        arr=figures.money(found["churned_scored_arr"], currency, language),
    )  # fmt: skip


def renewed(found: Json, language: str) -> str:
    if not found["red_due"]:
        return gettext(language, "none came due red")
    return ngettext(
        language, "{kept} of the {n} that came due red", "{kept} of the {n} that came due red", found["red_due"],
        kept=figures.number(found["red_renewed"], language), n=figures.number(found["red_due"], language),
    )  # fmt: skip


def rows(one: Json, language: str) -> str:
    """What the lead rests on."""
    return ngettext(
        language, "{n} row of {accounts} accounts, one for 28 days each; {lost} accounts were lost in them.",
        "{n} rows of {accounts} accounts, one for 28 days each; {lost} accounts were lost in them.", one["rows"],
        n=figures.number(one["rows"], language), accounts=figures.number(one["accounts"], language),
        lost=figures.number(one["lost_accounts"], language),
    )  # fmt: skip


def nothing(one: Json, window_days: int, language: str) -> str:
    """Why no row can be judged this far ahead."""
    return gettext(
        language,
        "Nothing can be judged this far ahead yet: what was scored has to lie {days} days back, with its contracts"
        " decided. Left out: {reasons}.",
        days=figures.number(one["lead"] + window_days, language), reasons=left_out(one["left_out"], language),
    )  # fmt: skip


def split(one: Json, language: str) -> str:
    """How it was judged without looking ahead; where that is not possible, that."""
    lost = figures.number(one["judged_lost"], language)
    if one["split"] is None:
        return ngettext(
            language,
            "Too few losses, or too short a history, to fit anything: judged is the score, on the one row ({lost}"
            " lost).",
            "Too few losses, or too short a history, to fit anything: judged is the score, on all {n} rows ({lost}"
            " lost).",
            one["judged_rows"], n=figures.number(one["judged_rows"], language), lost=lost,
        )  # fmt: skip
    return ngettext(
        language, "Judged on {n} row ({lost} lost) from {day} on; whatever is fitted was fitted on others and earlier.",
        "Judged on {n} rows ({lost} lost) from {day} on; whatever is fitted was fitted on others and earlier.",
        one["judged_rows"], n=figures.number(one["judged_rows"], language), lost=lost,
        day=figures.iso_day(one["split"]["test_from_day"], language),
    )  # fmt: skip


def first_calls(found: Json, language: str) -> str:
    """Whom to call: where the score is no better than momentum alone, or that may be chance, that is said."""
    if found["by_score"] is None or found["by_momentum"] is None:
        return gettext(language, "Of a CSM’s first {n} calls of a day: nothing to judge yet.", n=found["calls"])
    slots = {
        "n": found["calls"], "score": shares(found["by_score"], found.get("score_interval"), language),
        "momentum": shares(found["by_momentum"], found.get("momentum_interval"), language),
    }  # fmt: skip
    if found["by_score"] <= found["by_momentum"]:
        return gettext(
            language,
            "Of a CSM’s first {n} calls of a day {score} were right by the score, {momentum} by momentum alone: for"
            " whom to call first the score is no better here.",
            **slots,
        )  # fmt: skip
    if may_be_chance(found):
        return gettext(
            language,
            "Of a CSM’s first {n} calls of a day {score} were right by the score, {momentum} by momentum alone: on so"
            " few days that may be chance.",
            **slots,
        )  # fmt: skip
    return gettext(
        language,
        "Of a CSM’s first {n} calls of a day {score} were right by the score, {momentum} by momentum alone.",
        **slots,
    )  # fmt: skip


def no_probability(losses: int, needed: int, language: str) -> str:
    if losses >= needed:
        return gettext(language, "Not enough history: the losses cannot be parted into earlier and later ones yet.")
    return ngettext(
        language, "Not enough history: {n} loss is known, probabilities are shown from {needed} on.",
        "Not enough history: {n} losses are known, probabilities are shown from {needed} on.", losses,
        n=figures.number(losses, language), needed=figures.number(needed, language),
    )  # fmt: skip


def probability(brier: float, constant: float, language: str) -> str:
    return gettext(
        language, "Brier {brier}; one rate for everybody has {constant}. Lower is better.",
        brier=figures.number(brier, language, 4), constant=figures.number(constant, language, 4),
    )  # fmt: skip


def few_losses(losses: int, needed: int, language: str) -> str:
    return ngettext(
        language, "{n} loss had to be foretold by a score; weights are fitted from {needed} on. Keep the present ones.",
        "{n} losses had to be foretold by a score; weights are fitted from {needed} on. Keep the present ones.",
        losses, n=figures.number(losses, language), needed=figures.number(needed, language),
    )  # fmt: skip
