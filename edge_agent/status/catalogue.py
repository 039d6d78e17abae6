"""Messages of the page and the commands by language, by the standard library's gettext. `edge-agent run` loads none.

English stands in the code; `edge_agent/locale/LANGUAGE/LC_MESSAGES/agent.mo` holds a translation. `make messages`
keeps it up to date. Every function takes the language: there is no current one and no default.
"""

import gettext as catalogues
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from edge_agent.deferred import Sentence

LOCALES = Path(__file__).parents[1] / "locale"
DOMAIN = "agent"
SOURCE = "en"
LANGUAGES = (SOURCE, *sorted(found.parents[1].name for found in LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")))


@cache
def _catalogue(language: str) -> catalogues.NullTranslations:
    if language == SOURCE:
        return catalogues.NullTranslations()
    return catalogues.translation(DOMAIN, LOCALES, [language])


def gettext(language: str, message: str, /, **slots: object) -> str:
    """The message in that language, its slots filled. Raises FileNotFoundError for a language without a catalogue."""
    text = _catalogue(language).gettext(message)
    return text.format_map(slots) if slots else text


def of_terminal(environ: Mapping[str, str]) -> str:
    """The language of who sits at a terminal: the first variable that is set decides, as elsewhere on Unix."""
    wanted = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), SOURCE)
    known = [language for language in LANGUAGES if wanted.lower().startswith(language.lower())]
    return known[0] if known else SOURCE


def pgettext(language: str, context: str, message: str, /, **slots: object) -> str:
    """The message as it is said in that context."""
    text = _catalogue(language).pgettext(context, message)
    return text.format_map(slots) if slots else text


def ngettext(language: str, one: str, many: str, n: int, /, **slots: object) -> str:
    """The form for that number, which is the slot {n}."""
    return _catalogue(language).ngettext(one, many, n).format_map({"n": n, **slots})


def name_of(thing: Any, language: str) -> str:
    """The name that a registry carries in this language; where it carries none, the catalogue's for the English one."""
    own: str | None = getattr(thing, language, None)
    return own if own is not None else gettext(language, thing.en)


def sentence(language: str, said: Sentence) -> str:
    """The sentence in that language, and what is a sentence in its slots."""
    slots = {
        name: sentence(language, slot) if isinstance(slot, Sentence) else slot for name, slot in said.slots.items()
    }
    return gettext(language, said.text, **slots)


def unpacked(told: Mapping[str, Any]) -> Sentence:
    """A sentence as a status carries it."""
    slots = {name: unpacked(slot) if isinstance(slot, dict) else slot for name, slot in told["slots"].items()}
    return Sentence(told["text"], **slots)
