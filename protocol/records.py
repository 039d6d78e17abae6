"""Records and messages as plain dicts: what a robot (and a simulator) writes, without pydantic.

Every function is pure and returns a fresh dict that `protocol.messages` accepts. Fields that equal
their default are left out: every byte is on a SIM bill. Records come without `seq`: whoever keeps
the outbox numbers them (`numbered`). Values are trusted; the border that judges them is messages.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from protocol import WIRE_VERSION

Sync = Literal["synced", "restamped", "unsynced"]
Severity = Literal["warning", "urgent", "critical", "fatal"]
Did = Literal["could_not", "wrong"]
PresenceState = Literal["online", "offline", "stopped"]
LossCause = Literal["corrupt", "full", "refused", "rewound", "replaced", "reset"]
EpochCause = Literal["corrupt", "replaced", "rewound", "foreign_hardware"]

GaugeSpread = tuple[float, float, float]  # least, mean, greatest
Record = dict[str, Any]


def window(
    *,
    boot: int,
    mono: int,
    at: int,
    span: int,
    counts: Mapping[str, int],
    gauges: Mapping[str, GaugeSpread] | None = None,
    sync: Sync = "synced",
) -> Record:
    """What was added in `span` observed seconds from `at` on. Counters that got nothing are left out."""
    record = _record("window", boot, mono, at, sync)
    record["span"] = span
    record["counts"] = {key: counts[key] for key in sorted(counts) if counts[key]}
    if gauges:
        record["gauges"] = {name: list(gauges[name]) for name in sorted(gauges)}
    return record


def fault(
    *,
    boot: int,
    mono: int,
    at: int,
    state: Literal["open", "close"],
    family: str,
    code: str,
    ref: str = "",
    did: Did = "could_not",
    severity: Severity = "warning",
    opened: int | None = None,
    opened_epoch: str | None = None,
    openings: int = 1,
    detail: str = "",
    sync: Sync = "synced",
) -> Record:
    """An episode opened, or closed: then `opened` is the seq of its open record (in `opened_epoch`, if older).

    `openings`: how often it opened, when it stands for several.
    """
    record = _record("fault", boot, mono, at, sync)
    record |= {"state": state, "family": family, "code": code}
    optional = {"ref": ref, "opened": opened, "opened_epoch": opened_epoch, "detail": detail}
    if did != "could_not":
        record["did"] = did
    if severity != "warning":
        record["severity"] = severity
    if openings > 1:
        record["openings"] = openings
    return _with_present(record, optional)


def skill(
    *,
    boot: int,
    mono: int,
    at: int,
    skill: str,
    version: str,
    state: str,
    digest: str = "",
    reason: str = "",
    sync: Sync = "synced",
) -> Record:
    """A skill package reached `state`, and why."""
    record = _record("skill", boot, mono, at, sync)
    record |= {"skill": skill, "version": version, "state": state}
    return _with_present(record, {"digest": digest, "reason": reason})


def lifecycle(
    event: str, detail: Mapping[str, Any] | None = None, *, boot: int, mono: int, at: int, sync: Sync = "synced"
) -> Record:
    """Something happened to the agent or its data; the details come from the functions below."""
    record = _record("lifecycle", boot, mono, at, sync)
    record["event"] = event
    if detail:
        record["detail"] = dict(detail)
    return record


def start(
    *, boot: int, mono: int, at: int, agent: str, clean: bool, timezone: str, model: str = "", rom: str = "",
    os_boot: str = "", sync: Sync = "synced",
) -> Record:  # fmt: skip
    """The agent began. `clean`: the run before it said stop. `os_boot`: the operating system's boot id."""
    detail: Record = {"agent": agent, "clean": clean, "timezone": timezone}
    _with_present(detail, {"model": model, "rom": rom, "os_boot": os_boot})
    return lifecycle("start", detail, boot=boot, mono=mono, at=at, sync=sync)


def stop(*, boot: int, mono: int, at: int, sync: Sync = "synced") -> Record:
    """The agent was asked to end; without it the next start says that this run was cut off."""
    return lifecycle("stop", boot=boot, mono=mono, at=at, sync=sync)


def clock(*, boot: int, mono: int, at: int, step_s: int, sync: Sync = "synced") -> Record:
    """The wall clock stepped by `step_s` (positive: forward); `at` is already the new time."""
    return lifecycle("clock", {"step_s": step_s}, boot=boot, mono=mono, at=at, sync=sync)


def configuration(*, boot: int, mono: int, at: int, settings: Mapping[str, Any], sync: Sync = "synced") -> Record:
    """The settings that are in force from now on and differ from what was last told."""
    return lifecycle("configuration", settings, boot=boot, mono=mono, at=at, sync=sync)


def supported(
    *, boot: int, mono: int, at: int, counters: Iterable[str], unsupported: Iterable[str] = (), sync: Sync = "synced"
) -> Record:
    """Event `counters`: the whole set this robot can count, and what it knows it cannot. Absent: unknown."""
    detail = {"supported": sorted(set(counters)), "unsupported": sorted(set(unsupported))}
    return lifecycle("counters", detail, boot=boot, mono=mono, at=at, sync=sync)


def lost(
    *, boot: int, mono: int, at: int, epoch: str, first: int, last: int, cause: LossCause, records: int,
    sync: Sync = "synced",
) -> Record:  # fmt: skip
    """Records `first`..`last` of `epoch` will never come. `records`: how many of them held data, if known."""
    detail = {"epoch": epoch, "first": first, "last": last, "cause": cause, "records": records}
    return lifecycle("lost", detail, boot=boot, mono=mono, at=at, sync=sync)


def epoch(
    *,
    boot: int,
    mono: int,
    at: int,
    closes: str | None,
    cause: EpochCause,
    salvaged: int,
    held: int | None = None,
    open_faults: Mapping[str, Iterable[int]] | None = None,
    latest: tuple[str, int] | None = None,
    sync: Sync = "synced",
) -> Record:
    """First record of a file that replaces another: the stream `closes` ends, `salvaged` records of it follow.

    `held` is the first seq that the old file still had (its newest + 1 when it was empty), if known. `open_faults`: by
    epoch the opening records of the faults from older files that this one will close; it knows of no others. `latest`:
    another stream of the robot and the mark that the collector said it has of it.
    """
    detail: Record = {"cause": cause, "salvaged": salvaged}
    _with_present(detail, {"closes": closes, "held": held})
    if open_faults is not None:
        detail["open"] = {older: sorted(numbers) for older, numbers in open_faults.items()}
    if latest is not None:
        detail["latest"] = list(latest)
    return lifecycle("epoch", detail, boot=boot, mono=mono, at=at, sync=sync)


def numbered(seq: int, record: Mapping[str, Any]) -> Record:
    """The record with its place in the outbox."""
    return {"seq": seq, **record}


def salvaged(seq: int, record: Mapping[str, Any], epoch_before: str) -> Record:
    """The record of an older file under its new number. The oldest `was` stays: it is the record's identity."""
    was = record.get("was") or {"epoch": epoch_before, "seq": record["seq"]}
    return {**record, "seq": seq, "was": was}


def envelope(
    *, robot: str, epoch: str, first: int, last: int, held: int, records: Sequence[Mapping[str, Any]],
    timezone: str = "", about: str = "", description: Mapping[str, Any] | None = None,
) -> Record:  # fmt: skip
    """A batch. No records and `first` = last + 1: a hello."""
    message: Record = {
        "v": WIRE_VERSION,
        "robot": robot,
        "epoch": epoch,
        "first": first,
        "last": last,
        "held": held,
    }
    _with_present(message, {"timezone": timezone, "about": about, "description": description})
    message["records"] = list(records)
    return message


def hello(
    *, robot: str, epoch: str, mark: int, held: int, runs: Sequence[tuple[str, int]] = (), newest: int | None = None,
    new: bool = False, timezone: str = "", about: str = "", description: Mapping[str, Any] | None = None,
) -> Record:  # fmt: skip
    """Asks for an ack with the collector's mark and time, and whether this file is still the one it knows.

    `about` is the digest of the description that holds now.
    """
    message = envelope(
        robot=robot, epoch=epoch, first=mark + 1, last=mark, held=held, records=(), timezone=timezone, about=about,
        description=description,
    )  # fmt: skip
    if runs:
        message |= {"runs": [list(run) for run in runs], "newest": newest}
        if new:
            message["new"] = True
    return message


def ask(*, robot: str) -> Record:
    """Does a collector hear this robot? A collector that does not know the question refuses it: `envelope`."""
    return {"v": WIRE_VERSION, "robot": robot, "ask": True}


def description(
    *, agent: str, timezone: str, model: str = "", rom: str = "", configuration: Mapping[str, Any],
    supported: Iterable[str], unsupported: Iterable[str] = (),
) -> Record:  # fmt: skip
    """What a collector may lack that never saw, or has lost, the records that told it."""
    told: Record = {"agent": agent, "timezone": timezone}
    _with_present(told, {"model": model, "rom": rom, "configuration": dict(configuration)})
    return _with_present(told, {"supported": sorted(set(supported)), "unsupported": sorted(set(unsupported))})


def envelope_text(
    *, robot: str, epoch: str, first: int, last: int, held: int, bodies: Iterable[str], run: str = "",
    timezone: str = "",
) -> bytes:  # fmt: skip
    """`encode(envelope(...))` from records that are JSON text already: the outbox stores them so."""
    head = envelope(robot=robot, epoch=epoch, first=first, last=last, held=held, records=(), timezone=timezone)
    if run:
        head = {"run": run} | head
    text = json.dumps(head, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return f"{text[:-2]}{','.join(bodies)}]}}".encode()


def ack(
    *, epoch: str | None = None, mark: int | None = None, now_ms: int | None = None, gap: bool = False,
    pause_s: int = 0, refused: str | None = None, reason: str = "", run: str = "", counted: bool | None = None,
    pushes: bool = False, back: Mapping[str, Any] | None = None, greet: bool = False, describe: bool = False,
    alarm: str = "",
) -> Record:  # fmt: skip
    """Committed up to `mark`; or `refused`: the digest of a payload that could not be read.

    To a hello that says its runs: `run` is the last of them, `counted` whether the collector knows how far the series
    are counted, `pushes` that the robot has pushed counts, `back` (then only) that this file lacks what the robot has
    delivered. `greet` asks for a hello. `describe` asks for one with the description. `alarm`: what a person should
    look at.
    """
    optional = {"epoch": epoch, "mark": mark, "now_ms": now_ms, "refused": refused, "reason": reason, "alarm": alarm}
    message: Record = {"v": WIRE_VERSION}
    message |= {key: value for key, value in optional.items() if value is not None and value != ""}
    if run:
        message |= {"run": run, "counted": counted is True} | ({"pushes": True} if pushes else {})
    if back is not None:
        message["back"] = dict(back)
    if greet:
        message["greet"] = True
    if gap:
        message["gap"] = True
    if pause_s:
        message["pause_s"] = pause_s
    if describe:
        message["describe"] = True
    return message


def presence(
    *, robot: str, epoch: str, session: int, state: PresenceState, at: int, backlog: int = 0, open_faults: int = 0,
    agent: str = "",
) -> Record:  # fmt: skip
    """Retained, and the last will (state `offline`). `session` grows with every connection of the robot."""
    message: Record = {
        "v": WIRE_VERSION,
        "robot": robot,
        "epoch": epoch,
        "session": session,
        "state": state,
        "at": at,
    }
    return _with_present(message, {"backlog": backlog, "open_faults": open_faults, "agent": agent})


def _record(kind: str, boot: int, mono: int, at: int, sync: Sync) -> Record:
    record: Record = {"kind": kind, "boot": boot, "mono": mono, "at": at}
    if sync != "synced":
        record["sync"] = sync
    return record


def _with_present(record: Record, optional: Mapping[str, Any]) -> Record:
    """Adds what is neither None, empty nor zero; returns the same dict."""
    record.update({key: value for key, value in optional.items() if value})
    return record
