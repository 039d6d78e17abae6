"""An outbox as a kill leaves it, and the damage that is done to its files."""

import random
import shutil
from pathlib import Path

from edge_agent.outbox import Outbox, OutboxSettings, SourceTotal
from edge_agent.outbox.start import peek
from protocol import records

BEGIN = 1_800_000_000


async def opened(folder: Path) -> Outbox:
    return await Outbox.open(
        folder / "outbox.db",
        settings=OutboxSettings("robot", max_bytes=96 * 1024, reserve_bytes=0),
        hardware="h",
        boot_id="b",
        now_s=BEGIN,
    )


async def written(folder: Path) -> dict[tuple[int, int], str]:
    """An outbox with acked, merged and fresh records, beside it copies of its files as a kill leaves them.

    `killed` holds what is returned (the numbers that a record covers → its JSON), `later` one more commit.
    """
    outbox = await opened(folder)
    for i in range(260):
        stamp = {"boot": 1, "mono": 300 * i, "at": BEGIN + 300 * i}
        new = [records.window(**stamp, span=300, counts={"touches": i + 1, "faces": 7, "operating_s": 300})]
        if i % 40 == 0:
            new.append(records.fault(**stamp, state="open", family="touch", code=f"c{i}", detail="d" * 300))
        await outbox.append(new, totals={("s", "c"): SourceTotal("c", i, "e")}, window={"counts": {"touches": i}})
        if i == 60:
            await outbox.batch(1, 100)
            await outbox.forget(40)
    shutil.copytree(folder, folder.parent / "killed")
    found = peek(folder / "outbox.db")
    assert not found.losses
    await outbox.append([records.window(boot=1, mono=300 * 260, at=BEGIN + 300 * 260, span=300, counts={"faces": 1})])
    shutil.copytree(folder, folder.parent / "later")
    await outbox.close()
    return {(row.begin, row.seq): row.body for row in found.rows}


def damage(file: Path, chance: random.Random) -> None:
    """One of: some flipped bytes, a page of rubbish, a page of zeros, a cut end.

    A log is never cut: nothing in it could tell a cut from commits that were never made. (A collector that
    has seen more makes the robot begin a new epoch: stream.Rewound.)
    """
    content = bytearray(file.read_bytes())
    page = chance.randrange(max(len(content) // 1024, 1)) * 1024
    match chance.randrange(3 if file.name.endswith("-wal") else 4):
        case 0:
            for _ in range(chance.choice([1, 3, 20])):
                content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        case 1:
            content[page : page + 1024] = chance.randbytes(min(1024, len(content) - page))
        case 2:
            content[page : page + 1024] = bytes(min(1024, len(content) - page))
        case 3:
            del content[chance.randrange(len(content)) :]
    file.write_bytes(bytes(content))
