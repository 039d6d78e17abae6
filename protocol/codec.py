"""Bytes <-> JSON values. Every payload is JSON in UTF-8, bare or in one zstd frame.

The first bytes name the format: `{` is bare JSON, 28 B5 2F FD is zstd. A zstd frame names its
dictionary by id (0: none); dictionaries are shipped with the protocol and never change once
published. Anybody can read a capture with `zstd -d -D protocol/dictionaries/1.zdict`.

Robots compress batches; acks, presence and desired state are short and travel bare.
Measured against msgpack, CBOR and protobuf in docs/adr and `make bench`.
"""

import hashlib
import json
import math
import re
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import zstandard

from protocol.limits import BATCH_DECODED_MAX_BYTES, PAYLOAD_MAX_BYTES

DICTIONARY_ID = 1
LEVEL = 9  # a batch is a few kB: level 9 costs a robot under a millisecond each upload
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # an escape, not a backslash that is escaped itself
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


class Undecodable(ValueError):
    """The payload is not one of ours. `reason` is a stable word for counters, the text says more."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(f"{reason}: {text}")
        self.reason = reason


@cache
def dictionary(dict_id: int = DICTIONARY_ID) -> zstandard.ZstdCompressionDict:
    """A published dictionary. Raises Undecodable for an id this release does not know."""
    path = Path(__file__).parent / "dictionaries" / f"{dict_id}.zdict"
    if not path.is_file():
        raise Undecodable("dictionary", f"no dictionary {dict_id}: update this side")
    return zstandard.ZstdCompressionDict(path.read_bytes())


class _Contexts(threading.local):
    """zstd's contexts must not be used by two threads at once: each thread has its own, made at first use."""

    def __init__(self) -> None:
        self._compressor: zstandard.ZstdCompressor | None = None
        self._decompressors: dict[int, zstandard.ZstdDecompressor] = {}

    def compressor(self) -> zstandard.ZstdCompressor:
        # No checksum: MQTT's transport is checked, and every byte is on a SIM bill.
        # The content size stays in the header (1-2 bytes): it lets the reader refuse a bomb unread.
        if self._compressor is None:
            self._compressor = zstandard.ZstdCompressor(level=LEVEL, dict_data=dictionary(), write_checksum=False)
        return self._compressor

    def decompressor(self, dict_id: int) -> zstandard.ZstdDecompressor:
        found = self._decompressors.get(dict_id)
        if found is None:
            found = zstandard.ZstdDecompressor(dict_data=dictionary(dict_id) if dict_id else None)
            self._decompressors[dict_id] = found
        return found


_contexts = _Contexts()


def encode(message: dict[str, Any]) -> bytes:
    """Bare JSON, shortest form."""
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def compress(text: bytes) -> bytes:
    """JSON text into one zstd frame with the current dictionary."""
    return _contexts.compressor().compress(text)


def text_of(payload: bytes, *, max_bytes: int = BATCH_DECODED_MAX_BYTES) -> bytes:
    """The JSON text inside a payload. Raises Undecodable (`too_large`, `format`, `dictionary`, `truncated`)."""
    if len(payload) > PAYLOAD_MAX_BYTES:
        raise Undecodable("too_large", f"{len(payload)} bytes on the wire, {PAYLOAD_MAX_BYTES} allowed")
    if payload[:1] == b"{":
        return payload
    if payload[:4] != _ZSTD_MAGIC:
        raise Undecodable("format", f"starts with {payload[:4].hex() or 'nothing'}, neither JSON nor zstd")
    try:
        header = zstandard.get_frame_parameters(payload)
        if header.content_size > max_bytes:  # unknown sizes read as 2**64 - 1: refused, our encoders always state it
            raise Undecodable("too_large", f"unpacks to more than {max_bytes} bytes")
        return _contexts.decompressor(header.dict_id).decompress(
            payload, max_output_size=max_bytes, allow_extra_data=False
        )
    except zstandard.ZstdError as error:
        raise Undecodable("truncated", str(error)) from error


def decode(payload: bytes, *, loads: Callable[[bytes], Any] | None = None) -> dict[str, Any]:
    """The JSON object in a payload. Raises Undecodable; `json` covers all that `strict_loads` refuses."""
    text = text_of(payload)
    try:
        value = (loads or strict_loads)(text)
    except (ValueError, RecursionError) as error:  # bad UTF-8 and integers of 4,300 digits are ValueErrors too
        raise Undecodable("json", str(error)[:200]) from error
    if not isinstance(value, dict):
        raise Undecodable("json", f"an object was expected, not {type(value).__name__}")
    return value


def strict_loads(text: bytes) -> Any:
    """JSON in UTF-8 as RFC 8259 has it, and what every store can keep. Raises ValueError.

    Refused: NaN and infinities (also as 1e999), duplicate keys, half surrogates and U+0000 in a string
    (PostgreSQL cannot store it: one robot's text would stop a whole group of batches).
    """
    value = json.loads(
        text.decode(), object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
    )  # fmt: skip
    if b"\\u" in text:
        json.dumps(value, ensure_ascii=False).encode()  # half surrogates raise here
        if _NUL.search(text):
            raise ValueError("U+0000 in a string")
    return value


def digest(payload: bytes) -> str:
    """16 hex digits that name a payload in a refusal."""
    return hashlib.blake2b(payload, digest_size=8).hexdigest()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key in an object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits[:20]} is beyond a double")
    return value
