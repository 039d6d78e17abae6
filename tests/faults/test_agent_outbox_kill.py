"""SIGKILL at any moment: what `append` returned for is there, numbers go on, counting stands where it stood."""

import asyncio
import json
import random
import signal
import subprocess
import sys
from pathlib import Path

from edge_agent.outbox import Outbox, OutboxSettings

WRITER = """
import asyncio, sys
from pathlib import Path
from edge_agent.outbox import Outbox, OutboxSettings, SourceTotal
from protocol import records

async def main():
    outbox = await Outbox.open(
        Path(sys.argv[1]), settings=OutboxSettings("r", max_bytes=65536), hardware="h", boot_id="b", now_s=1800000000
    )
    restored = await outbox.restore()
    total = int(restored.totals["s", "c"].value) if restored.totals else 0
    while True:
        window = records.window(boot=1, mono=total, at=1800000000 + total, span=1, counts={"touches": 1})
        total += 1
        newest = await outbox.append([window], totals={("s", "c"): SourceTotal("c", total, "e")})
        print(newest, total, flush=True)

asyncio.run(main())
"""


def _killed_after(path: Path, lines: int) -> list[tuple[int, int]]:
    """(newest, total) of every append that was confirmed before the kill."""
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    confirmed = []
    with writer, writer.stdout as said:
        for line in said:
            confirmed.append(tuple(int(word) for word in line.split()))
            if len(confirmed) == lines:
                writer.send_signal(signal.SIGKILL)
    return confirmed


def test_confirmed_appends_survive_a_kill(tmp_path):
    chance = random.Random(7)
    path = tmp_path / "outbox.db"
    newest = total = 0
    for _ in range(5):
        confirmed = _killed_after(path, chance.randrange(1, 150))
        assert confirmed[0][0] > newest, "a number is used once"
        assert confirmed[0][1] > total
        newest, total = confirmed[-1]

    async def look():
        outbox = await Outbox.open(path, settings=OutboxSettings("r"), hardware="h", boot_id="b", now_s=1_800_000_000)
        stored = (await outbox.restore()).totals["s", "c"].value
        outgoing, mark, touches = True, 0, 0
        while outgoing := await outbox.batch(mark + 1, 100):
            touches += sum(_touches(outgoing.text))
            mark = outgoing.last
        figures = outbox.figures()
        await outbox.close()
        return figures, stored, touches

    figures, stored, touches = asyncio.run(look())
    assert figures.newest in {newest, newest + 1}, "at most the one append that was not confirmed is more"
    assert stored == touches >= total


def _touches(text):
    return [record["counts"]["touches"] for record in json.loads(text)["records"]]
