"""As much of D-Bus as it takes to ask systemd for a unit: one connection, calls one after another.

The system's own libraries would cost the agent more memory than all of its skills' side; python's are 10,000 lines for
three calls. The specification is https://dbus.freedesktop.org/doc/dbus-specification.html. What arrives is bounded.
"""

import asyncio
import os
import struct
from pathlib import Path
from typing import Any

SYSTEM_BUS = Path("/run/dbus/system_bus_socket")
ANSWER_S = 5.0
MESSAGE_MAX_BYTES = 1024 * 1024  # of an answer: 200 units are 60 kB
DEPTH_MAX = 8
CALL, RETURN, ERROR = 1, 2, 3
_PATH, _INTERFACE, _MEMBER, _ERROR_NAME, _REPLY_TO, _DESTINATION, _SIGNATURE = 1, 2, 3, 4, 5, 6, 8
_SIZES = {"y": 1, "b": 4, "n": 2, "q": 2, "i": 4, "u": 4, "x": 8, "t": 8, "d": 8}
_FORMATS = {"y": "B", "b": "I", "n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q", "d": "d"}


class BusError(Exception):
    """The bus is not there, or the far side refuses. `name` is D-Bus's word for it."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text or name)
        self.name = name


class Bus:
    """Connected at the first call, and again after a failure. One call at a time: others wait for their turn."""

    def __init__(self, path: Path = SYSTEM_BUS) -> None:
        self._path = path
        self._turn = asyncio.Lock()
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._serial = 0

    async def call(self, where: tuple[str, str, str], member: str, signature: str = "", *values: Any) -> list[Any]:
        """`where`: destination, path, interface. Returns the answer's values. Raises BusError."""
        try:
            async with self._turn, asyncio.timeout(ANSWER_S):
                if self._writer is None:
                    await self._connect()
                return await self._asked(where, member, signature, values)
        except (OSError, EOFError, struct.error, ValueError, TimeoutError) as error:
            self.close()
            raise BusError("unreachable", f"{self._path}: {error or type(error).__name__}") from error

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def _connect(self) -> None:
        self._reader, self._writer = await asyncio.open_unix_connection(self._path)
        user = str(os.getuid()).encode().hex()
        self._writer.write(f"\0AUTH EXTERNAL {user}\r\n".encode())
        answer = await self._reader.readline()
        if not answer.startswith(b"OK "):
            raise ValueError(f"the bus does not let this user in: {answer[:80]!r}")
        self._writer.write(b"BEGIN\r\n")
        bus = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
        await self._asked(bus, "Hello", "", ())

    async def _asked(self, where: tuple[str, str, str], member: str, signature: str, values: Any) -> list[Any]:
        assert self._reader is not None
        assert self._writer is not None
        self._serial += 1
        destination, path, interface = where
        fields = [(_PATH, "o", path), (_INTERFACE, "s", interface), (_MEMBER, "s", member)]
        fields.append((_DESTINATION, "s", destination))
        self._writer.write(message(CALL, self._serial, fields, signature, values))
        await self._writer.drain()
        while True:
            kind, header, body = await read(self._reader)
            if header.get(_REPLY_TO) != self._serial:
                continue  # a signal, or the answer to a call that was given up
            if kind == ERROR:
                text = body[0] if body and isinstance(body[0], str) else ""
                raise BusError(str(header.get(_ERROR_NAME, "")), text)
            return body


def message(kind: int, serial: int, fields: list[tuple[int, str, Any]], signature: str, values: Any) -> bytes:
    """A whole message, little-endian."""
    body = bytearray()
    for code, value in zip(_types(signature), values, strict=True):
        _put(body, code, value)
    if signature:
        fields = [*fields, (_SIGNATURE, "g", signature)]
    head = bytearray(struct.pack("<cBBBII", b"l", kind, 0, 1, len(body), serial))
    _put(head, "a(yv)", [(field, (code, value)) for field, code, value in fields])
    _pad(head, 8)
    return bytes(head + body)


async def read(reader: asyncio.StreamReader) -> tuple[int, dict[int, Any], list[Any]]:
    """(its kind, the header's fields, its values). Raises EOFError, ValueError, struct.error."""
    start = await reader.readexactly(16)
    order = "<" if start[:1] == b"l" else ">"
    body_bytes, _, fields_bytes = struct.unpack(f"{order}III", start[4:])
    rest_bytes = -(-fields_bytes // 8) * 8 + body_bytes
    if rest_bytes > MESSAGE_MAX_BYTES:
        raise ValueError(f"an answer of {rest_bytes} bytes")
    rest = await reader.readexactly(rest_bytes)
    found, at = _get(start + rest, 12, "a(yv)", order)
    fields = dict(found)
    signature, body = str(fields.get(_SIGNATURE, "")), (start + rest)[len(start) + rest_bytes - body_bytes :]
    values, at = [], 0
    for code in _types(signature):
        value, at = _get(body, at, code, order)
        values.append(value)
    return start[1], fields, values


def _types(signature: str) -> list[str]:
    """The complete types that stand in a row."""
    found, at = [], 0
    while at < len(signature):
        end = _end(signature, at)
        found.append(signature[at:end])
        at = end
    return found


def _end(signature: str, at: int) -> int:
    if signature[at] == "a":
        return _end(signature, at + 1)
    if signature[at] not in "({":
        return at + 1
    depth = 0
    for number in range(at, len(signature)):
        depth += (signature[number] in "({") - (signature[number] in ")}")
        if not depth:
            return number + 1
    raise ValueError(f"signature {signature!r}")


def _alignment(code: str) -> int:
    if code[0] in "({":
        return 8
    return {"a": 4, "s": 4, "o": 4, "g": 1, "v": 1}.get(code[0]) or _SIZES[code[0]]


def _pad(into: bytearray, to: int) -> None:
    into += bytes(-len(into) % to)


def _put(into: bytearray, code: str, value: Any) -> None:
    _pad(into, _alignment(code))
    if code in "so":
        data = value.encode()
        into += struct.pack("<I", len(data)) + data + b"\0"
    elif code == "g":
        into += bytes([len(value)]) + value.encode() + b"\0"
    elif code == "v":
        _put(into, "g", value[0])
        _put(into, value[0], value[1])
    elif code[0] == "a":
        at = len(into)
        into += bytes(4)
        _pad(into, _alignment(code[1:]))
        began = len(into)
        for each in value:
            _put(into, code[1:], each)
        into[at : at + 4] = struct.pack("<I", len(into) - began)
    elif code[0] == "(":
        for inner, each in zip(_types(code[1:-1]), value, strict=True):
            _put(into, inner, each)
    else:
        into += struct.pack("<" + _FORMATS[code], value)


def _get(data: bytes, at: int, code: str, order: str, depth: int = 0) -> tuple[Any, int]:
    """(the value, where the next begins)."""
    if depth > DEPTH_MAX:
        raise ValueError("nested too deeply")
    at += -at % _alignment(code)
    if code in _SIZES:
        return struct.unpack_from(order + _FORMATS[code], data, at)[0], at + _SIZES[code]
    if code == "v":
        kind, at = _get(data, at, "g", order)
        return _get(data, at, kind, order, depth + 1)
    if code == "g":
        end = at + 1 + data[at]
        return data[at + 1 : end].decode(), end + 1
    if code in "so":
        size = struct.unpack_from(f"{order}I", data, at)[0]
        return data[at + 4 : at + 4 + size].decode(), at + 5 + size
    if code[0] == "a":
        return _array(data, at, code[1:], order, depth)
    values = []
    for inner in _types(code[1:-1]):
        value, at = _get(data, at, inner, order, depth + 1)
        values.append(value)
    return tuple(values), at


def _array(data: bytes, at: int, code: str, order: str, depth: int) -> tuple[list[Any], int]:
    size = struct.unpack_from(f"{order}I", data, at)[0]
    at += 4
    at += -at % _alignment(code)
    end, values = at + size, []
    if end > len(data):
        raise ValueError("an array beyond its message")
    while at < end:
        value, at = _get(data, at, code, order, depth + 1)
        values.append(value)
    return values, at
