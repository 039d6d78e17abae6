"""Power cuts, replayed: record a real program with strace, rebuild the disk after every event, reopen it.

The disk model: what was fsynced is on it; of what was written since, the disk may hold nothing, everything,
or any subset of sectors. Names (create, rename, unlink) take effect in order and are either all there or only
up to the last sync of any file or directory. For each event these states are rebuilt and handed to a check,
together with the acks the program had given before that event (lines it wrote to standard output).

`record` needs strace. `states` is a pure function of the trace and a seed.
"""

import random
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECTOR_BYTES = 512
TRACED = (
    "openat,open,creat,close,dup,dup2,dup3,write,pwrite64,writev,pwritev,fsync,fdatasync,ftruncate,"
    "rename,renameat,renameat2,unlink,unlinkat,lseek,mkdir"
)
_LINE = re.compile(r"^(?P<pid>\d+)\s+(?P<call>[a-z0-9_]+)\((?P<args>.*)\)\s+=\s+(?P<result>-?\d+|\?)(?P<rest>.*)$")
_UNFINISHED = re.compile(r"^(?P<pid>\d+)\s+(?P<head>.*) <unfinished \.\.\.>$")
_RESUMED = re.compile(r"^(?P<pid>\d+)\s+<\.\.\. [a-z0-9_]+ resumed>(?P<tail>.*)$")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(?:\.\.\.)?')


@dataclass(frozen=True, slots=True)
class Event:
    """One effect on the disk, or an ack. `kind`: write, sync, truncate, create, rename, unlink, ack."""

    kind: str
    path: str = ""
    offset: int = 0
    data: bytes = b""
    target: str = ""


@dataclass(slots=True)
class _File:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[str, int, bytes]] = field(default_factory=list)  # (write | truncate, offset, data)

    def sync(self) -> None:
        for kind, offset, data in self.pending:
            _apply(self.durable, kind, offset, data)
        self.pending.clear()


@dataclass(frozen=True, slots=True)
class State:
    """A disk after a cut: file name -> bytes, and the acks that had been given."""

    event: int
    variant: str
    files: dict[str, bytes]
    acks: tuple[str, ...]


def record(argv: list[str], root: Path, trace: Path, *, env: dict[str, str] | None = None) -> list[Event]:
    """Run a program under strace; the events on files below `root`, and its stdout lines `ack …`, in order."""
    command = ["strace", "-f", "-xx", "-s", "2000000", "-e", f"trace={TRACED}", "-e", "signal=none", "-o", str(trace)]
    subprocess.run([*command, *argv], check=True, stdout=subprocess.PIPE, env=env, timeout=600)
    return list(parse(trace.read_text(), root))


def parse(text: str, root: Path) -> Iterator[Event]:
    """strace's text -> events. Calls of several threads are ordered by when they finished."""
    names: dict[int, str] = {}
    places: dict[int, int] = {}
    prefix = str(root.resolve()) + "/"
    for line in _whole_lines(text):
        match = _LINE.match(line)
        if match is None or match["result"] == "?" or int(match["result"]) < 0:
            continue
        call, args, result = match["call"], match["args"], int(match["result"])
        strings = [_bytes(s) for s in _STRING.findall(args)]
        yield from _event(call, args, result, strings, names, places, prefix)


def _event(  # noqa: C901, PLR0912 - one branch per system call is the clearest table there is
    call: str, args: str, result: int, strings: list[bytes], names: dict[int, str], places: dict[int, int], prefix: str
) -> Iterator[Event]:
    first = args.split(",", 1)[0].strip()
    if call in {"openat", "open", "creat"}:
        path = strings[0].decode(errors="replace")
        # SQLite's -shm is shared memory: rebuilt by whoever opens the file first, so it is no part of the disk
        ours = path.startswith(prefix) and not path.endswith("-shm")
        names[result] = path.removeprefix(prefix) if ours else ""
        places[result] = 0
        if names[result] and "O_CREAT" in args:
            yield Event("create", names[result])
        if names[result] and "O_TRUNC" in args:
            yield Event("truncate", names[result], 0)
        return
    if call in {"rename", "renameat", "renameat2", "unlink", "unlinkat"}:
        paths = [s.decode(errors="replace") for s in strings]
        if paths and paths[0].startswith(prefix):
            kind = "unlink" if call.startswith("unlink") else "rename"
            target = paths[1].removeprefix(prefix) if kind == "rename" else ""
            yield Event(kind, paths[0].removeprefix(prefix), target=target)
        return
    if not first.isdigit():
        return
    fd = int(first)
    if call == "close":
        names.pop(fd, None)
    elif call in {"dup", "dup2", "dup3"}:
        names[result] = names.get(fd, "")
    elif call == "lseek":
        places[fd] = result
    elif call == "write" and fd == 1:
        for text in strings[0].decode(errors="replace").splitlines():
            if text.startswith("ack "):
                yield Event("ack", data=text.encode())
    elif not names.get(fd):
        return
    elif call == "pwrite64":
        yield Event("write", names[fd], int(args.rsplit(",", 1)[1]), strings[0][:result])
    elif call == "write":
        yield Event("write", names[fd], places.get(fd, 0), strings[0][:result])
        places[fd] = places.get(fd, 0) + result
    elif call in {"fsync", "fdatasync"}:
        yield Event("sync", names[fd])
    elif call == "ftruncate":
        yield Event("truncate", names[fd], int(args.rsplit(",", 1)[1]))
    elif call in {"writev", "pwritev"}:
        raise ValueError(f"{call} is not modelled: teach powercut.py before trusting its result")


def states(events: list[Event], seed: int, *, subsets: int = 1, after: int = 0) -> Iterator[State]:
    """After every event from number `after` on: nothing, everything, `subsets` random subsets of un-synced sectors."""
    dice = random.Random(seed)
    files: dict[str, _File] = {}
    settled: dict[str, _File] = {}  # names as of the last sync: what a cut may fall back to
    acks: list[str] = []
    for number, event in enumerate(events):
        _step(files, event, acks)
        if event.kind == "sync":
            settled = dict(files)
        if number < after or event.kind == "ack":
            continue
        given = tuple(acks)
        yield State(number, "nothing", {n: bytes(f.durable) for n, f in settled.items()}, given)
        if any(f.pending for f in files.values()) or files.keys() != settled.keys():
            yield State(number, "everything", {n: _image(f, None) for n, f in files.items()}, given)
            for k in range(subsets):
                yield State(number, f"subset {k}", {n: _image(f, dice) for n, f in files.items()}, given)


def _step(files: dict[str, _File], event: Event, acks: list[str]) -> None:
    if event.kind == "ack":
        acks.append(event.data.decode())
    elif event.kind == "create":
        files.setdefault(event.path, _File())
    elif event.kind == "write":
        files.setdefault(event.path, _File()).pending.append(("write", event.offset, event.data))
    elif event.kind == "truncate":
        files.setdefault(event.path, _File()).pending.append(("truncate", event.offset, b""))
    elif event.kind == "sync":
        if event.path in files:
            files[event.path].sync()
    elif event.kind == "unlink":
        files.pop(event.path, None)
    elif event.kind == "rename" and event.path in files:
        files[event.target] = files.pop(event.path)


def _image(file: _File, dice: random.Random | None) -> bytes:
    image = bytearray(file.durable)
    for kind, offset, data in file.pending:
        if kind == "truncate":
            if dice is None or dice.random() < 0.5:
                _apply(image, kind, offset, data)
            continue
        at = 0
        while at < len(data):
            size = SECTOR_BYTES - (offset + at) % SECTOR_BYTES
            if dice is None or dice.random() < 0.5:
                _apply(image, "write", offset + at, data[at : at + size])
            at += size
    return bytes(image)


def _apply(image: bytearray, kind: str, offset: int, data: bytes) -> None:
    if kind == "truncate":
        del image[offset:]
        image.extend(b"\0" * (offset - len(image)))
        return
    if len(image) < offset:
        image.extend(b"\0" * (offset - len(image)))
    image[offset : offset + len(data)] = data


def _whole_lines(text: str) -> Iterator[str]:
    """Joins `<unfinished ...>` with its `resumed` half, so that each call is one line."""
    open_calls: dict[str, str] = {}
    for line in text.splitlines():
        if cut := _UNFINISHED.match(line):
            open_calls[cut["pid"]] = cut["head"]
        elif rest := _RESUMED.match(line):
            yield f"{rest['pid']} {open_calls.pop(rest['pid'], '')}{rest['tail']}"
        else:
            yield line


def _bytes(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", ""))
