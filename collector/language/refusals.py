"""Why an act was not done and what to do instead, on a page: in the reader's language, from any refusal.

A refusal's own texts are English; those that are literals stand in the catalogue. What it has no words for is said by
its kind, and shown beside it as the program says it.
"""

import re
from dataclasses import dataclass
from typing import Literal

from collector.language import slots
from collector.language.catalogue import SOURCE, gettext, pgettext
from collector.language.pages import Words
from collector.values.refusal import Remedy
from collector.values.sentence import Sentence

Kind = Literal[
    "400", "403", "wrong_password", "wrong_code", "404", "409", "outdated", "422", "429", "500", "503",
]  # fmt: skip
"""What a reader is told first: the word of an HTTP status; `outdated` of a 409 that loading again cures; of a 403 that
is no matter of rights, what was wrong.
"""
_WORD = re.compile(r"[a-z]+(?= |$)")
_WORDS = re.compile(r"[A-Za-z]{2}")
_SLOT = re.compile(r"\{[^{}]*\}")
_ENDS = (".", "?", "!", "\N{IDEOGRAPHIC FULL STOP}", "\N{FULLWIDTH EXCLAMATION MARK}", "\N{FULLWIDTH QUESTION MARK}")


@dataclass(frozen=True, slots=True)
class RefusalShown:
    """Whole sentences, each with its mark. `reason` "": the head says all that this language has words for.

    `page`: where the remedy is done; "": nowhere, or not for this reader. `raw`: the English; "": nothing is left
    to say.
    """

    head: str
    reason: str
    remedy: str
    page: str = ""
    raw: str = ""

    @property
    def first(self) -> str:
        """What stands in bold where there is room for one sentence and the remedy."""
        return self.reason or self.head


def shown(reason: str, remedy: Remedy | str, kind: Kind, words: Words, *, links: bool) -> RefusalShown:
    """`links`: the reader may open the page of the remedy."""
    language = words.language
    why, do = known(reason, language), known_remedy(remedy, language)
    usual = words(f"problem_{kind}_remedy")
    return RefusalShown(
        head=words(f"problem_{kind}"),
        reason="" if why is None else sentence(why, language),
        remedy=usual if do is None else sentence(do, language),
        page=remedy.page if links and do is not None and isinstance(remedy, Remedy) else "",
        raw="" if why is not None and do is not None else f"{reason}; {remedy}",
    )  # fmt: skip


def in_words(said: str, remedy: str) -> RefusalShown:
    """Of a page that wrote it in the reader's language."""
    return RefusalShown(head=said, reason="", remedy=remedy)


def known(text: str, language: str) -> str | None:
    """The text in that language; None: the catalogue does not have it."""
    if isinstance(text, Sentence):
        return _known_sentence(text, language)
    if language == SOURCE:
        return text
    said = gettext(language, text) if text else text
    return None if said == text else said


def _known_sentence(text: Sentence, language: str) -> str | None:
    """With its values in that language's words; a sentence among them is said too, or stays English."""
    template = gettext(language, text.template)
    if language != SOURCE and template == text.template and _WORDS.search(_SLOT.sub("", template)):
        return None
    return slots.filled(template, {name: _value(name, one, language) for name, one in text.slots.items()}, language)


def _value(name: str, slot: object, language: str) -> object:
    if isinstance(slot, Sentence):
        return in_language(slot, language)
    if isinstance(slot, Remedy):
        return known_remedy(slot, language) or slot
    return slots.said(name, slot, language)


def in_language(text: str, language: str) -> str:
    """In that language, or as the program says it where the catalogue does not have it."""
    return known(text, language) or text


def known_remedy(remedy: Remedy | str, language: str) -> str | None:
    """What is to be done, one act after the other; None where the catalogue misses one of them."""
    if isinstance(remedy, str):
        return known(remedy, language)
    parts = [known(remedy.text, language), *(known_remedy(one, language) for one in remedy.also)]
    said = [one for one in parts if one is not None]
    return pgettext(language, "between clauses", "; ").join(said) if len(said) == len(parts) else None


def sentence(text: str, language: str) -> str:
    """A reason or a remedy as a sentence. One that begins with an id stays as it is written."""
    begun = text[:1].upper() + text[1:] if _WORD.match(text) else text
    return begun if begun.endswith(_ENDS) else gettext(language, "{sentence}.", sentence=begun)
