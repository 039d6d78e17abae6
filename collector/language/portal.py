"""The customer's portal in sentences: today, the score's reasons, goals, data still missing, whom to turn to.

Everything here is made of `health.explain.customers_view`; no sentence takes text of a signal, a note or a person.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from collector.health.explain.customers_view import CustomersHealth, Goal, ScoreReason
from collector.language import brief, figures, names
from collector.language.catalogue import gettext, ngettext

_NOON_H, _EVENING_H, _MORNING_H = 12, 18, 5


def greeting(hour: int, language: str) -> str:
    """By the hour where the account is."""
    if _MORNING_H <= hour < _NOON_H:
        return gettext(language, "Good morning")
    if _NOON_H <= hour < _EVENING_H:
        return gettext(language, "Good afternoon")
    return gettext(language, "Good evening")


def today(robots: int, counted: str, counter: str, usual: str, language: str) -> str:
    """What the robots counted today. `counted` "": nothing has arrived yet; `usual` "": no such day is known."""
    slots = {"counter": names.counter(counter, language), "n": figures.number(robots, language)}
    if not robots:
        return gettext(language, "No robot is with you today.")
    if not counted:
        return ngettext(
            language, "Nothing has arrived from your robot today yet.",
            "Nothing has arrived from your {n} robots today yet.", robots, **slots,
        )  # fmt: skip
    if not usual:
        return ngettext(
            language, "Your robot today: {counter} {counted}.", "Your {n} robots today: {counter} {counted}.", robots,
            counted=counted, **slots,
        )  # fmt: skip
    return ngettext(
        language, "Your robot today: {counter} {counted}; a whole day of this weekday usually has {usual}.",
        "Your {n} robots today: {counter} {counted}; a whole day of this weekday usually has {usual}.", robots,
        counted=counted, usual=usual, **slots,
    )  # fmt: skip


def need_you(needing: Sequence[str], language: str) -> str:
    """Which robots somebody should look at. `needing`: by the names that the customer gave their places."""
    if not needing:
        return gettext(language, "None needs you.")
    said = figures.listed(needing, language, figures.NAMES_SHOWN)
    return ngettext(language, "{names} needs a look.", "{names} need a look.", len(needing), names=said)


def fault_words(families: Mapping[str, int], language: str) -> str:
    """Open faults of one robot, by family."""
    parts = [names.family(family, language) for family, n in sorted(families.items()) if n]
    return gettext(language, "open faults: {families}", families=figures.listed(parts, language)) if parts else ""


def health(found: CustomersHealth, language: str) -> str:
    """Why the score is what it is, in one sentence; where what is shown does not say it, the contact talks."""
    if found.final is None:
        return gettext(language, "Too little is known yet for a number.")
    score = figures.score(found.final, language)
    said = figures.clauses([reason(one, language) for one in found.reasons], language)
    talks = gettext(language, "Your contact will talk with you about this.")
    if not said:
        return talks if found.contact_talks else gettext(language, "{score}: nothing of weight is lost.", score=score)
    if found.held:
        return gettext(language, "Held at {score}: {why}.", score=score, why=said)
    why = gettext(language, "{score}, mostly because of this: {why}.", score=score, why=said)
    return gettext(language, "{why} {talks}", why=why, talks=talks) if found.contact_talks else why


def reason(one: ScoreReason, language: str) -> str:
    """One reason as a clause."""
    return _REASONS[one.key](one, language)


def _robots_since(one: ScoreReason, since: Callable[..., str], ever: Callable[..., str], language: str) -> str:
    slots = {"some": one.some or 0, "of": one.of or 0}
    if one.since_day is None:
        return ever(**slots)
    return since(day=figures.day(one.since_day, language), **slots)


def _dark(one: ScoreReason, language: str) -> str:
    return _robots_since(
        one,
        lambda **slots: gettext(language, "{some} of {of} robots have not been heard of since {day}", **slots),
        lambda **slots: gettext(language, "{some} of {of} robots have not been heard of", **slots),
        language,
    )


def _fault(one: ScoreReason, language: str) -> str:
    return _robots_since(
        one,
        lambda **slots: gettext(language, "{some} of {of} robots have had a severe fault open since {day}", **slots),
        lambda **slots: gettext(language, "{some} of {of} robots have had a severe fault open for days", **slots),
        language,
    )


def _drop(one: ScoreReason, language: str) -> str:
    if one.value is None:
        said = gettext(language, "use has fallen")
    else:
        below = figures.percent(max(0.0, 1 - one.value), language)
        if one.since_day is None:
            said = gettext(language, "use is {below} below your weeks before", below=below)
        else:
            day = figures.day(one.since_day, language)
            said = gettext(language, "use is {below} below your weeks before, since {day}", below=below, day=day)
    demand = names.demand(one.demand, language)
    return gettext(language, "{said} ({demand})", said=said, demand=demand) if demand else said


def _stall(one: ScoreReason, language: str) -> str:
    if one.since_day is None:
        return gettext(language, "your robots have hardly worked yet")
    return ngettext(
        language, "robots have worked on {n} day since the first one came on {day}",
        "robots have worked on {n} days since the first one came on {day}", one.some or 0,
        day=figures.day(one.since_day, language),
    )  # fmt: skip


def _overdue(one: ScoreReason, language: str) -> str:
    n = round(one.value or 0)
    return ngettext(language, "an invoice is {n} day overdue", "an invoice is {n} days overdue", n)


def _share(text: Callable[[str, str], str]) -> Callable[[ScoreReason, str], str]:
    return lambda one, language: text(figures.percent(one.value or 0.0, language), language)


def _rate(text: Callable[[str, str], str]) -> Callable[[ScoreReason, str], str]:
    return lambda one, language: text(figures.short(one.value or 0.0, language), language)


_REASONS: Mapping[str, Callable[[ScoreReason, str], str]] = MappingProxyType(
    {
        "dark": _dark,
        "fault": _fault,
        "drop": _drop,
        "stall": _stall,
        "overdue": _overdue,
        "A2": _share(lambda share, language: gettext(language, "{share} of robot-days had use", share=share)),
        "B2": _share(
            lambda share, language: gettext(language, "use is {share} of what your own weeks before let expect",
                                            share=share)
        ),
        "B3": _share(lambda share, language: gettext(language, "{share} of your skills are used", share=share)),
        "B4": _share(
            lambda share, language: gettext(language, "{share} of wake-ups became an interaction", share=share)
        ),
        "C1": _rate(
            lambda rate, language: gettext(language, "faults weigh {rate} points per 100 robot-hours", rate=rate)
        ),
        "C2": _share(
            lambda share, language: gettext(language, "robots were on for {share} of your opening hours", share=share)
        ),
        "C3": _share(
            lambda share, language: gettext(language, "{share} of the robots have the same fault again and again",
                                            share=share)
        ),
        "E2": _share(
            lambda share, language: gettext(language, "{share} of the goals that we agreed are on track", share=share)
        ),
        "F3": _rate(lambda rate, language: gettext(language, "{rate} urgent tickets a robot", rate=rate)),
    }
)  # fmt: skip


def total(counted: str, change: str, language: str) -> str:
    """A sum of 28 days with the difference to the 28 before; "": not known."""
    if not change:
        return counted
    return gettext(language, "{counted} · {change} against the 28 days before", counted=counted, change=change)


def goal(one: Goal, language: str) -> str:
    """`120 guided tours a day`."""
    return brief.per_text(figures.short(one.target, language), one.counter, one.per, language)


def goal_stands(one: Goal, language: str) -> str:
    """How far a goal is, in words."""
    status = brief.objective_status(one.status, language)
    if one.reached is None:
        return status
    reached = figures.short(one.reached, language)
    return gettext(language, "{reached} reached, {status}", reached=reached, status=status)


def still_missing(place: str, seconds: int, backlog: bool, language: str) -> str:  # noqa: FBT001 - a fact, no switch
    """Hours of one robot that have not arrived."""
    slots = {"place": place, "time": figures.duration(seconds, language)}
    if backlog:
        return gettext(
            language, "{time} of {place} are still on the robot. They arrive when it is connected; until then the "
            "totals may still grow.", **slots,
        )  # fmt: skip
    return gettext(language, "{time} of {place} have not arrived.", **slots)


def use_bars(counter: str, first: str, last: str, values: Sequence[str], language: str) -> str:
    """The text form of the bars of some days."""
    return gettext(
        language, "{counter} a day, {first} to {last}: {values}", counter=names.counter(counter, language),
        first=first, last=last, values=figures.listed(values, language),
    )  # fmt: skip


def invoice(late_days: int, day: str, language: str) -> str:
    if not late_days:
        return gettext(language, "due {day}", day=day)
    return ngettext(language, "was due {day}, {n} day late", "was due {day}, {n} days late", late_days, day=day)


def printed(name: str, day: str, last: str, language: str) -> str:
    """The last line of a report."""
    return gettext(
        language, "Fleetward · {name} · made {day} · figures until {last}, from the robots’ own counters", name=name,
        day=day, last=last,
    )  # fmt: skip
