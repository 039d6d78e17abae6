"""Why an exception of the health model holds, in one clause: what its evidence says.

The keys of evidence are those of health.score.exceptions and health.score.zombie. A clause is made of what is there,
so that an old stored score still reads; without anything to say it is empty, and the exception's name stands alone.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from collector.health.model import Cap
from collector.language import figures, names
from collector.language.catalogue import gettext, ngettext
from protocol.counters import FAMILIES

_PEOPLE = ("contacts", "unanswered")


def with_people(evidence: Mapping[str, Any], people: Mapping[str, str]) -> dict[str, Any]:
    """The same with contacts by name; one that has no name there stays as it is."""
    named = {key: [people.get(one, one) for one in evidence[key]] for key in _PEOPLE if evidence.get(key)}
    return {**evidence, **named}


def evidence_text(cap: Cap, robots: Mapping[int, str], language: str) -> str:
    """One clause without a full stop; "" where the evidence says nothing that can be read aloud."""
    if cap.code in _OF_ROBOTS:
        return _OF_ROBOTS[cap.code](
            cap, [robots.get(one, str(one)) for one in cap.evidence.get("robots", ())], language
        )
    return _CLAUSES[cap.code](cap, language) if cap.code in _CLAUSES else ""


def _zombie(cap: Cap, language: str) -> str:
    signs = [names.sign(sign, language) for sign in cap.evidence.get("signs", ())]
    if not signs:
        return ""
    return gettext(language, "used well, but {signs}", signs=figures.clauses(signs, language))


def _silent(cap: Cap, language: str) -> str:
    messages, since = cap.evidence.get("messages"), cap.evidence.get("since_day")
    if messages is None or since is None:
        return ""
    return ngettext(
        language, "{n} message since {day}, no reply", "{n} messages since {day}, no reply", messages,
        day=figures.day(since, language),
    )  # fmt: skip


def _single(cap: Cap, language: str) -> str:
    people, since = _listed(cap.evidence.get("contacts", ()), language), cap.evidence.get("since_day")
    if cap.reason == "one_contact":
        return gettext(language, "only {people} has been in touch for a quarter", people=people)
    if since is None:
        return gettext(language, "the last contact, {people}, is gone", people=people)
    day = figures.day(since, language)
    if cap.reason == "contact_bounced":
        return gettext(language, "the last contact, {people}, bounces since {day}", people=people, day=day)
    return gettext(language, "the last contact, {people}, left on {day}", people=people, day=day)


def _champion_left(cap: Cap, language: str) -> str:
    since, people = cap.evidence.get("since_day"), _listed(cap.evidence.get("contacts", ()), language)
    if since is None:
        return ""
    slots = {"people": people, "day": figures.day(since, language)}
    waiting = cap.evidence.get("unanswered", ())
    if cap.reason == "both":
        said = gettext(language, "sponsor and champion, {people}, are gone, the last since {day}", **slots)
    elif cap.reason == "sponsor":
        said = gettext(language, "the sponsor, {people}, is gone since {day}", **slots)
    else:
        said = gettext(language, "the champion, {people}, is gone since {day}", **slots)
    if not waiting:
        return figures.clauses([said, gettext(language, "nobody has taken the role")], language)
    heirs = gettext(language, "{people} has not answered yet", people=_listed(waiting, language))
    return figures.clauses([said, heirs], language)


def _ref_refuse(cap: Cap, language: str) -> str:
    since = cap.evidence.get("since_day")
    if since is None:
        return ""
    day = figures.day(since, language)
    if cap.reason == "withdrawn":
        return gettext(language, "withdrew a yes on {day}", day=day)
    return gettext(language, "declined to speak for us on {day}", day=day)


def _dark(cap: Cap, robots: Sequence[str], language: str) -> str:
    of, since = cap.evidence.get("of"), cap.evidence.get("last_heard_day", cap.evidence.get("from_day"))
    if not robots or of is None:
        return ""
    if since is None:
        return ngettext(
            language, "{some} of {n} robot not heard of ({names})", "{some} of {n} robots not heard of ({names})",
            of, some=len(robots), names=_listed(robots, language),
        )  # fmt: skip
    return ngettext(
        language,
        "{some} of {n} robot not heard of since {day} ({names})",
        "{some} of {n} robots not heard of since {day} ({names})",
        of, some=len(robots), day=figures.day(since, language), names=_listed(robots, language),
    )  # fmt: skip


def _fault(cap: Cap, robots: Sequence[str], language: str) -> str:
    of, open_h, since = cap.evidence.get("of"), cap.evidence.get("open_h"), cap.evidence.get("since_day")
    if not robots or of is None:
        return ""
    if since is not None:
        return ngettext(
            language,
            "{some} of {n} robot have a severe fault open since {day} ({names})",
            "{some} of {n} robots have a severe fault open since {day} ({names})",
            of, some=len(robots), day=figures.day(since, language), names=_listed(robots, language),
        )  # fmt: skip
    return ngettext(
        language,
        "{some} of {n} robot have a severe fault open for more than {hours} h ({names})",
        "{some} of {n} robots have a severe fault open for more than {hours} h ({names})",
        of, some=len(robots), hours=open_h, names=_listed(robots, language),
    )  # fmt: skip


def _drop(cap: Cap, language: str) -> str:
    ratio, since = cap.evidence.get("ratio"), cap.evidence.get("since_day")
    if ratio is None:
        return ""
    fall = figures.percent(1 - ratio, language)
    if since is None:
        parts = [gettext(language, "use is {fall} below what was expected", fall=fall)]
    else:
        day = figures.day(since, language)
        parts = [gettext(language, "use is {fall} below what was expected, since {day}", fall=fall, day=day)]
    if demand := names.demand(cap.evidence.get("demand") or "", language):
        parts.append(demand)
    family = cap.evidence.get("fault_before") or ""
    if family in FAMILIES:
        parts.append(gettext(language, "{family} faults rose before it", family=names.family(family, language)))
    return figures.clauses(parts, language)


def _stall(cap: Cap, language: str) -> str:
    since, active = cap.evidence.get("since_day"), cap.evidence.get("active_days")
    if since is None:
        return ""
    return ngettext(
        language,
        "the first robot came on {day}, used on {n} day since",
        "the first robot came on {day}, used on {n} days since",
        active or 0, day=figures.day(since, language),
    )  # fmt: skip


def _overdue(cap: Cap, language: str) -> str:
    late, invoices = cap.evidence.get("days"), cap.evidence.get("invoices", ())
    if late is None:
        return ""
    return ngettext(
        language,
        "invoice {invoices} is {late} days overdue",
        "invoices {invoices} are up to {late} days overdue",
        _many(invoices), invoices=_listed(invoices, language), late=late,
    )  # fmt: skip


def _lapsed(cap: Cap, language: str) -> str:
    contracts = cap.evidence.get("contracts", ())
    if not contracts:
        return ""
    return ngettext(
        language,
        "contract {contracts} has ended, the grace is over",
        "contracts {contracts} have ended, the grace is over",
        _many(contracts), contracts=_listed(contracts, language),
    )  # fmt: skip


def _override(cap: Cap, language: str) -> str:
    by, text = cap.evidence.get("by"), cap.evidence.get("text", "")
    until = "" if cap.until_day is None else figures.day(cap.until_day, language)
    return gettext(language, "set by {by} until {day}: {text}", by=by, day=until, text=text)


def _many(ids: Sequence[str] | str) -> int:
    """How many the evidence names; a single id may stand without a list."""
    return 1 if isinstance(ids, str) else len(ids)


def _listed(ids: Sequence[str] | str, language: str) -> str:
    return ids if isinstance(ids, str) else figures.listed(ids, language, figures.NAMES_SHOWN)


_CLAUSES: Mapping[str, Callable[[Cap, str], str]] = MappingProxyType(
    {
        "ZOMBIE": _zombie,
        "SILENT": _silent,
        "SINGLE": _single,
        "CHAMPION_LEFT": _champion_left,
        "REF_REFUSE": _ref_refuse,
        "DROP": _drop,
        "STALL": _stall,
        "OVERDUE": _overdue,
        "LAPSED": _lapsed,
        "OVERRIDE": _override,
    }
)
_OF_ROBOTS: Mapping[str, Callable[[Cap, Sequence[str], str], str]] = MappingProxyType({"DARK": _dark, "FAULT": _fault})
