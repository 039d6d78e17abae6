"""Messages of the `opk` command by language, by the standard library's gettext.

English stands in the code; `opk_skills/locale/LANGUAGE/LC_MESSAGES/opk.mo` holds a translation. `make messages` keeps
it up to date. Every function takes the language: there is no current one and no default.
"""

import gettext as catalogues
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from opk_skills.problems import Inner, Problem, place

LOCALES = Path(__file__).parent / "locale"
DOMAIN = "opk"
SOURCE = "en"
LANGUAGES = (SOURCE, *sorted(found.parents[1].name for found in LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")))
VARIABLES = ("OPK_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set decides, as elsewhere on Unix


@cache
def _catalogue(language: str) -> catalogues.NullTranslations:
    if language == SOURCE:
        return catalogues.NullTranslations()
    return catalogues.translation(DOMAIN, LOCALES, [language])


def gettext(language: str, message: str, /, **slots: object) -> str:
    """The message in that language, its slots filled. Raises FileNotFoundError for a language without a catalogue."""
    text = _catalogue(language).gettext(message)
    return text.format_map(slots) if slots else text


def ngettext(language: str, one: str, many: str, n: int, /, **slots: object) -> str:
    """The form for that number, which is the slot {n}."""
    return _catalogue(language).ngettext(one, many, n).format_map({"n": n, **slots})


def spoken(environ: Mapping[str, str]) -> str:
    """The language of whoever sits here, of those there are; English where nobody says."""
    wanted = next((environ[name] for name in VARIABLES if environ.get(name)), SOURCE)
    known = [language for language in LANGUAGES if wanted.lower().startswith(language)]
    return known[0] if known else SOURCE


def said(language: str, problem: Problem) -> str:
    """A problem as one line: place, what is wrong, what to do."""
    slots = {
        name: gettext(language, slot.message).format_map(slot.slots) if isinstance(slot, Inner) else slot
        for name, slot in problem.slots.items()
    }
    told = gettext(language, problem.message).format_map(slots)
    at = place(problem)
    return f"{at}: {told}" if at else told
