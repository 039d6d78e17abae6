"""Which encoding a text file has, by what its words would be in each. Pure.

UTF-8 and UTF-16 prove themselves. No other encoding does: nearly every file of bytes is text in several of them, so
that `Müller` of Windows is `M黮ler` in GB18030. So an encoding is taken only where its words are plausible (readings)
and every other plausible one says the same, or where a word is a heading that the reader knows. Otherwise it is asked.
"""

import codecs
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType

from collector.exchange.imports.readings import PLAUSIBLE, is_text, names_a_word, of_one_script, only_common_chinese
from collector.exchange.imports.rivals import rival_of

HEAD_BYTES = 4096
WORDS_MAX = 20_000  # different words that are judged; a file that has so many has shown what it is
_WORD_MAX_BYTES = 4_000
# What no character of these encodings has inside: a word between two of them is whole characters.
_WORD = re.compile(rb'[^,;\t\r\n" ]*[\x80-\xff][^,;\t\r\n" ]*')
_LAST_BREAK = re.compile(rb'[,;\t\r\n" ](?=[^,;\t\r\n" ]*\Z)')
_TWO_BYTES_LAST = 0x7FF  # the last character that UTF-8 writes in two bytes
_SIGN_OF_A_NUMBER = re.compile(r"[¥£§±](?=-?\d)|(?<=\d)[°²³±½¼¾]")
_SAMPLE_CHARS = 30
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, None),  # begins as UTF-16 does: looked at first, and refused
    (codecs.BOM_UTF32_BE, None),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CODECS: Mapping[str, str] = MappingProxyType(
    {
        "utf-8": "utf-8-sig", "utf-16": "utf-16", "utf-16-le": "utf-16-le", "utf-16-be": "utf-16-be",
        "gb18030": "gb18030", "cp1252": "cp1252", "latin-1": "iso8859-1", "shift_jis": "cp932", "big5": "cp950",
        "euc_kr": "cp949", "cp1250": "cp1250", "cp1251": "cp1251",
    }
)  # fmt: skip
"""What an encoding is called here -> the codec: of Japanese, Big5 and Korean the one of Windows, which holds more."""
_UNICODE = frozenset({"utf-8", "utf-16", "utf-16-le", "utf-16-be"})
_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "utf8": "utf-8", "utf-8-sig": "utf-8", "utf-8-bom": "utf-8", "utf16": "utf-16", "gbk": "gb18030",
        "gb2312": "gb18030", "cp936": "gb18030", "windows-936": "gb18030", "windows-1252": "cp1252", "ansi": "cp1252",
        "latin1": "latin-1", "iso-8859-1": "latin-1", "iso8859-1": "latin-1", "shift-jis": "shift_jis",
        "sjis": "shift_jis", "cp932": "shift_jis", "windows-31j": "shift_jis", "big-5": "big5", "cp950": "big5",
        "euc-kr": "euc_kr", "euckr": "euc_kr", "cp949": "euc_kr", "windows-1250": "cp1250", "windows-1251": "cp1251",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Undecided:
    """No encoding is taken. `samples`: what one word of the file says in each that is possible.

    `unread`: the name of one of these that is not read here.
    """

    samples: tuple[tuple[str, str], ...] = ()
    unread: str = ""


def named(word: str) -> str | None:
    """The encoding that somebody names, by one of its common names; None where it is none of ours."""
    plain = word.strip().casefold()
    return plain if plain in CODECS else _ALIASES.get(plain)


def is_legacy(encoding: str) -> bool:
    """Its bytes are no proof that a text is meant."""
    return encoding not in _UNICODE


def marked(head: bytes) -> str | None:
    """The encoding that a file's first bytes state; "" where they state one that is not read."""
    return next((encoding or "" for mark, encoding in _MARKS if head.startswith(mark)), None)


def encoding_of(chunks: Iterable[bytes], is_known: Callable[[str], bool]) -> str | Undecided:
    """The encoding's name, of all of the file. `is_known`: whether a word is a heading in Chinese."""
    whole = iter(chunks)
    first = next(whole, b"")
    stated = marked(first[:HEAD_BYTES])
    if stated is None and b"\0" in first[:HEAD_BYTES]:  # no text has it, and every Latin letter of UTF-16 does
        stated = _utf_16(first[:HEAD_BYTES])
    pieces = chain([first], whole)
    if stated is not None:
        valid = bool(stated) and _decodes(pieces, CODECS[stated])
        return stated if valid else Undecided()
    words = _Words()
    is_utf_8 = _decodes(words.seen(pieces), "utf-8")
    if not words.found:
        return "utf-8" if is_utf_8 else Undecided()
    return _judged(list(words.found), is_known, is_utf_8=is_utf_8)


def _utf_16(head: bytes) -> str:
    """By which half of most characters is zero: the first of big-endian ones."""
    return "utf-16-be" if head[::2].count(0) > head[1::2].count(0) else "utf-16-le"


def _decodes(pieces: Iterable[bytes], codec: str) -> bool:
    """Every piece is looked at, also after the first that does not."""
    decoder = codecs.getincrementaldecoder(codec)()
    sound = True
    for piece in pieces:
        if not sound or (piece.isascii() and not decoder.getstate()[0] and not codec.startswith("utf-16")):
            continue
        sound = _takes(decoder, piece)
    return sound and _takes(decoder, b"", final=True)


def _takes(decoder: codecs.IncrementalDecoder, piece: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError:
        return False
    return True


class _Words:
    """The different words of a file that are not plain ASCII, in order, whole though its pieces cut them."""

    def __init__(self) -> None:
        self.found: dict[bytes, None] = {}
        self._rest = b""

    def seen(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._take(piece)
            yield piece
        self._note(self._rest)

    def _take(self, piece: bytes) -> None:
        if len(self.found) >= WORDS_MAX or (piece.isascii() and self._rest.isascii()):
            self._rest = b""
            return
        text = self._rest + piece
        cut = _LAST_BREAK.search(text, max(0, len(text) - _WORD_MAX_BYTES))
        whole = len(text) if cut is None else cut.end()
        self._rest = text[whole:]
        self._note(text[:whole])

    def _note(self, text: bytes) -> None:
        for word in _WORD.finditer(text):
            if len(self.found) >= WORDS_MAX:
                return
            self.found[word[0][:_WORD_MAX_BYTES]] = None


def _judged(words: Sequence[bytes], is_known: Callable[[str], bool], *, is_utf_8: bool) -> str | Undecided:
    said = {name: text for name in PLAUSIBLE if (text := _decoded(words, CODECS[name])) is not None}
    if is_utf_8:
        text = [word.decode("utf-8", "replace") for word in words]
        chinese = said.get("gb18030")
        if chinese is None or not _could_be_chinese(text, chinese) or names_a_word(text, is_known):
            return "utf-8"
        return Undecided(_samples({"utf-8": text, "gb18030": chinese}))
    likely = {name: text for name, text in said.items() if PLAUSIBLE[name](text)}
    by_heading = [name for name, text in said.items() if names_a_word(text, is_known)]
    if len(by_heading) == 1:
        return _unrivalled(by_heading[0], said, words, is_known)
    different = {tuple(text) for text in likely.values()}
    if len(different) == 1:
        return _unrivalled(next(iter(likely)), said, words, is_known)
    return Undecided(_samples(likely or said))


def _unrivalled(
    taken: str, said: Mapping[str, list[str]], words: Sequence[bytes], is_known: Callable[[str], bool]
) -> str | Undecided:
    rival = rival_of(taken, said[taken], words, is_known)
    if rival is None:
        return taken
    return Undecided(_samples({taken: said[taken], rival.name: rival.text}), rival.name)


def _could_be_chinese(text: Sequence[str], chinese: Sequence[str]) -> bool:
    """Bytes that are letters of two bytes in UTF-8, and common characters of Chinese words in GB18030 besides."""
    short = all(ord(letter) <= _TWO_BYTES_LAST for word in text for letter in word)
    signs = any(map(_SIGN_OF_A_NUMBER.search, text))
    return short and not signs and only_common_chinese(chinese) and of_one_script(chinese)


def _decoded(words: Sequence[bytes], codec: str) -> list[str] | None:
    """None where a word is none in this encoding, or holds characters that stand for nothing."""
    try:
        text = [word.decode(codec) for word in words]
    except UnicodeDecodeError:
        return None
    return text if all(map(is_text, text)) else None


def _samples(said: Mapping[str, Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """One word in every encoding: the first one that they read in most different ways."""
    if not said:
        return ()
    best = max(zip(*said.values(), strict=True), key=lambda words: len(set(words)))
    return tuple((name, word[:_SAMPLE_CHARS]) for name, word in zip(said, best, strict=True))
