"""Who may have a skill, in sentences: by what, until when, on how many robots; and how a licence stands on a robot."""

from collector.language import figures
from collector.language.catalogue import deferred, gettext, ngettext

_ORIGINS = {
    "contract_line": deferred("by a contract line"), "trial": deferred("to try"), "granted": deferred("granted"),
}  # fmt: skip
_WHEN = {
    "now": deferred("Now"), "ending": deferred("Ending within 30 days"), "coming": deferred("Not begun"),
    "ended": deferred("Ended"), "all": deferred("All of them"),
}  # fmt: skip
_DONE = {
    "entitled": deferred("{what}: it may have it from {day}."), "ended": deferred("It ends on {day}."),
    "seated": deferred("{what} has a seat from {day}."), "unseated": deferred("The seat ends on {day}."),
    "undone": deferred("Taken back: it never held."),
}  # fmt: skip


def origin(key: str, language: str) -> str:
    """By what an account may have a skill."""
    return gettext(language, _ORIGINS[key])


def when(key: str, language: str) -> str:
    """A view of the list."""
    return gettext(language, _WHEN[key])


def span(first: str, last: str, language: str) -> str:
    """From when until when; `last` "": it goes on."""
    if not last:
        return gettext(language, "from {first} on", first=first)
    return gettext(language, "{first} – {last}", first=first, last=last)


def listed(accounts_skills: int, language: str, *, more: bool) -> str:
    """How many stand in a list."""
    n = figures.number(accounts_skills, language)
    if more:
        return gettext(language, "The first {n}; there are more.", n=n)
    return ngettext(language, "{n} entitlement", "{n} entitlements", accounts_skills, n=n)


def account_sentence(holds: int, robots: int, language: str) -> str:
    """What an account may have today, on top of its page. `robots`: that were told a licence."""
    if not holds:
        return gettext(language, "It may have no skill today.")
    said = ngettext(language, "It may have {n} skill today", "It may have {n} skills today", holds,
                    n=figures.number(holds, language))  # fmt: skip
    on = ngettext(language, "{n} robot was told so", "{n} robots were told so", robots,
                  n=figures.number(robots, language))  # fmt: skip
    return gettext(language, "{said}; {on}.", said=said, on=on)


def licence(until: str, language: str, *, is_licensed: bool) -> str:
    """What a robot was told of one skill. `until` "": no end is known."""
    if not is_licensed:
        return gettext(language, "goes by no licence")
    return gettext(language, "until {day}", day=until) if until else gettext(language, "until it is ended")


def alone(moment: str, language: str) -> str:
    """How long a robot goes on that hears the centre no more."""
    return gettext(language, "unheard, at most until {moment}", moment=moment)


def done(key: str, what: str, day: str, language: str) -> str:
    """What an act did; "" for none of ours."""
    return gettext(language, _DONE[key], what=what, day=day) if key in _DONE else ""
