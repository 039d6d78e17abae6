"""Messages by language. English stands in the code; any other language is a folder of `locale/`.

Every function takes the language: there is no current one and no default. A message is a literal, so that
`make messages` finds it; its {slots} are filled after translation. Values are text that `figures` has already written
for the same language, or names.

    gettext(language, "compared with {peers}", peers=name)
    ngettext(language, "{n} day", "{n} days", 3)        plural forms are the catalogue's
    pgettext(language, "signal", "silent customer")     the same English, another meaning
"""

import gettext as catalogues
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

T = TypeVar("T")

LOCALES = Path(__file__).parent / "locale"
DOMAIN = "fleetward"
SOURCE = "en"
LANGUAGES = (SOURCE, *sorted(found.parents[1].name for found in LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")))
if TYPE_CHECKING:
    Language = str
else:
    Language = Literal[LANGUAGES]
"""The language of a parameter of the API or a command: one of LANGUAGES, which is what stands in `locale/`."""


@cache
def _catalogue(language: str) -> catalogues.NullTranslations:
    if language == SOURCE:
        return catalogues.NullTranslations()
    return catalogues.translation(DOMAIN, LOCALES, [language])


def deferred(message: str) -> str:
    """A message of a table, which `gettext` translates when it is shown."""
    return message


def deferred_in(context: str, message: str) -> str:  # noqa: ARG001 - the extraction reads the context
    """The same for a message that `pgettext` translates."""
    return message


def gettext(language: str, message: str, /, **slots: object) -> str:
    """The message in that language. Raises FileNotFoundError for a language without a catalogue."""
    return _filled(_catalogue(language).gettext(message), slots)


def pgettext(language: str, context: str, message: str, /, **slots: object) -> str:
    """The message as it is said in that context."""
    return _filled(_catalogue(language).pgettext(context, message), slots)


def ngettext(language: str, one: str, many: str, n: int, /, **slots: object) -> str:
    """The form for that number, which is the slot {n} unless it is given."""
    return _filled(_catalogue(language).ngettext(one, many, n), {"n": n, **slots})


def in_every_language(sentence: Callable[..., T], *facts: object) -> dict[str, T]:
    """By language: what `sentence` makes of the facts, with the language as its last argument."""
    return {language: sentence(*facts, language) for language in LANGUAGES}


def _filled(text: str, slots: dict[str, object]) -> str:
    return text.format_map(slots) if slots else text
