"""Which encoding a text file has: UTF-8 or UTF-16 with or without BOM, or GB18030 (and so GBK, GB2312). Pure.

The whole file is looked at, because a file of digits and Latin letters may hold its first Chinese name in its last
row. Nothing is guessed by statistics: what is no UTF-8 and no UTF-16 is GB18030 if it decodes as that, else nothing.
"""

import codecs
from collections.abc import Iterable, Iterator, Mapping

HEAD_BYTES = 4096
_ASCII = frozenset({"utf-8", "gb18030"})
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, None),  # begins as UTF-16 does: looked at first, and refused
    (codecs.BOM_UTF32_BE, None),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(chunks: Iterable[bytes]) -> str | None:
    """The codec's name, or None: it is no text in any of these encodings."""
    candidates: dict[str, codecs.IncrementalDecoder] | None = None
    for chunk in chunks:
        if candidates is None:
            candidates = _candidates(chunk[:HEAD_BYTES])
        if chunk.isascii() and all(name in _ASCII and not pending for name, pending in _pending(candidates)):
            continue  # it is the same text in each of them, and most of a large file is such
        candidates = {name: decoder for name, decoder in candidates.items() if _takes(decoder, chunk)}
        if not candidates:
            return None
    if candidates is None:
        return "utf-8"  # an empty file
    whole = [name for name, decoder in candidates.items() if _takes(decoder, b"", final=True)]
    return whole[0] if whole else None


def _candidates(head: bytes) -> dict[str, codecs.IncrementalDecoder]:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return {encoding: codecs.getincrementaldecoder(encoding)()} if encoding else {}
    names: tuple[str, ...] = ("utf-8", "gb18030")
    if b"\0" in head:  # no text has it, and every Latin letter of UTF-16 does
        names = ("utf-16-be",) if head[:1] == b"\0" else ("utf-16-le",)
    return {name: codecs.getincrementaldecoder(name)() for name in names}


def _pending(candidates: Mapping[str, codecs.IncrementalDecoder]) -> Iterator[tuple[str, bytes]]:
    """The bytes of an unfinished character that each decoder holds."""
    return ((name, decoder.getstate()[0]) for name, decoder in candidates.items())


def _takes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True
