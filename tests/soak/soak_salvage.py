"""What each means saves of a damaged outbox: the page reader of `outbox/recovery`, and simpler ones (ADR 0018).

Files are damaged as tests/faults damages them: flipped bytes, a page of rubbish, a page of zeros, a cut end, in the
database or in its log, and a log whose last commit was torn by a power cut. For each means: the records that come
back of those that were on the disk, the records that come back wrong, the files in which records went without any
sign of it, and the time. The laws: the page reader returns nothing wrong and loses nothing unnoticed; a means that
reads through SQLite without our checksums does return wrong records, or the damage proves nothing.
"""

import asyncio
import os
import random
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from edge_agent.outbox import Outbox, OutboxSettings
from edge_agent.outbox.recovery.wal import LogState
from edge_agent.outbox.rows import Row, Stream, missing, settled
from edge_agent.outbox.start import _judged, peek
from protocol import records
from tests.faults.outbox_damage import damage, written

CASES = int(200 * float(os.environ.get("SOAK_SCALE", "1")))
PAGE = 1024
TIMED_RECORDS = 20_000
COLUMNS = "seq, kind, first, windows, rev, crc, body"
SYSTEM_ERRORS = (sqlite3.DatabaseError, UnicodeDecodeError, OverflowError)

Stored = dict[tuple[int, int], str]  # (first number, last number) → the record's JSON


@dataclass(frozen=True)
class Answer:
    """What a means brings back, and whether it knows that something is missing."""

    rows: list[tuple[int, int, str]]
    knows: bool


@dataclass
class Score:
    """Sums over all damaged files of one kind."""

    saved: int = 0
    stored: int = 0
    wrong: int = 0
    unnoticed: int = 0
    took_s: list[float] = field(default_factory=list)

    def add(self, stored: Stored, answer: Answer, took_s: float) -> None:
        found = {(begin, seq): body for begin, seq, body in answer.rows}
        right = sum(found.get(numbers) == body for numbers, body in stored.items())
        self.saved += right
        self.stored += len(stored)
        # wrong: another body under the numbers of a record (a row from before a merge is stale, not wrong)
        self.wrong += sum(numbers in stored and stored[numbers] != body for numbers, body in found.items())
        self.unnoticed += right < len(stored) and not answer.knows
        self.took_s.append(took_s)


def by_pages(database: Path) -> Answer:
    """Today's: every page and the log read without SQLite."""
    judged = _judged(database).state
    found = peek(database)
    knows = bool(found.losses) or judged is not LogState.CLEAN
    return Answer([(row.begin, row.seq, row.body) for row in found.rows], knows)


def until_error(database: Path) -> Answer:
    """SQLite, from the first row to the first error; our checksums on what comes."""
    with closing(_open(database)) as db:
        rows, failed = _some(db, "ORDER BY seq")
        return _judge(db, rows, failed=failed)


def from_both_ends(database: Path) -> Answer:
    """SQLite, up to the first error from each end; our checksums on what comes."""
    with closing(_open(database)) as db:
        rows, failed = _some(db, "ORDER BY seq")
        if failed:
            rows += _some(db, "ORDER BY seq DESC")[0]
        return _judge(db, rows, failed=failed)


def one_by_one(database: Path) -> Answer:
    """SQLite, each number by itself as long as there may be one; our checksums on what comes."""
    with closing(_open(database)) as db:
        rows, failed = _some(db, "ORDER BY seq")
        if failed:
            backwards = _some(db, "ORDER BY seq DESC")[0]
            last = max((row[0] for row in rows + backwards), default=_pages(database) * PAGE // 64)
            known = {row[0] for row in rows} | {row[0] for row in backwards}
            rows += backwards
            for seq in range(1, last + 1):
                if seq not in known:
                    rows += _some(db, f"WHERE seq = {seq}")[0]
        return _judge(db, rows, failed=failed)


def without_checksums(database: Path) -> Answer:
    """The control: what SQLite alone calls whole, from both ends."""
    with closing(_open(database)) as db:
        rows, failed = _some(db, "ORDER BY seq")
        if failed:
            rows += _some(db, "ORDER BY seq DESC")[0]
        return Answer([(row[0] if row[2] is None else row[2], row[0], row[6]) for row in rows], failed)


def vacuumed(database: Path) -> Answer:
    """SQLite's own copy (VACUUM INTO): all or nothing."""
    copy = database.with_suffix(".copy")
    with closing(_open(database)) as db:
        try:
            db.execute("VACUUM INTO ?", (str(copy),))
        except SYSTEM_ERRORS:
            return Answer([], knows=True)
    return until_error(copy)


MEANS: dict[str, Callable[[Path], Answer]] = {
    "pages (today's)": by_pages,
    "SELECT until the first error": until_error,
    "SELECT from both ends": from_both_ends,
    "SELECT one by one": one_by_one,
    "VACUUM INTO": vacuumed,
    "SELECT from both ends, no checksums": without_checksums,
}


def _open(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(database, isolation_level=None)


def _pages(database: Path) -> int:
    return database.stat().st_size // PAGE


def _some(db: sqlite3.Connection, which: str) -> tuple[list[tuple], bool]:
    """The rows that come before the first error, and whether there was one."""
    found: list[tuple] = []
    try:
        for row in db.execute(f"SELECT {COLUMNS} FROM record {which}"):
            found.append(row)  # noqa: PERF402 - what came before an error is kept
    except SYSTEM_ERRORS:
        return found, True
    return found, False


def _judge(db: sqlite3.Connection, rows: list[tuple], *, failed: bool) -> Answer:
    """Rows whose checksum agrees; the numbers of the stream's document tell whether some are missing."""
    made = [(Row(seq, kind, body, first, windows, rev), crc) for seq, kind, first, windows, rev, crc, body in rows]
    believed = [row for row, crc in made if _agrees(row, crc)]
    try:
        (body,) = db.execute("SELECT body FROM state WHERE kind = 'stream'").fetchone()
        stream = Stream.from_body(body)
    except (*SYSTEM_ERRORS, TypeError, ValueError):
        return Answer([(row.begin, row.seq, row.body) for row in believed], knows=True)
    kept = settled(believed, stream.held)
    knows = failed or len(believed) < len(made) or bool(missing(kept, stream.held, stream.newest))
    return Answer([(row.begin, row.seq, row.body) for row in kept], knows)


def _agrees(row: Row, crc: object) -> bool:
    try:
        return row.crc == crc
    except (TypeError, ValueError, AttributeError):
        return False


def torn(source: Path, folder: Path, chance: random.Random) -> None:
    """A power cut within the next commit: of the sectors of the log that it wrote, any are on the disk."""
    later = source.parent / "later"
    assert (later / "outbox.db").read_bytes() == (source / "outbox.db").read_bytes(), "the commit went to the log alone"
    before, after = (each / "outbox.db-wal" for each in (source, later))
    old, content = before.read_bytes().ljust(after.stat().st_size, b"\0"), bytearray(after.read_bytes())
    changed = [at for at in range(0, len(content), 512) if content[at : at + 512] != old[at : at + 512]]
    assert changed
    for at in changed:
        if chance.random() < 0.5:
            content[at : at + 512] = old[at : at + 512]
    (folder / "outbox.db-wal").write_bytes(bytes(content))


def kinds(source: Path) -> dict[str, Callable[[Path, random.Random], None]]:
    assert (source / "outbox.db-wal").stat().st_size > PAGE, "the log holds commits, or its damage proves nothing"
    return {
        "database": lambda folder, chance: damage(folder / "outbox.db", chance),
        "log": lambda folder, chance: damage(folder / "outbox.db-wal", chance),
        "power cut": lambda folder, chance: torn(source, folder, chance),
    }


def measure(source: Path, stored: Stored, root: Path) -> dict[str, dict[str, Score]]:
    scores = {kind: {name: Score() for name in MEANS} for kind in kinds(source)}
    for kind, hurt in kinds(source).items():
        for case in range(CASES):
            hurt_folder = root / "hurt"
            shutil.copytree(source, hurt_folder)
            hurt(hurt_folder, random.Random(f"{kind} {case}"))
            for name, means in MEANS.items():
                folder = root / "tried"
                shutil.copytree(hurt_folder, folder)
                began_s = time.perf_counter()
                answer = means(folder / "outbox.db")
                scores[kind][name].add(stored, answer, time.perf_counter() - began_s)
                shutil.rmtree(folder)
            shutil.rmtree(hurt_folder)
    return scores


async def large(folder: Path) -> None:
    """An outbox of weeks without a network, for the time."""
    settings = OutboxSettings("robot", max_bytes=64 * 2**20, reserve_bytes=0)
    outbox = await Outbox.open(folder / "outbox.db", settings=settings, hardware="h", boot_id="b", now_s=1_800_000_000)
    counts = {f"counter_{n}": n * 1000 for n in range(40)}
    for begin in range(0, TIMED_RECORDS, 500):
        made = [
            records.window(boot=1, mono=300 * i, at=1_800_000_000 + 300 * i, span=300, counts=counts)
            for i in range(begin, begin + 500)
        ]
        await outbox.append(made)
    await outbox.close()


def timed(root: Path) -> str:
    """Seconds of each means on a large file with one broken page."""
    (root / "large").mkdir()
    asyncio.run(large(root / "large"))
    file = root / "large" / "outbox.db"
    content = bytearray(file.read_bytes())
    middle = _pages(file) // 2 * PAGE
    content[middle : middle + PAGE] = b"\xa5" * PAGE
    file.write_bytes(bytes(content))
    told = []
    for name, means in MEANS.items():
        shutil.copytree(root / "large", root / "timed")
        began_s = time.perf_counter()
        rows = len(means(root / "timed" / "outbox.db").rows)
        told.append(f"{name} {time.perf_counter() - began_s:.1f} s ({rows} records)")
        shutil.rmtree(root / "timed")
    return f"One broken page in {len(content) / 2**20:.0f} MB, {TIMED_RECORDS} records: {'; '.join(told)}."


def run() -> str:
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        (root / "a").mkdir()
        stored = asyncio.run(written(root / "a"))
        scores = measure(root / "killed", stored, root)
        told = timed(root)
    lines = [
        "| damaged | means | saved | wrong | unnoticed (files) | ms, median |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for kind, of_kind in scores.items():
        for name, one in of_kind.items():
            share, took_ms = one.saved / one.stored, statistics.median(one.took_s) * 1000
            lines.append(f"| {kind} | {name} | {share:.2%} | {one.wrong} | {one.unnoticed} | {took_ms:.1f} |")
    pages = [of_kind["pages (today's)"] for of_kind in scores.values()]
    assert sum(score.wrong for score in pages) == 0, "\n".join(lines)
    control = [of_kind["SELECT from both ends, no checksums"] for of_kind in scores.values()]
    assert sum(score.wrong for score in control) > 0, "damage that changes no record proves nothing"
    return f"{CASES} files of each kind, {len(stored)} records each.\n\n" + "\n".join(lines) + f"\n\n{told}"
