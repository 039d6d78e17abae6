"""The page of the health policy in sentences: what would change, and what has to be written otherwise."""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language import figures, names
from collector.language.catalogue import deferred_in, gettext, ngettext, pgettext

# Of the sections whose caps are not one exception's own.
_SECTIONS: Mapping[str, str] = MappingProxyType({"zombie": "ZOMBIE", "champion_left": "CHAMPION_LEFT"})
_CAPS: Mapping[str, str] = MappingProxyType(
    {
        "many_cap": deferred_in("cap", "several signs"),
        "hard_cap": deferred_in("cap", "for long"),
        "left_cap": deferred_in("cap", "nobody is left"),
        "both_cap": deferred_in("cap", "both are gone"),
        "withdrawn_cap": deferred_in("cap", "a yes withdrawn"),
        "first_cap": deferred_in("cap", "at first"),
        "second_cap": deferred_in("cap", "later"),
    }
)


def cap(section: str, name: str, language: str) -> str:
    """`drop in use`, `single contact · nobody is left`."""
    code = _SECTIONS.get(section, section.upper())
    signal = names.signal(code, language) if code in names.SIGNALS else section.replace("_", " ")
    if name not in _CAPS:
        return signal
    when = pgettext(language, "cap", _CAPS[name])
    return gettext(language, "{signal} · {when}", signal=signal, when=when)


def rule(code: str, language: str) -> str:
    """A rule of calls to action by the name of its exception, where it has one."""
    return names.signal(code, language) if code in names.SIGNALS else code


def group_in(profile: str, group: str, language: str) -> str:
    return gettext(language, "{profile} · {group}", profile=profile, group=group)


def no_number(name: str, language: str) -> str:
    return gettext(language, "{name}: write a number, 12.5 for instance.", name=name)


def no_hundred(profile: str, total: float, language: str) -> str:
    return gettext(
        language, "The group weights of the {profile} profile sum to {total}; they have to sum to 100.",
        profile=profile, total=figures.short(total, language, 2),
    )  # fmt: skip


def effect(scored: int, changed: int, moved: int, day: str, language: str) -> str:
    """What would become of all accounts."""
    if not changed:
        return ngettext(
            language, "Nothing would change for the {n} account scored {day}.",
            "Nothing would change for the {n} accounts scored {day}.", scored, n=figures.number(scored, language),
            day=day,
        )  # fmt: skip
    return ngettext(
        language, "Of the accounts scored {day}, {changed} of {scored} would change and {n} would change band.",
        "Of the accounts scored {day}, {changed} of {scored} would change and {n} would change band.", moved,
        n=figures.number(moved, language), changed=figures.number(changed, language),
        scored=figures.number(scored, language), day=day,
    )  # fmt: skip


def rests_on(basis: str, language: str) -> str:
    """What the scored day is of, where it is not what had arrived here; else ""."""
    return gettext(
        language, "It rests on the newest recorded day: no day of what arrived here has been scored yet."
    ) if basis == "recorded" else ""  # fmt: skip


def waiting(n: int, language: str) -> str:
    """Bands that the first day does not change yet."""
    return ngettext(
        language, "That is the first day; {n} more account would change band where its number lasts for another.",
        "That is the first day; {n} more accounts would change band where their numbers last for another.", n,
        n=figures.number(n, language),
    ) if n else ""  # fmt: skip


def calls(opened: int, closed: int, language: str) -> str:
    return gettext(
        language, "Calls to action: {opened} would open, {closed} would no longer hold.",
        opened=figures.number(opened, language), closed=figures.number(closed, language),
    )  # fmt: skip


def hours(opened: float, closed: float, language: str) -> str:
    return gettext(
        language, "By what your touches took: {opened} h more, {closed} h less.",
        opened=figures.short(opened, language), closed=figures.short(closed, language),
    )  # fmt: skip
