"""The law, at the store: whatever order batches come in, and whichever collector gets them, the sums are the truth."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.store.engine import open_store
from collector.store.tables import fleet as t
from tests.batches import NOON, fault, message, rows_of, totals, window
from tests.databases import fresh_database
from tests.groups import groups_of

ROBOTS = count()  # each example has a robot of its own in the test's one store
KEYS = ("faces", "plays", "wake_up")

WINDOWS = st.lists(st.dictionaries(st.sampled_from(KEYS), st.integers(0, 2**40), max_size=3), min_size=1, max_size=12)


@st.composite
def streams(draw):
    """(records, cuts into batches): windows, and fault episodes among them."""
    rows = []
    for counts in draw(WINDOWS):
        rows.append(window(len(rows) + 1, counts, at=NOON + len(rows) * 7000))
        if draw(st.booleans()):
            rows.append(fault(len(rows) + 1, "open", at=NOON + len(rows) * 7000))
            if draw(st.booleans()):
                rows.append(fault(len(rows) + 1, "close", opened=len(rows), at=NOON + len(rows) * 7000))
    return rows


def parked(store, robot_id):
    """What no robot can have counted: it waits for a person, and is no less of the truth."""
    sums = Counter()
    for row in rows_of(store, t.parked_count):
        if row["robot_id"] == robot_id:
            sums[row["day"], row["counter"]] += int(row["amount"])
    return sums


def truth(robot, rows):
    sums = Counter()
    for row in rows:
        for key, n in row.get("counts", {}).items():
            sums[robot, row["at"] // 86_400, key] += n
    return {key: n for key, n in sums.items() if n}


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), rows=streams())
def test_two_collectors_in_any_order_with_any_duplicates_store_the_truth(store, data, rows):
    robot = f"r{next(ROBOTS)}"
    collectors = [groups_of(store), groups_of(store)]
    anywhere = st.tuples(st.integers(0, len(rows) - 1), st.integers(1, len(rows)), st.integers(0, 1))
    for groups in data.draw(st.lists(st.lists(anywhere, min_size=1, max_size=3), max_size=8)):
        # any slices of the stream, resent or early, several in one transaction
        batches = [message(robot, rows[first : first + length]) for first, length, _ in groups]
        collectors[groups[0][2]].commit(dict(enumerate(batches)), NOON + 10**6)
    last = collectors[0].commit({0: message(robot, rows)}, NOON + 10**6)
    [answer] = last.answers.values()
    assert answer.mark == len(rows)
    [robot_id] = [row["id"] for row in rows_of(store, t.robot) if row["name"] == robot]
    counted = Counter({key: n for key, n in totals(store).items() if key[0] == robot})
    counted.update({(robot, *key): n for key, n in parked(store, robot_id).items()})
    assert counted == truth(robot, rows)
    episodes = [e for e in rows_of(store, t.fault_episode) if e["robot_id"] == robot_id]
    assert len(episodes) == sum(1 for row in rows if row.get("state") == "open")
    assert sum(e["closed_at"] is not None for e in episodes) == sum(1 for row in rows if row.get("state") == "close")


def test_collectors_that_run_at_the_same_time_neither_lose_nor_double(postgresql_server, migrated_postgresql):
    """Two processes' worth of collectors, the same batches at the same moment: row locks decide, not luck."""
    with fresh_database(postgresql_server, migrated_postgresql) as url:
        stores = [open_store(url), open_store(url)]
        robots = [f"r{i}" for i in range(20)]
        rows = [window(seq, {"faces": seq}) for seq in range(1, 13)]

        def deliver(store):
            groups = groups_of(store)
            for first in range(0, 12, 2):
                batches = [message(robot, rows[first : first + 2]) for robot in robots]
                groups.commit(dict(enumerate(batches)), NOON)

        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(deliver, store) for store in stores for _ in range(2)]:
                done.result()
        assert sum(totals(stores[0]).values()) == 20 * 78
        for store in stores:
            store.close()
