"""People in sentences."""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language.catalogue import SOURCE, deferred_in, gettext, pgettext

NOBODYS: Mapping[str, str] = MappingProxyType(
    {"clock": deferred_in("who", "clock"), "command line": deferred_in("who", "command line")}
)
"""Who is no person and no token, as the store names it."""


def no_account(text: str, language: str) -> str:
    """Of what was typed as one."""
    return gettext(language, "No account is called “{text}”, or several are: write its number.", text=text)


def who(name: str, language: str) -> str:
    """Who did something: a person or a token by name, or what acts by itself in words."""
    return pgettext(language, "who", NOBODYS[name]) if language != SOURCE and name in NOBODYS else name
