"""What measures, bands, profiles, signals, reasons, causes, stages, counters and faults are called, in each language.

A measure's form says how its raw value is written: share (62 %), ratio (0.73), rate and number (5.2), points.
A signal is an exception of the health model: its name stands in lists and changes, its phrase in sentences.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, Protocol

from collector.language import figures
from collector.language.catalogue import SOURCE, deferred, deferred_in, gettext, pgettext
from protocol.counters import COUNTERS, FAMILIES

Form = Literal["share", "ratio", "rate", "points", "number"]
_BIG = 100  # from here on a figure needs no decimals: three figures are enough


class Named(Protocol):
    """Something of a registry or a policy file, whose format carries a name in English and in Chinese."""

    @property
    def en(self) -> str: ...
    @property
    def zh(self) -> str: ...


@dataclass(frozen=True, slots=True)
class MeasureName:
    """A measure's name, how its value is written, and the value with its unit."""

    name: str
    form: Form
    with_unit: str = deferred("{figure}")
    counts_people: bool = False  # Chinese has a word for the unit, English has none


MEASURES: Mapping[str, MeasureName] = MappingProxyType(
    {
        "A1": MeasureName(deferred("onboarding milestones in time"), "share"),
        "A2": MeasureName(deferred("active robots"), "share"),
        "B1": MeasureName(deferred("use per active robot"), "number", deferred("{figure} per active robot-day")),
        "B2": MeasureName(deferred("momentum"), "ratio", deferred("{figure} of what was expected")),
        "B3": MeasureName(deferred("licensed skills in use"), "share"),
        "B4": MeasureName(deferred("interaction conversion"), "share"),
        "B5": MeasureName(
            deferred("time since last use, by its own rhythm"),
            "share",
            deferred("a chance of {figure} to be silent so long"),
        ),
        "B6": MeasureName(deferred("kinds of use a day"), "number", deferred("{figure} kinds of use an open day")),
        "C1": MeasureName(deferred("fault burden"), "rate", deferred("{figure} severity points per 100 robot-hours")),
        "C2": MeasureName(deferred("availability"), "share"),
        "C3": MeasureName(deferred("robots with recurring faults"), "share"),
        "D1": MeasureName(
            deferred("time since two-way contact"), "ratio", deferred("{figure} times the planned cadence")
        ),
        "D2": MeasureName(deferred("active contacts, by role"), "points", counts_people=True),
        "D3": MeasureName(deferred("response rate"), "share"),
        "D4": MeasureName(deferred("planned reviews held"), "share"),
        "E1": MeasureName(deferred("satisfaction"), "points", deferred("{figure} points")),
        "E2": MeasureName(deferred("objectives on track"), "share"),
        "E3": MeasureName(deferred("advocacy"), "points", deferred("{figure} points")),
        "F1": MeasureName(deferred("renewal progress"), "share"),
        "F2": MeasureName(deferred("overdue invoices"), "number", deferred("{figure} days overdue")),
        "F3": MeasureName(deferred("urgent tickets"), "number", deferred("{figure} per robot")),
    }
)
BANDS: Mapping[str, str] = MappingProxyType(
    {
        "red": deferred_in("band", "red"),
        "yellow": deferred_in("band", "yellow"),
        "green": deferred_in("band", "green"),
        "grey": deferred_in("band", "grey: insufficient data"),
    }
)
BAND_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "red": deferred_in("band's word", "Red"),
        "yellow": deferred_in("band's word", "Yellow"),
        "green": deferred_in("band's word", "Green"),
        "grey": deferred_in("band's word", "No band"),
    }
)
PROFILES: Mapping[str, str] = MappingProxyType(
    {
        "onboarding": deferred_in("profile", "onboarding"),
        "growth": deferred_in("profile", "growth"),
        "mature": deferred_in("profile", "mature"),
        "renewal": deferred_in("profile", "renewal"),
    }
)
SIGNALS: Mapping[str, str] = MappingProxyType(
    {
        "ZOMBIE": deferred_in("signal", "zombie customer"),
        "SILENT": deferred_in("signal", "silent customer"),
        "SINGLE": deferred_in("signal", "single contact"),
        "CHAMPION_LEFT": deferred_in("signal", "sponsor or champion left"),
        "REF_REFUSE": deferred_in("signal", "reference declined"),
        "DARK": deferred_in("signal", "robots dark"),
        "FAULT": deferred_in("signal", "severe faults"),
        "DROP": deferred_in("signal", "drop in use"),
        "STALL": deferred_in("signal", "activation stalled"),
        "OVERDUE": deferred_in("signal", "invoice overdue"),
        "LAPSED": deferred_in("signal", "contract lapsed"),
        "OVERRIDE": deferred_in("signal", "set by a person"),
    }
)
SCENES: Mapping[str, str] = MappingProxyType(
    {
        "exhibition_hall": deferred_in("scene", "exhibition hall"),
        "ktv": deferred_in("scene", "KTV"),
        "scenic_spot": deferred_in("scene", "scenic spot"),
        "conference": deferred_in("scene", "conference centre"),
        "conference_centre": deferred_in("scene", "conference centre"),
        "government_hall": deferred_in("scene", "government hall"),
        "hotel": deferred_in("scene", "hotel"),
        "restaurant": deferred_in("scene", "restaurant"),
        "office_lobby": deferred_in("scene", "office lobby"),
        "museum": deferred_in("scene", "museum"),
        "exhibition": deferred_in("scene", "exhibition"),
        "hospitality": deferred_in("scene", "hospitality"),
        "airport": deferred_in("scene", "airport"),
        "bank": deferred_in("scene", "bank"),
        "bar": deferred_in("scene", "bar"),
        "catering": deferred_in("scene", "catering"),
        "cinema": deferred_in("scene", "cinema"),
        "culture": deferred_in("scene", "culture"),
        "education": deferred_in("scene", "education"),
        "entertainment": deferred_in("scene", "entertainment"),
        "finance": deferred_in("scene", "finance"),
        "government": deferred_in("scene", "government"),
        "healthcare": deferred_in("scene", "healthcare"),
        "hospital": deferred_in("scene", "hospital"),
        "library": deferred_in("scene", "library"),
        "logistics": deferred_in("scene", "logistics"),
        "manufacturing": deferred_in("scene", "manufacturing"),
        "office": deferred_in("scene", "office"),
        "real_estate": deferred_in("scene", "real estate"),
        "retail": deferred_in("scene", "retail"),
        "school": deferred_in("scene", "school"),
        "shopping_mall": deferred_in("scene", "shopping mall"),
        "telecom": deferred_in("scene", "telecom"),
        "tourism": deferred_in("scene", "tourism"),
        "transport": deferred_in("scene", "transport"),
    }
)
TIERS: Mapping[str, str] = MappingProxyType(
    {
        "top": deferred_in("tier", "top"),
        "middle": deferred_in("tier", "middle"),
        "base": deferred_in("tier", "base"),
        "none": deferred_in("tier", "no revenue"),
        "unknown": deferred_in("tier", "unknown"),
    }
)
PHRASES: Mapping[str, str] = MappingProxyType(
    {
        "ZOMBIE": deferred("used well, but already leaving"),
        "SILENT": deferred("answers nothing"),
        "SINGLE": deferred("only one active contact"),
        "CHAMPION_LEFT": deferred("the sponsor or the champion has left"),
        "REF_REFUSE": deferred("declined to be a reference"),
        "DARK": deferred("half of the robots or more are not heard of"),
        "FAULT": deferred("severe faults stay open"),
        "DROP": deferred("use has dropped"),
        "STALL": deferred("not activated in time"),
        "OVERDUE": deferred("an invoice is long overdue"),
        "LAPSED": deferred("the contract has ended without a renewal"),
        "OVERRIDE": deferred("set by a person"),
    }
)
SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "no_renewal_step": deferred("the renewal is near and nobody has begun it"),
        "no_answer": deferred("sponsor or champion does not answer"),
        "edits_fell": deferred("nobody edits its content any more"),
        "updates_declined": deferred("updates are declined"),
        "skill_uninstalled": deferred("a skill was removed"),
        "competitor": deferred("a competitor was seen"),
        "data_export": deferred("much data is exported"),
        "reference_declined": deferred("declined to be a reference"),
    }
)
DEMAND: Mapping[str, str] = MappingProxyType(
    {
        "demand": deferred("fewer people pass by"),
        "conversion": deferred("as many people pass by, fewer of them use it"),
        "both": deferred("fewer people pass by, and fewer of them use it"),
    }
)
_NOT_TOLD: Mapping[str, str] = MappingProxyType(
    {"unclear": deferred_in("demand", "not clear"), "unknown": deferred_in("demand", "unknown")}
)
CAUSES: Mapping[str, str] = MappingProxyType(
    {
        "firmware": deferred_in("cause", "firmware"),
        "model": deferred_in("cause", "robot model"),
        "region": deferred_in("cause", "region"),
        "scene": deferred_in("cause", "scene"),
        "skill": deferred_in("cause", "skill"),
        "date": deferred_in("cause", "the days around"),
    }
)
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "no_deployment": deferred("no robot was deployed lately"),
        "no_robots": deferred("no robot is deployed"),
        "closed": deferred("the sites were closed"),
        "unsupported": deferred("its robots cannot count this"),
        "not_arrived": deferred("the data has not arrived"),
        "not_in_model": deferred("the model did not measure it yet"),
        "never_asked": deferred("nobody was asked"),
        "never_answered": deferred("nobody answered"),
        "too_old": deferred("the newest fact is too old"),
        "muted": deferred("muted by a person"),
        "incident": deferred("part of an incident of ours"),
        "none_due": deferred("nothing was due"),
        "no_objectives": deferred("no objectives are agreed"),
        "not_near": deferred("the renewal is not near"),
        "no_contract": deferred("there is no contract"),
        "no_skills": deferred("no skill is licensed"),
        "too_early": deferred("its first steps are not due yet"),
        "not_recorded": deferred("nobody keeps a record of it"),
        "no_source": deferred("no system tells it"),
        "auto_renews": deferred("the contract renews by itself"),
        "no_history": deferred("there is too little history to compare with"),
        "no_target": deferred("its scene has no target and too few peers"),
        "no_opportunity": deferred("there was nothing to count it by"),
        "nothing_sent": deferred("nothing was sent lately"),
        "too_few": deferred("too few events to judge"),
        "never_used": deferred("it was never used"),
        "unwatched": deferred("only files tell of its robots, and no file tells of faults"),
    }
)


def measure(key: str, language: str) -> str:
    """What a measure is called; one that the model no longer has goes by its key, in old scores."""
    return gettext(language, _measure(key).name)


def _measure(key: str) -> MeasureName:
    return MEASURES.get(key) or MeasureName(key, "number")


def figure(measure_key: str, value: float, language: str) -> str:
    """A measure's raw value without its unit: `62 %`, `0.73`, `5.2`."""
    form = _measure(measure_key).form
    if form == "share":
        return figures.percent(value, language)
    if form == "ratio":
        return figures.number(value, language, 2)
    return figures.short(value, language, 1 if abs(value) < _BIG else 0)


def written(measure_key: str, value: float, language: str) -> str:
    """The same with its unit: `0.73 of what was expected`, `5.2 per 100 robot-hours`."""
    said, text = _measure(measure_key), figure(measure_key, value, language)
    if said.counts_people:
        return pgettext(language, "people", "{figure}", figure=text)
    return gettext(language, said.with_unit, figure=text)


def band(key: str, language: str) -> str:
    return pgettext(language, "band", BANDS[key])


def band_word(key: str, language: str) -> str:
    """The word beside a band's shape."""
    return pgettext(language, "band's word", BAND_WORDS[key])


def profile(key: str, language: str) -> str:
    return pgettext(language, "profile", PROFILES[key])


def signal(code: str, language: str) -> str:
    """The name of an exception, for lists and changes."""
    return pgettext(language, "signal", SIGNALS[code])


def phrase(code: str, language: str) -> str:
    """What an exception says of the customer, for sentences."""
    return gettext(language, PHRASES[code])


def sign(key: str, language: str) -> str:
    """One of the signs that a customer is leaving; an unknown one as its words."""
    return gettext(language, SIGNS[key]) if key in SIGNS else _spaced(key)


def demand(key: str, language: str) -> str:
    """Whether visitors or their use fell; "" where that is not known."""
    return gettext(language, DEMAND[key]) if key in DEMAND else ""


def demand_said(key: str, language: str) -> str:
    """The same beside its label, also where the counts do not tell it."""
    return pgettext(language, "demand", _NOT_TOLD[key]) if key in _NOT_TOLD else demand(key, language)


def cause(key: str, language: str) -> str:
    return pgettext(language, "cause", CAUSES[key]) if key in CAUSES else _spaced(key)


def cause_value(cause: str, value: str, language: str) -> str:
    """What the cause names: a scene by its name, a day as a day; anything else as it is written."""
    if cause == "scene":
        return scene(value, language)
    return figures.iso_day(value, language) if cause == "date" else value


def reason(key: str, language: str) -> str:
    """Why a measure is not counted."""
    return gettext(language, REASONS[key]) if key in REASONS else _spaced(key)


def with_id(name: str, key: str, language: str) -> str:
    """`Acme Museum (ACME)`: a name, and the id that commands take; an id alone where there is no name."""
    return key if name in {"", key} else gettext(language, "{name} ({id})", name=name, id=key)


def of(thing: Named, language: str) -> str:
    """The name of something that carries one in both languages; in a third, the catalogue's for the English one."""
    own: str | None = getattr(thing, language, None)
    return own if own is not None else gettext(language, thing.en)


def scene(key: str, language: str) -> str:
    """A scene or industry by its name; one that an installation made up as its words."""
    known = key.lower().replace(" ", "_").replace("-", "_")
    return pgettext(language, "scene", SCENES[known]) if known in SCENES else _spaced(key)


def tier(key: str, language: str) -> str:
    """A tier of the ARR pyramid."""
    return pgettext(language, "tier", TIERS[key]) if key in TIERS else key


def counter(key: str, language: str) -> str:
    """A counter's name inside a sentence."""
    known = COUNTERS.get(key)
    return key if known is None else _inside(of(known, language), language)


def family(key: str, language: str) -> str:
    """A fault family's name inside a sentence."""
    known = FAMILIES.get(key)
    return key if known is None else _inside(of(known, language), language)


def _inside(name: str, language: str) -> str:
    return name.lower() if language == SOURCE else name


def _spaced(key: str) -> str:
    return key.replace("_", " ")
