"""Encodings that are not read here, judged against the one that would be taken. Pure.

A file of one of these decodes in one of ours too, and says something else. So whichever is about to be taken is weighed
against each of them, by the words that the two read differently: where the other explains those as well or better,
nobody knows which the file is. What explains a word is an alphabet (everyday): the letters of one language in it, in
an order that people write, or the characters that eastern names are made of.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

from collector.exchange.imports import everyday
from collector.exchange.imports.readings import is_text, names_a_word

_WORDS_MAX = 2_000  # of those that are read differently; so many have shown which reading explains them
_HEADINGS_WITHIN = 500  # of the words
_EXPLAINS = 0.5  # a rival of less is none
_ABBREVIATED = 5  # so many capital letters may go without a vowel
_CLUSTER = 4  # so many consonants stand in few words
_RUN = re.compile(r"[^\W\d_]+(?:[̀-ͯ]+[^\W\d_]*)*")
_BESIDE_WORDS = frozenset("’‘“”„‚«»–—…·®™©²³ºª§€°\xa0")
_VOWELS = frozenset("aeiouyæøœı")
_APOSTROPHE_S = re.compile(r"[A-Za-z]í(?:s|t|d|m|ll|re|ve)\W*$")
_ODD_ORDER = re.compile(
    r"(?<![aeiouäöüyAEIOUÄÖÜY])ß|(?<![aeıioöuüAEIİOÖUÜ])ğ|(?<=\w)[įų](?=\w)|aä|oö|uü|[ôæÆ]\W*$"
    r"|ķ(?![aeiouāēīū])|(?<=[^\Waeiouāēīūšlnņ])ķ"
)
"""Letters where their languages do not write them: ß after a consonant, į within a word."""
_QUOTED = re.compile(r"[“”‘–—](?=[^\W\d_])|(?<=[^\W\d_])[“”‘–—]")  # as likely a letter that another reading shows
_ODD_TILDE = re.compile(r"õ(?![ei])")  # in Portuguese; Estonian writes it anywhere
_CYRILLIC_VOWELS = frozenset("аеёиоуыэюяіїєў")
_GREEK_VOWELS = frozenset("αεηιουω")
_HEBREW_INSIDE, _HEBREW_LAST = "כמנפצ", "ךםןףץ"
_EASTERN = r"㐀-䶿一-鿿豈-﫿ぁ-ゖァ-ヺー가-힣"
_EASTERN_LETTER = re.compile(f"[{_EASTERN}々]")
_MIXED = re.compile(f"[a-z][^\x00-\x7f]|[{_EASTERN}][a-z]")

Explains = Callable[[str], float]
"""A word -> how well an encoding explains it, from 0 to 1."""


class Rival(NamedTuple):
    name: str  # as people call it
    text: list[str]


def rival_of(taken: str, said: Sequence[str], words: Sequence[bytes], is_known: Callable[[str], bool]) -> Rival | None:
    """The encoding that explains the words as well as `taken`, which says `said`; None: no other does."""
    named_here = names_a_word(said[:_HEADINGS_WITHIN], is_known)
    whole = b"\n".join(words)
    for name, (codec, explains) in _RIVALS.items():
        text = _decoded(whole, codec)
        if text is None:
            continue
        pairs = [(own, other) for own, other in zip(said, text, strict=True) if own != other][:_WORDS_MAX]
        if not pairs:
            continue
        heading = names_a_word(text[:_HEADINGS_WITHIN], is_known)
        if heading != named_here:
            if heading:
                return Rival(name, text)
            continue
        theirs = _share(explains, [other for _, other in pairs])
        ours = _share(_OURS[taken], [own for own, _ in pairs])
        if theirs >= _EXPLAINS and (theirs > ours or (theirs == ours and name not in _RARE)):
            return Rival(name, text)
    return None


def _decoded(whole: bytes, codec: str) -> list[str] | None:
    """The words of a text of lines, None where it is none in this encoding."""
    try:
        text = unicodedata.normalize("NFC", whole.decode(codec))
    except UnicodeDecodeError:
        return None
    return text.split("\n") if all(map(is_text, set(text) - {"\n"})) else None


def _share(explains: Explains, words: Sequence[str]) -> float:
    return sum(map(explains, words)) / len(words)


def _latin(*languages: str, alone: float = 0.0) -> Explains:
    """`alone`: what a word is that has no letter beyond the plain ones, but signs."""
    alphabets = [frozenset(everyday.LATIN[language]) for language in languages]
    odd_tilde = None if {"et", "hu", "vi"} & set(languages) else _ODD_TILDE

    @lru_cache(_WORDS_MAX)
    def explains(word: str) -> float:
        if not _signs_stand_well(word) or _ODD_ORDER.search(word) or _APOSTROPHE_S.search(word):
            return 0.0
        if odd_tilde and odd_tilde.search(word):
            return 0.0
        runs = [run for run in _RUN.findall(word) if not run.isascii()]
        if not runs or runs == [word.strip(".,()")] == [word[:1]]:
            return alone
        letters = [letter for run in runs for letter in run if not letter.isascii()]
        one_language = any(all(one in known or one.lower() in known for one in letters) for known in alphabets)
        readable = all(_cased(run) and _has(run, _VOWELS) for run in runs)
        return float(one_language and readable and (alone > 0 or not _clustered(word, _VOWELS)))

    return explains


def _alphabet(names: str, is_word: Callable[[str], bool], *, strict: bool = True) -> Explains:
    """Every letter beyond the plain ones is of this script, and the runs of them are words of it."""

    @lru_cache(_WORDS_MAX)
    def explains(word: str) -> float:
        runs = [run for run in _RUN.findall(word) if not run.isascii()]
        if not runs or not _signs_stand_well(word) or (strict and _QUOTED.search(word)):
            return 0.0
        own = all(unicodedata.name(letter, "").startswith(names) for run in runs for letter in run)
        return float(own and all(len(run) > 1 and _cased(run) and is_word(run) for run in runs))

    return explains


def _eastern(everyday_letters: frozenset[str], *, mixed: bool) -> Explains:
    """`mixed`: whether small Latin letters stand in one word with eastern ones."""

    @lru_cache(_WORDS_MAX)
    def explains(word: str) -> float:
        letters = _EASTERN_LETTER.findall(word)
        if not mixed and _MIXED.search(word):
            return 0.0
        return sum(letter in everyday_letters for letter in letters) / len(letters) if letters else 0.0

    return explains


def _signs_stand_well(word: str) -> bool:
    """No sign but a quotation mark and its like touches a letter: `£100` and `m²`, not `£ukasz`."""
    for at, sign in enumerate(word):
        if sign.isascii() or sign.isalpha() or unicodedata.combining(sign) or sign in _BESIDE_WORDS:
            continue
        if (at and word[at - 1].isalpha()) or (at + 1 < len(word) and word[at + 1].isalpha()):
            return False
    return True


def _cased(run: str) -> bool:
    """Small, capital, or small after one capital; only plain letters may stand otherwise (`GmbH`, `McÉwan` not)."""
    if run.islower() or run.isupper() or run[1:].islower():
        return True
    odd = (a.isupper() or b.isupper() for a, b in pairwise(run) if not (a.isascii() and b.isascii()) and b.isupper())
    return not any(odd) and all(letter.isascii() or letter.islower() for letter in run[1:])


def _clustered(word: str, vowels: frozenset[str]) -> bool:
    """More consonants in a row than people write, one of them beyond the plain ones."""
    run = 0
    special = False
    for letter in word.lower():
        is_consonant = letter.isalpha() and unicodedata.normalize("NFD", letter)[0] not in vowels
        run = run + 1 if is_consonant else 0
        special = is_consonant and (special or not letter.isascii())
        if run >= _CLUSTER and special:
            return True
    return False


def _has(run: str, vowels: frozenset[str]) -> bool:
    return any(letter in vowels for letter in unicodedata.normalize("NFD", run.lower()))


def _cyrillic(*languages: str, strict: bool = False) -> Callable[[str], bool]:
    alphabets = [frozenset(everyday.CYRILLIC[language]) for language in languages]

    def is_word(run: str) -> bool:
        small = run.lower()
        short = run.isupper() and len(run) <= _ABBREVIATED
        return (
            small[0] not in "ъьы"
            and (short or any(letter in _CYRILLIC_VOWELS for letter in small))
            and any(known.issuperset(small) for known in alphabets)
            and not (strict and _clustered(small, _CYRILLIC_VOWELS))
        )

    return is_word


def _greek(run: str) -> bool:
    return "ς" not in run[:-1] and not run.endswith("σ") and _has(run, _GREEK_VOWELS)


def _hebrew(run: str) -> bool:
    """Five letters have another form at the end of a word, and only there."""
    return not any(letter in run[:-1] for letter in _HEBREW_LAST) and run[-1] not in _HEBREW_INSIDE


def _arabic(run: str) -> bool:
    return "ة" not in run[:-1] and "ى" not in run[:-1]


def _thai(run: str) -> bool:
    return not unicodedata.combining(run[0]) and run[0] not in "ะาำๅๆ"


_WEST = ("de", "nl", "fr", "it", "es", "ca", "pt", "nordic", "is", "sq")
_CENTRE = ("de", "pl", "cs", "sk", "hu", "ro", "south")
_RUSSIAN = _alphabet("CYRILLIC", _cyrillic("ru", "uk", "be", strict=True))
_OURS: Mapping[str, Explains] = MappingProxyType(
    {
        "gb18030": _eastern(everyday.SIMPLIFIED, mixed=True),
        "cp1252": _latin(*_WEST, "fi", alone=1.0),
        "shift_jis": _eastern(everyday.JAPANESE, mixed=False),
        "big5": _eastern(everyday.TRADITIONAL, mixed=False),
        "euc_kr": _eastern(everyday.KOREAN, mixed=True),
        "cp1250": _latin(*_CENTRE, alone=1.0),
        "cp1251": _alphabet("CYRILLIC", _cyrillic(*everyday.CYRILLIC), strict=False),
    }
)
_RIVALS: Mapping[str, tuple[str, Explains]] = MappingProxyType(
    {
        "Mac Roman": ("mac_roman", _latin(*_WEST)),
        "Mac Central European": ("mac_latin2", _latin(*_CENTRE)),
        "Mac Turkish": ("mac_turkish", _latin("tr")),
        "Mac Cyrillic": ("mac_cyrillic", _alphabet("CYRILLIC", _cyrillic("ru", "uk", strict=True))),
        "cp850": ("cp850", _latin(*_WEST)),
        "cp852": ("cp852", _latin(*_CENTRE)),
        "cp857": ("cp857", _latin("tr", "de")),
        "cp775": ("cp775", _latin("lt", "lv", "et", "pl", "de")),
        "cp866": ("cp866", _RUSSIAN),
        "ISO 8859-2": ("iso8859-2", _latin(*_CENTRE)),
        "ISO 8859-5": ("iso8859-5", _RUSSIAN),
        "ISO 8859-15": ("iso8859-15", _latin(*_WEST, "fi", "et")),
        "cp1254": ("cp1254", _latin("tr")),
        "cp1257": ("cp1257", _latin("lt", "lv", "et", "pl")),
        "cp1258": ("cp1258", _latin("vi")),
        "KOI8-R": ("koi8-r", _RUSSIAN),
        "cp1253": ("cp1253", _alphabet("GREEK", _greek)),
        "cp1255": ("cp1255", _alphabet("HEBREW", _hebrew)),
        "cp1256": ("cp1256", _alphabet("ARABIC", _arabic)),
        "cp874": ("cp874", _alphabet("THAI", _thai)),
        "EUC-JP": ("euc_jp", _eastern(everyday.JAPANESE, mixed=False)),
    }
)  # fmt: skip
"""What people call it -> its codec, and how it explains a word."""
_RARE = frozenset({"Mac Central European", "cp852", "Mac Turkish", "cp857", "cp775", "cp1258"})
"""Too seldom to be asked about where both explain the words as well."""
