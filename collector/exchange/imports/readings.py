"""Whether words are such as people write: what tells the encodings apart that decode everything. Pure.

Bytes of one encoding, read in another, make rare characters, Han letters glued between Latin ones, capitals after
small letters, symbols inside of words. Each test looks for these; none looks for a language.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType

_HAN, _KANA, _HANGUL = "㐀-䶿一-鿿豈-﫿", "ぁ-ゖァ-ヺー", "가-힣"
_EAST = f"{_HAN}{_KANA}{_HANGUL}"
_GLUED = re.compile(f"[A-Za-z][{_EAST}]+[A-Za-z]")
_LONE_BESIDE_LATIN = re.compile(f"^(?=.*[A-Za-z])[^{_EAST}]*[{_EAST}][^{_EAST}]*$", re.DOTALL)
_PUNCTUATION = re.compile(r"[\x00-\x7f　-〿！-～￠-￥·×—‘’“”…ー々]")
_LETTERS = re.compile(r"[^\W\d_¹²³]+")
_SIGNS = frozenset("£€§°–—‘’“”„‚…½¼¾²³©®™«»·¿¡ªº \xa0")
_IN_WORDS = frozenset("’‘·")
_SHARE_OF_WORDS = 0.95
_CHARACTERS = 16_384


def is_text(word: str) -> bool:
    """No character of it is a control, is unassigned or stands for nothing (private use)."""
    return word.isascii() or not any(unicodedata.category(letter) in {"Cc", "Co", "Cn"} for letter in word)


def names_a_word(words: Sequence[str], is_known: Callable[[str], bool]) -> bool:
    return any(is_known(part) for word in words for part in word.split("|"))


def of_one_script(words: Sequence[str]) -> bool:
    """No word has a single eastern character among Latin letters."""
    return not any(map(_LONE_BESIDE_LATIN.match, words))


def _eastern(charset: str, common: tuple[tuple[int, int], ...], share: float) -> Callable[[Sequence[str]], bool]:
    """Most characters are of the charset's common rows (first bytes from, to), and none is glued between Latin ones."""

    @lru_cache(_CHARACTERS)
    def is_common(letter: str) -> bool:
        try:
            lead = letter.encode(charset)[0]
        except UnicodeEncodeError:
            return False
        return any(first <= lead <= last for first, last in common)

    def plausible(words: Sequence[str]) -> bool:
        if any(map(_GLUED.search, words)):
            return False
        letters = [letter for word in words for letter in _PUNCTUATION.sub("", word)]
        return bool(letters) and sum(map(is_common, letters)) >= share * len(letters)

    return plausible


def _mostly(is_word: Callable[[str], bool]) -> Callable[[Sequence[str]], bool]:
    def plausible(words: Sequence[str]) -> bool:
        return bool(words) and sum(map(is_word, words)) >= _SHARE_OF_WORDS * len(words)

    return plausible


def _western(word: str) -> bool:
    """Latin letters, most of them plain ones; signs stand beside words and not in them."""
    runs = _LETTERS.findall(word)
    return _signs_are_outside(word) and all(_western_run(run, word) for run in runs if not run.isascii())


def _western_run(run: str, word: str) -> bool:
    plain = sum(letter.isascii() for letter in run)
    return _is_of("LATIN", run) and (_alone(run, word) or (len(run) > 1 and 2 * plain >= len(run)))


def _cyrillic(word: str) -> bool:
    runs = [run for run in _LETTERS.findall(word) if not run.isascii()]
    return _signs_are_outside(word) and all(
        _is_of("CYRILLIC", run) and (_alone(run, word) or len(run) > 1) for run in runs
    )


def _is_of(script: str, run: str) -> bool:
    return _cased(run) and all(unicodedata.name(letter, "").startswith(script) for letter in run)


def _alone(run: str, word: str) -> bool:
    """A word of one letter (`à`), not a letter before a number."""
    return len(run) == 1 and not any(letter.isdigit() for letter in word)


def _cased(run: str) -> bool:
    """No capital follows a small letter that is not plain: `Äpfel`, `ÄPFEL`, not `tÐô`."""
    return not any(a.islower() and b.isupper() and not (a.isascii() and b.isascii()) for a, b in pairwise(run))


def _signs_are_outside(word: str) -> bool:
    for at, sign in enumerate(word):
        if sign.isascii() or sign.isalpha():
            continue
        if sign not in _SIGNS:
            return False
        between = 0 < at < len(word) - 1 and word[at - 1].isalpha() and word[at + 1].isalpha()
        if between and sign not in _IN_WORDS:
            return False
    return True


_COMMON_CHINESE = ((0xB0, 0xD7),)
only_common_chinese = _eastern("gb2312", _COMMON_CHINESE, 1.0)
PLAUSIBLE: Mapping[str, Callable[[Sequence[str]], bool]] = MappingProxyType(
    {
        "gb18030": _eastern("gb2312", _COMMON_CHINESE, 0.8),
        "cp1252": _mostly(_western),
        "shift_jis": _eastern("shift_jis", ((0x82, 0x83), (0x88, 0x97)), 0.9),
        "big5": _eastern("big5", ((0xA4, 0xC6),), 0.9),
        "euc_kr": _eastern("euc_kr", ((0xB0, 0xC8),), 0.95),
        "cp1250": _mostly(_western),
        "cp1251": _mostly(_cyrillic),
    }
)
"""Encoding -> whether words that were read in it are such as people write. Latin-1 is read where it is named: it
differs from cp1252 in controls only.
"""
