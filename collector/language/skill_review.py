"""Packages that wait for review, in sentences: how one stands, what its checks found, what it changes, who may act."""

from collections.abc import Mapping, Sequence

from collector.language import figures, skill_sheet
from collector.language.catalogue import deferred, gettext, ngettext

_STATES = {
    "submitted": deferred("being checked"), "in_review": deferred("in review"), "approved": deferred("approved"),
    "refused": deferred("refused"), "taken_back": deferred("taken back"), "replaced": deferred("replaced"),
    "published": deferred("published"),
}  # fmt: skip
KINDS = {"in_review": "info", "submitted": "info", "approved": "good", "published": "good", "refused": "bad"}
_CHECKS = {
    "package": deferred("The package’s form and settings"), "program": deferred("Its program, as it is read"),
    "runtime": deferred("Its runtime"), "names": deferred("Its names"), "pictures": deferred("Its pictures"),
}  # fmt: skip
_VERDICTS = {"approve": deferred("approved"), "refuse": deferred("refused")}
_NO_REVIEW = {
    "own": deferred("You submitted it: somebody else reviews it."),
    "twice": deferred("You have approved it: another person reviews it."),
    "closed": deferred("It is not in review any more."),
    "unchecked": deferred("Its checks have not ended: check it again first."),
    "role": deferred("You may look at it; a person with the role skill reviewer approves it."),
    "nobody": deferred("This session is a token’s, and a token is no person: sign in as yourself to review."),
}  # fmt: skip
_CHANGES = {
    "permissions_added": deferred("It may now also: {what}"),
    "permissions_dropped": deferred("It may no longer: {what}"),
    "intents_added": deferred("It answers more wishes of guests: {what}"),
    "intents_dropped": deferred("It no longer answers: {what}"),
    "counters_added": deferred("It counts more: {what}"), "counters_dropped": deferred("It no longer counts: {what}"),
    "counters_raised": deferred("It may count more of: {what}"),
}  # fmt: skip
_DONE = {
    "approved": deferred("You have approved it."), "refused": deferred("It is refused; its publisher reads why."),
    "checked": deferred("Its checks have run again."), "taken_back": deferred("It is taken back."),
}  # fmt: skip


def state(key: str, language: str) -> str:
    """Of a submission."""
    return gettext(language, _STATES[key])


def check(key: str, language: str) -> str:
    """What an automatic check looks at; one that this release does not know by its key."""
    return gettext(language, _CHECKS[key]) if key in _CHECKS else key


def verdict(key: str, person: str, moment: str, language: str) -> str:
    """Who said what when."""
    return gettext(language, "{person} {verdict} it, {moment}", person=person, moment=moment,
                   verdict=gettext(language, _VERDICTS[key]))  # fmt: skip


def no_review(key: str, language: str) -> str:
    """Why the reader may not approve it."""
    return gettext(language, _NO_REVIEW[key])


def approvals(given: int, needed: int, language: str) -> str:
    """How many people have approved of how many that must."""
    n, of = figures.number(given, language), figures.number(needed, language)
    return ngettext(language, "{n} of {of} approval", "{n} of {of} approvals", needed, n=n, of=of)


def sentence(state_key: str, given: int, needed: int, *, is_first: bool, widens: bool, language: str) -> str:
    """How a submission stands, on top of its sheet."""
    if state_key not in {"submitted", "in_review", "approved"}:
        return gettext(language, "Nothing is left to do: it is {state}.", state=state(state_key, language))
    if is_first:
        why = gettext(language, "It is the first version, so two people approve it")
    elif widens:
        why = gettext(language, "It may do more than the last published version, so two people approve it")
    else:
        why = gettext(language, "It may do no more than the last published version, so one person approves it")
    return gettext(language, "{why}; so far {n}.", why=why, n=approvals(given, needed, language))


def found(problems: int, language: str) -> str:
    """What a check came to."""
    if not problems:
        return gettext(language, "nothing found")
    return ngettext(language, "{n} problem", "{n} problems", problems, n=figures.number(problems, language))


def change(key: str, what: Sequence[str], language: str) -> str:
    """One line of what a version changes."""
    return gettext(language, _CHANGES[key], what=figures.listed(list(what), language))


def limit_raised(key: str, before: int, after: int, language: str) -> str:
    """A limit that is higher than before."""
    return gettext(
        language, "Higher limit, {limit}; before {n}", limit=skill_sheet.limit(key, after, language),
        n=figures.number(before, language),
    )  # fmt: skip


def becomes(key: str, language: str) -> str:
    """What a version has become that the one before was not."""
    known: Mapping[str, str] = {
        "orchestrator": deferred("It becomes the orchestrator: it may start and interrupt other skills."),
        "unreadable": deferred("Its program can no longer be read."),
        "first": deferred("No version of it is published: everything in it is new."),
        "nothing": deferred("It may do exactly what the last published version may."),
    }
    return gettext(language, known[key])


def waiting(open_ones: int, language: str) -> str:
    """How many wait, on top of the list."""
    if not open_ones:
        return gettext(language, "No submission waits.")
    n = figures.number(open_ones, language)
    return ngettext(language, "{n} submission waits.", "{n} submissions wait.", open_ones, n=n)


def done(key: str, language: str) -> str:
    """What an act on the sheet did; "" for none of ours."""
    return gettext(language, _DONE[key]) if key in _DONE else ""
