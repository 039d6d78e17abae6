"""Why there is a call to action: one clause, and its evidence with readable labels.

The evidence is the API's JSON: days are dates, robots their names.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from collector.calendar import days
from collector.health.model import Cap
from collector.language import figures, names
from collector.language.catalogue import deferred_in, gettext, ngettext, pgettext
from collector.language.signals import evidence_text

Json = Mapping[str, Any]
_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "active_days": deferred_in("evidence", "days in use"),
        "by": deferred_in("evidence", "set by"),
        "cap": deferred_in("evidence", "the score's cap"),
        "channels": deferred_in("evidence", "channels"),
        "contacts": deferred_in("evidence", "contacts"),
        "contract": deferred_in("evidence", "contract"),
        "contracts": deferred_in("evidence", "contracts"),
        "counter": deferred_in("evidence", "counter"),
        "day": deferred_in("evidence", "day"),
        "days": deferred_in("evidence", "days"),
        "demand": deferred_in("evidence", "people passing by"),
        "due_day": deferred_in("evidence", "due"),
        "edits": deferred_in("evidence", "edits"),
        "expected": deferred_in("evidence", "expected"),
        "fault_before": deferred_in("evidence", "faults that rose before"),
        "final": deferred_in("evidence", "score"),
        "from_day": deferred_in("evidence", "from"),
        "grace_days": deferred_in("evidence", "days of grace"),
        "invoices": deferred_in("evidence", "invoices"),
        "kind": deferred_in("evidence", "kind"),
        "last_heard_day": deferred_in("evidence", "last heard of"),
        "last_day": deferred_in("evidence", "last contact"),
        "last_reply_day": deferred_in("evidence", "last reply"),
        "lost": deferred_in("evidence", "points lost"),
        "measures": deferred_in("evidence", "measures"),
        "messages": deferred_in("evidence", "messages"),
        "notice_day": deferred_in("evidence", "notice given"),
        "objective": deferred_in("evidence", "objective"),
        "observed": deferred_in("evidence", "observed"),
        "of_days": deferred_in("evidence", "of open days"),
        "known_days": deferred_in("evidence", "open days of which it is known"),
        "open_days": deferred_in("evidence", "open days"),
        "replaced": deferred_in("evidence", "in place of"),
        "of": deferred_in("evidence", "robots in all"),
        "onboarding": deferred_in("evidence", "milestones not done"),
        "open_h": deferred_in("evidence", "hours open"),
        "p": deferred_in("evidence", "chance of it"),
        "overrides": deferred_in("evidence", "overrides"),
        "peer_group": deferred_in("evidence", "compared with"),
        "peer_median": deferred_in("evidence", "median of peers"),
        "promise": deferred_in("evidence", "promise"),
        "ratio": deferred_in("evidence", "of what was expected"),
        "reached": deferred_in("evidence", "reached"),
        "references": deferred_in("evidence", "references"),
        "review": deferred_in("evidence", "review"),
        "robots": deferred_in("evidence", "robots"),
        "robots_n": deferred_in("evidence", "robots in all"),
        "roles": deferred_in("evidence", "roles"),
        "score": deferred_in("evidence", "score"),
        "signals": deferred_in("evidence", "signals"),
        "signs": deferred_in("evidence", "signs"),
        "since_day": deferred_in("evidence", "since"),
        "sla_day": deferred_in("evidence", "answer was due"),
        "subject": deferred_in("evidence", "subject"),
        "tag": deferred_in("evidence", "tag"),
        "target": deferred_in("evidence", "target"),
        "text": deferred_in("evidence", "text"),
        "ticket": deferred_in("evidence", "ticket"),
        "tickets": deferred_in("evidence", "tickets"),
        "to_day": deferred_in("evidence", "to"),
        "touches": deferred_in("evidence", "touches"),
        "unanswered": deferred_in("evidence", "not answered yet"),
        "usage": deferred_in("evidence", "score of use"),
        "value": deferred_in("evidence", "value"),
    }
)
_CHANNELS: Mapping[str, str] = MappingProxyType(
    {
        "visit": deferred_in("channel", "visit"),
        "phone": deferred_in("channel", "phone"),
        "video": deferred_in("channel", "video"),
        "email": deferred_in("channel", "email"),
        "chat": deferred_in("channel", "chat"),
        "survey": deferred_in("channel", "survey"),
        "event": deferred_in("channel", "event"),
        "other": deferred_in("channel", "other"),
    }
)
_ROLES: Mapping[str, str] = MappingProxyType(
    {"sponsor": deferred_in("role", "sponsor"), "champion": deferred_in("role", "champion")}
)
_PRODUCTS: Mapping[str, str] = MappingProxyType(
    {
        "service": deferred_in("product", "Service"),
        "opk": deferred_in("product", "Skill"),
        "hardware": deferred_in("product", "Hardware"),
        "project": deferred_in("product", "Project"),
        "other": deferred_in("product", "Other"),
    }
)
_CONTACT_ROLES: Mapping[str, str] = MappingProxyType(
    {
        "sponsor": deferred_in("contact", "sponsor"),
        "champion": deferred_in("contact", "champion"),
        "admin": deferred_in("contact", "administrator"),
        "operator": deferred_in("contact", "operator"),
        "finance": deferred_in("contact", "finance"),
        "other": deferred_in("contact", "other"),
    }
)
_REVIEWS: Mapping[str, str] = MappingProxyType(
    {
        "qbr": deferred_in("review", "quarterly business review"),
        "health_check": deferred_in("review", "health check"),
        "best_practice": deferred_in("review", "best practice session"),
        "site_visit": deferred_in("review", "site visit"),
    }
)


def clause(cta: Json, language: str) -> str:
    """Why, in one clause without a full stop; "" where the title says all that is known."""
    evidence = cta["evidence"]
    of_ledger = _CLAUSES.get(cta["rule"])
    try:
        if of_ledger is not None:
            return of_ledger(evidence, language)
        numbered = {key: _numbered(key, value) for key, value in evidence.items()}
        return evidence_text(Cap(code=cta["rule"], reason=cta["reason"], evidence=numbered), {}, language)
    except (KeyError, TypeError, ValueError):  # evidence of an older release, or of a newer collector: see its lines
        return ""


def lines(evidence: Json, language: str) -> list[str]:
    """Everything that is known, a line each; of long lists the first three and how many more."""
    return [
        gettext(language, "{label}: {value}", label=label, value=value) for label, value in pairs(evidence, language)
    ]


def pairs(evidence: Json, language: str) -> list[tuple[str, str]]:
    """The same as label and value."""
    return [(_label(key, language), _value(key, value, language)) for key, value in evidence.items()]


def _label(key: str, language: str) -> str:
    return pgettext(language, "evidence", _LABELS[key]) if key in _LABELS else key.replace("_", " ")


def _numbered(key: str, value: Any) -> Any:
    """A date as the day number that the health model's clauses take."""
    return days.parse(value) if _is_day(key) and isinstance(value, str) else value


def _is_day(key: str) -> bool:
    return key == "day" or key.endswith("_day")


def _value(key: str, value: Any, language: str) -> str:
    if value is None:
        return gettext(language, "none")
    if isinstance(value, bool):
        return gettext(language, "yes") if value else gettext(language, "no")
    if isinstance(value, Mapping):
        inner = [f"{_name(name, language)} {_value(name, each, language)}" for name, each in value.items()]
        return figures.clauses(inner, language)
    if isinstance(value, list):
        shown = [_value(key, each, language) for each in value]
        return figures.listed(shown, language, figures.NAMES_SHOWN) or _value(key, None, language)
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 1 else figures.short(value, language)
    return _word(key, str(value), language)


def _name(key: str, language: str) -> str:
    return names.measure(key, language) if key in names.MEASURES else _label(key, language)


def _word(key: str, value: str, language: str) -> str:
    if key in _WORDS:
        return _WORDS[key](value, language) or value
    return figures.iso_day(value, language) if _is_day(key) else value


def channel(key: str, language: str) -> str:
    """How somebody was reached."""
    return _channel(key, language) or key


def review_name(kind: str, language: str) -> str:
    """A planned review."""
    return _review_kind(kind, language)


def product(key: str, language: str) -> str:
    """What a line of a contract sells."""
    return pgettext(language, "product", _PRODUCTS[key]) if key in _PRODUCTS else key


def person(name: str, role: str, language: str) -> str:
    """A contact with what it is there: `Li Wei (sponsor)`."""
    return gettext(language, "{name} ({role})", name=name, role=pgettext(language, "contact", _CONTACT_ROLES[role]))


def role(key: str, language: str) -> str:
    return pgettext(language, "contact", _CONTACT_ROLES[key]) if key in _CONTACT_ROLES else key


def _channel(key: str, language: str) -> str:
    return pgettext(language, "channel", _CHANNELS[key]) if key in _CHANNELS else ""


def _role(key: str, language: str) -> str:
    return pgettext(language, "role", _ROLES[key]) if key in _ROLES else ""


def _review_kind(key: str, language: str) -> str:
    return pgettext(language, "review", _REVIEWS[key]) if key in _REVIEWS else key.replace("_", " ")


def _tag(key: str, language: str) -> str:
    if key == "watermelon":  # of an older release
        return pgettext(language, "tag", "watermelon")
    return names.signal(key, language) if key in names.SIGNALS else ""


def _peers(key: str, language: str) -> str:
    return pgettext(language, "peers", "all accounts") if key == "all" else key


def _renewal(said: Json, language: str) -> str:
    due = figures.iso_day(said["due_day"], language)
    return gettext(
        language, "contract {contract} is due on {day}, and no step is taken", contract=said["contract"], day=due
    )


def _notice(said: Json, language: str) -> str:
    ends = figures.iso_day(said["due_day"], language)
    if said.get("notice_day") is None:
        return gettext(language, "notice: contract {contract} ends on {day}", contract=said["contract"], day=ends)
    return gettext(
        language, "notice of {given}: contract {contract} ends on {day}",
        given=figures.iso_day(said["notice_day"], language), contract=said["contract"], day=ends,
    )  # fmt: skip


def _no_data(said: Json, language: str) -> str:
    period = figures.period(days.parse(said["from_day"]), days.parse(said["to_day"]), language)
    return ngettext(
        language, "nothing tells of {days} of {n} open day: {period}",
        "nothing tells of {days} of {n} open days: {period}", said["of_days"], days=said["days"], period=period,
    )  # fmt: skip


def _promise(said: Json, language: str) -> str:
    due = figures.iso_day(said["due_day"], language)
    return gettext(language, "{promise} (was due on {day})", promise=said.get("text") or said["promise"], day=due)


def _review(said: Json, language: str) -> str:
    return gettext(language, "was due on {day}, and is not held", day=figures.iso_day(said["due_day"], language))


def _ticket(said: Json, language: str) -> str:
    due = figures.iso_day(said["sla_day"], language)
    return gettext(
        language, "{ticket} (answer was due on {day})", ticket=said.get("subject") or said["ticket"], day=due
    )


def _objective(said: Json, language: str) -> str:
    reached, expected, target = (
        "?" if said.get(key) is None else figures.short(said[key], language)
        for key in ("reached", "expected", "target")
    )
    return gettext(
        language, "{counter} {reached}, {expected} expected by now ({target} until {day})",
        counter=names.counter(said["counter"], language), reached=reached, expected=expected, target=target,
        day=figures.iso_day(said["to_day"], language),
    )  # fmt: skip


def _low_use(said: Json, language: str) -> str:
    parts = []
    for key, one in said["measures"].items():
        if one["value"] is None:
            continue
        slots = {"measure": names.measure(key, language), "value": names.written(key, one["value"], language)}
        if one["peer_median"] is None:
            parts.append(gettext(language, "{measure} {value}", **slots))
        else:
            peers = names.figure(key, one["peer_median"], language)
            parts.append(gettext(language, "{measure} {value} (peers {peers})", peers=peers, **slots))
    return figures.clauses(parts, language)


def _red(said: Json, language: str) -> str:
    lost = [
        f"{names.measure(key, language)} {figures.signed(-points, language)}"
        for key, points in said["lost"].items()
        if points > 0
    ]
    return gettext(language, "lost most on {measures}", measures=figures.phrases(lost, language)) if lost else ""


_CLAUSES: Mapping[str, Callable[[Json, str], str]] = MappingProxyType(
    {
        "RENEWAL": _renewal,
        "NOTICE": _notice,
        "NO_DATA": _no_data,
        "PROMISE": _promise,
        "REVIEW": _review,
        "TICKET": _ticket,
        "OBJECTIVE": _objective,
        "LOW_USE": _low_use,
        "RED": _red,
    }
)
# The words of a value, by its key; "" where it is not known, and the value stands.
_WORDS: Mapping[str, Callable[[str, str], str]] = MappingProxyType(
    {
        "channels": _channel,
        "counter": names.counter,
        "demand": names.demand_said,
        "fault_before": names.family,
        "kind": _review_kind,
        "peer_group": _peers,
        "roles": _role,
        "signs": names.sign,
        "tag": _tag,
    }
)
