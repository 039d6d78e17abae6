"""A brief before a touch: its sentences about what changed, what was promised and what to ask.

The language is the last argument of each, so that a caller can say the same in several.
"""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language import figures, names
from collector.language.catalogue import deferred, deferred_in, gettext, ngettext, pgettext

QUESTIONS: Mapping[str, str] = MappingProxyType(
    {
        "ZOMBIE": deferred("Who decides about the robots now, and what would they miss?"),
        "SILENT": deferred("Which way of reaching you suits you best?"),
        "SINGLE": deferred("Who else works with the robots or decides about them?"),
        "CHAMPION_LEFT": deferred("Who decides about the robots now, and who speaks up for them?"),
        "REF_REFUSE": deferred("What would have to be better before you spoke for us?"),
        "DARK": deferred("Were robots moved or switched off on purpose?"),
        "FAULT": deferred("Which fault hurts your guests most?"),
        "DROP": deferred("What changed at the place on that day?"),
        "STALL": deferred("What keeps the robots from their first day of work?"),
        "OVERDUE": deferred("Is the invoice disputed, or late?"),
        "LAPSED": deferred("Is the missing renewal a delay or a decision?"),
        "RENEWAL": deferred("What must the robots have done for you to renew?"),
        "NOTICE": deferred("What was the reason, and when did it begin?"),
        "OBJECTIVE": deferred("Is the target still the right one?"),
        "LOW_USE": deferred("Which task would you hand to a robot first?"),
        "RED": deferred("What has been the hardest with the robots lately?"),
        "TICKET": deferred("Is the workaround good enough until it is solved?"),
        "REVIEW": deferred("Which two dates suit you for the review?"),
    }
)
STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "not_started": deferred_in("objective", "not started"),
        "on_track": deferred_in("objective", "on track"),
        "behind": deferred_in("objective", "behind"),
        "missed": deferred_in("objective", "missed"),
        "done": deferred_in("objective", "done"),
        "unknown": deferred_in("objective", "unknown"),
    }
)
_ROLES: Mapping[str, str] = MappingProxyType(
    {"sponsor": deferred("Who is the sponsor on your side?"), "champion": deferred("Who is the champion on your side?")}
)


def score_is(final: float, band: str, language: str) -> str:
    return gettext(
        language, "Health is {score} ({band}).",
        score=figures.score(final, language), band=names.band(band, language),
    )  # fmt: skip


def score_went(before: float, was: str, final: float, band: str, language: str) -> str:
    return gettext(
        language, "Health went from {before} ({was}) to {score} ({band}).",
        before=figures.score(before, language), was=names.band(was, language),
        score=figures.score(final, language), band=names.band(band, language),
    )  # fmt: skip


def new_signal(code: str, since_day: int, language: str) -> str:
    """An exception that holds, and did not on the day of the last contact."""
    return gettext(
        language, "New since {day}: {signal}.", day=figures.day(since_day, language),
        signal=names.phrase(code, language),
    )  # fmt: skip


def signal_holds(code: str, language: str) -> str:
    """An exception that holds, where nobody knows since when."""
    return gettext(language, "Holds now: {signal}.", signal=names.phrase(code, language))


def measure_went(measure: str, before: float, after: float, language: str) -> str:
    return gettext(
        language, "{measure}: {before} → {after} of 100.", measure=names.measure(measure, language),
        before=figures.score(before, language), after=figures.number(after, language),
    )  # fmt: skip


def open_ticket(subject: str, language: str) -> str:
    return gettext(language, "Ticket {subject} (open).", subject=subject)


def closed_ticket(subject: str, language: str) -> str:
    return gettext(language, "Ticket {subject} (closed).", subject=subject)


def promise(text: str, late: int, language: str) -> str:
    """`late`: days since it was due; 0 or less is not late."""
    if late <= 0:
        return text
    return ngettext(language, "{promise} ({n} day late)", "{promise} ({n} days late)", late, promise=text)


def objective(text: str, counter: str, reached: float, target: float, per: str, status: str, language: str) -> str:
    """How far a target is reached. `per`: period, day or robot_day."""
    return gettext(
        language, "{objective}: {reached} / {target}, {status}", objective=text or names.counter(counter, language),
        reached=figures.short(reached, language), status=objective_status(status, language),
        target=per_text(figures.short(target, language), counter, per, language),
    )  # fmt: skip


def per_text(figure: str, counter: str, per: str, language: str) -> str:
    """A target with its counter: `40 guided tours a day`."""
    slots = {"figure": figure, "counter": names.counter(counter, language)}
    if per == "day":
        return gettext(language, "{figure} {counter} a day", **slots)
    if per == "robot_day":
        return gettext(language, "{figure} {counter} a robot-day", **slots)
    return gettext(language, "{figure} {counter}", **slots)


def objective_status(status: str, language: str) -> str:
    return pgettext(language, "objective", STATUSES[status])


def question(rule: str, language: str) -> str:
    return gettext(language, QUESTIONS[rule])


def who_is(role: str, language: str) -> str:
    return gettext(language, _ROLES[role])


def which_target(language: str) -> str:
    return gettext(language, "What should the robots have reached by the next review?")
