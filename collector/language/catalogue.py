"""Messages by language. English stands in the code; any other language is a folder of `locale/`.

Every function takes the language: there is no current one and no default. A message is a literal, so that
`make messages` finds it; its {slots} are filled after translation. Values are text that `figures` has already written
for the same language, or names.

    gettext(language, "compared with {peers}", peers=name)
    ngettext(language, "{n} day", "{n} days", 3)        plural forms are the catalogue's
    pgettext(language, "signal", "silent customer")     the same English, another meaning
"""

import gettext as catalogues
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from collector.errors import ConfigurationError

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


def nearest(tag: str) -> str | None:
    """The language with a catalogue a tag means by RFC 4647's lookup: `zh` for `zh-Hant-TW`. None: there is none."""
    parts = tag.strip().lower().split("-")
    known = {language.lower().replace("_", "-"): language for language in LANGUAGES}
    ways = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((known[way] for way in ways if way in known), None)


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


def of_error(error: ConfigurationError, language: str) -> str:
    """Why a start is refused, in that language."""
    slots = {
        name: of_error(slot, language) if isinstance(slot, ConfigurationError) else slot
        for name, slot in error.slots.items()
    }
    return gettext(language, error.text, **slots)


def of_terminal(environ: Mapping[str, str]) -> str:
    """The language of who sits at a terminal: the first variable that is set decides, as elsewhere on Unix."""
    said = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return nearest(said.partition(".")[0].replace("_", "-")) or SOURCE


def in_every_language(sentence: Callable[..., T], *facts: object) -> dict[str, T]:
    """By language: what `sentence` makes of the facts, with the language as its last argument."""
    return {language: sentence(*facts, language) for language in LANGUAGES}


def _filled(text: str, slots: dict[str, object]) -> str:
    return text.format_map(slots) if slots else text
