"""The program whose disk is cut: the agent's real outbox living through windows, uploads and acks.

    python -m tests.faults.agent_commits OUTBOX_FILE WINDOWS [weak]

It prints `ack N` when window N is durable. Record N counts N wake-ups, so that a disk can be judged by sums.
Every third window a batch is read as for the link, and what came before it is forgotten as if acked.
`weak` is the control: without a sync at each commit acked records must be lost.
"""

import asyncio
import sys
from pathlib import Path

from edge_agent.outbox import Outbox, OutboxSettings, SourceTotal
from protocol import records

START_S = 1_700_000_100


async def main(file: Path, windows: int, *, weak: bool) -> None:
    outbox = await Outbox.open(
        file,
        settings=OutboxSettings("cut-robot", reserve_bytes=4096),
        hardware="h",
        boot_id="b",
        now_s=START_S,
        mono_s=0,
    )
    if weak:
        await weaken(outbox)
    for number in range(1, windows + 1):
        at = START_S + number * 300
        counts = {"wake_up": number, "observed_s": 300}
        window = records.window(boot=outbox.boot, mono=number * 300, at=at, span=300, counts=counts)
        totals = {("skill", "wake_up"): SourceTotal("wake_up", float(number * (number + 1) // 2), "e")}
        newest = await outbox.append([window], totals=totals)
        print(f"ack {number}", flush=True)
        if number % 3 == 0:
            batch = await outbox.batch(outbox.held, 100)
            assert batch is not None
            await outbox.forget(newest - 1)
    await outbox.close()


async def weaken(outbox: Outbox) -> None:
    """Take away the one protection that the control is about."""
    await outbox._run(lambda: outbox._file._connection.execute("PRAGMA synchronous=NORMAL"))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), weak="weak" in sys.argv))
