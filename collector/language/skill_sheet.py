"""A skill of the catalogue for colleagues, in sentences: its state, how it is paid, what it may do, who has it."""

from collections.abc import Mapping

from collector.language import figures, skills
from collector.language.catalogue import deferred, gettext, ngettext

_STATES = {
    "draft": deferred("draft"), "published": deferred("offered"), "withdrawn": deferred("withdrawn"),
    "recalled": deferred("recalled"),
}  # fmt: skip
_STATE_NOTES = {
    "draft": deferred("It was never published: nobody can be sold it."),
    "published": deferred("Customers see it, and it can be put on robots."),
    "withdrawn": deferred("It is offered no more. It goes on where it runs."),
    "recalled": deferred("Every version of it was recalled: robots end it."),
}  # fmt: skip
_COSTS = {
    "free": deferred("free of charge"), "one_off": deferred("paid once"), "fixed": deferred("a fee each month"),
    "use": deferred("paid by use"), "unpriced": deferred("nobody has set a price"),
}  # fmt: skip
_PERMISSIONS = {
    "go_to": deferred("drives through the site"), "speak": deferred("speaks"), "listen": deferred("listens to guests"),
    "see": deferred("looks through the cameras"), "touch": deferred("feels touch, and reads what is typed on it"),
    "dock": deferred("drives to its charger"), "show": deferred("shows something on its screen"),
    "battery": deferred("reads the battery"), "want": deferred("asks for other skills"),
    "clock": deferred("reads the time"), "carry_out": deferred("has other skills do things"),
    "interrupt": deferred("interrupts other skills"),
}  # fmt: skip
_LIMITS = {
    "memory_mb": deferred("memory: {n} MB"), "cpu_percent": deferred("processor: {n} % of a core"),
    "disk_mb": deferred("its own files: {n} MB"), "processes": deferred("processes: {n}"),
}  # fmt: skip
DONE = {
    "withdrawn": deferred("Withdrawn: it is offered no more."), "published": deferred("It is offered again."),
    "industries": deferred("Its industries are changed."), "priced": deferred("The price is set."),
}  # fmt: skip


def state(key: str, language: str) -> str:
    """Of a listing, in one word."""
    return gettext(language, _STATES[key])


def state_note(key: str, language: str) -> str:
    """What the state means for customers and robots."""
    return gettext(language, _STATE_NOTES[key])


def cost(key: str, language: str) -> str:
    """How a skill is paid."""
    return gettext(language, _COSTS[key])


def permission(key: str, language: str) -> str:
    """What a skill does with the robot's body; one that this release does not know as it is written."""
    return gettext(language, _PERMISSIONS[key]) if key in _PERMISSIONS else key


def limit(key: str, most: int, language: str) -> str:
    """What the robot gives it at most."""
    n = figures.number(most, language)
    return gettext(language, _LIMITS[key], n=n) if key in _LIMITS else f"{key}: {n}"


def counter_most(name: str, most: int, language: str) -> str:
    """A counter and how far it can grow."""
    return gettext(language, "{name}, at most {n} an hour", name=name, n=figures.number(most, language))


def readable(language: str, *, is_readable: bool | None) -> str:
    """Whether people can read what runs."""
    if is_readable is None:
        return gettext(language, "Nothing of it runs: it only says what is counted.")
    if is_readable:
        return gettext(language, "Its program can be read.")
    return gettext(language, "Its program is the vendor’s and cannot be read.")


def spread(robots: int, active: int, accounts: int, language: str) -> str:
    """On how many robots it is, and where."""
    if not robots:
        return gettext(language, "It is on no robot.")
    return ngettext(
        language, "It is on {n} robot {accounts}, and runs on {active}.",
        "It is on {n} robots {accounts}, and runs on {active}.", robots,
        n=figures.number(robots, language), accounts=skills.at_accounts(accounts, language),
        active=figures.number(active, language),
    )  # fmt: skip


def version_held(version: str, wished: int, language: str) -> str:
    """A version and its robots at one account."""
    n = figures.number(wished, language)
    return ngettext(language, "{version} on {n} robot", "{version} on {n} robots", wished, version=version, n=n)


def in_catalogue(by_state: Mapping[str, int], language: str) -> str:
    """How many skills there are, on top of the catalogue."""
    offered, rest = by_state.get("published", 0), sum(by_state.values()) - by_state.get("published", 0)
    n = figures.number(offered, language)
    said = ngettext(language, "{n} skill is offered", "{n} skills are offered", offered, n=n)
    if not rest:
        return gettext(language, "{said}.", said=said)
    more = ngettext(
        language, "{n} more is withdrawn, recalled or a draft", "{n} more are withdrawn, recalled or drafts", rest,
        n=figures.number(rest, language),
    )  # fmt: skip
    return gettext(language, "{said}; {more}.", said=said, more=more)


def price_from(day: str, language: str) -> str:
    """Since when a price is in force."""
    return gettext(language, "from {day}", day=day)


def done(key: str, language: str) -> str:
    """What an act on the skill's page did; "" for none of ours."""
    return gettext(language, DONE[key]) if key in DONE else ""
