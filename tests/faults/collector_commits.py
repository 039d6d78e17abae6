"""The program whose disk is cut: the collector's real commits, one ack line on standard output after each.

    python -m tests.faults.collector_commits STORE_FILE GROUPS [weak]

`weak` is the control: the same program without a sync at each commit must lose acked rows.
"""

import sys

from collector.ingest.decode import decode
from collector.store.engine import open_store
from protocol import codec, records, topics
from tests.groups import groups_of

ROBOTS = 5
EPOCH = "00000000000000aa"
START_S = 1_700_000_100


def batch(robot: str, seq: int) -> bytes:
    """One window with five counts; its content follows from its number."""
    at = START_S + seq * 300
    counts = {"wake_up": 2, "interaction": 1, "observed_s": 300}
    window = records.numbered(seq, records.window(boot=1, mono=seq * 300, at=at, span=300, counts=counts))
    return codec.encode(records.envelope(robot=robot, epoch=EPOCH, first=seq, last=seq, held=seq, records=[window]))


def main(file: str, groups: int, *, weak: bool) -> None:
    store = open_store(f"sqlite:///{file}")
    with store.write() as connection:
        connection.exec_driver_sql("SELECT 1")
    raw = store.writer.raw_connection()
    if weak:
        raw.driver_connection.execute("PRAGMA synchronous=NORMAL")
    raw.driver_connection.execute("PRAGMA wal_autocheckpoint=64")  # many checkpoints in a short life
    raw.close()
    committer = groups_of(store)
    for seq in range(1, groups + 1):
        messages = {}
        for number in range(ROBOTS):
            robot = f"cut-{number}"
            messages[number] = decode(topics.up(robot), batch(robot, seq))
        outcome = committer.commit(messages, START_S + seq * 300 + 300)
        marks = {answer.mark for answer in outcome.answers.values()}
        print(f"ack {min(marks)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), weak="weak" in sys.argv)
