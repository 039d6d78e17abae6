"""A cloned card: two robots under one name are told apart as soon as they are seen. Both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from collector import config, context
from collector.access.caller import COMMAND_LINE
from collector.ingest.transaction import Transient
from collector.operations import robots
from collector.store.engine import open_store
from collector.store.tables import fleet as t
from protocol.limits import SEQ_MAX
from tests import fleets
from tests.batches import DAY, EPOCH, NEXT_EPOCH, NOON, commit, fault, lifecycle, message, rows_of, totals, window
from tests.databases import fresh_database, older_store
from tests.groups import groups_of


def asked(store):
    return context.of(config.load(), store, lambda: float(NOON), COMMAND_LINE)


def answer(outcome, epoch):
    return outcome.answers["r1", epoch]


def test_two_files_that_take_turns_become_two_robots_once_it_is_seen(store):
    for turn in range(1, 4):
        for epoch, faces in ((EPOCH, 1), (NEXT_EPOCH, 10)):
            rows = [window(2 * turn - 1, {"faces": faces}), fault(2 * turn, "open", code=f"c{faces}")]
            assert answer(commit(store, message("r1", rows, epoch=epoch)), epoch).mark == 2 * turn
    assert totals(store) == {("r1", DAY, "faces"): 3 + 10, ("r1~0000", DAY, "faces"): 20}, "its first turn stays"
    [alarm] = rows_of(store, t.alarm)
    assert (alarm["kind"], alarm["times"]) == ("two_epochs", 1)
    assert alarm["detail"].endswith(f"{NEXT_EPOCH} counts as r1~0000 from now on")
    name = {r["id"]: r["name"] for r in rows_of(store, t.robot)}
    assert [(name[f["robot_id"]], f["code"]) for f in rows_of(store, t.fault_episode)] == [
        ("r1", "c1"), ("r1", "c10"), ("r1", "c1"), ("r1~0000", "c10"), ("r1", "c1"), ("r1~0000", "c10"),
    ]  # fmt: skip
    assert {r["name"]: r["epoch"] for r in rows_of(store, t.robot)} == {"r1": EPOCH, "r1~0000": NEXT_EPOCH}


def test_a_person_lets_the_other_machine_keep_the_name_and_what_was_counted_stays(store):
    for n in (1, 2):
        for epoch, faces in ((EPOCH, 1), (NEXT_EPOCH, 10)):
            commit(store, message("r1", [window(n, {"faces": faces})], epoch=epoch))
    [alarm] = rows_of(store, t.alarm)
    assert f"{EPOCH} keeps the name r1" in alarm["detail"]
    before = totals(store)
    kept = robots.swap_twins(asked(store), "r1~0000")
    assert (kept.robot, kept.epoch, kept.twin, kept.twin_epoch) == ("r1", NEXT_EPOCH, "r1~0000", EPOCH)
    assert totals(store) == before
    for seq in (3, 4):
        for epoch, faces in ((EPOCH, 100), (NEXT_EPOCH, 1000)):
            commit(store, message("r1", [window(seq, {"faces": faces})], epoch=epoch, held=seq))
    added = {name: n - before[name, day, counter] for (name, day, counter), n in totals(store).items()}
    assert added == {"r1": 2000, "r1~0000": 200}
    [alarm] = rows_of(store, t.alarm)
    assert alarm["times"] == 1, "taking turns after the swap is no news"
    assert alarm["detail"].startswith(f"{NEXT_EPOCH} keeps the name r1")
    assert robots.swap_twins(asked(store), "r1~0000").epoch == EPOCH, "and back"


def test_a_robot_of_its_own_cannot_be_swapped(store):
    commit(store, message("r1", [window(1, {"faces": 1})]))
    assert robots.swap_twins(asked(store), "r1").kind == "invalid"
    assert robots.swap_twins(asked(store), "r2").kind == "not_found"


def test_turns_within_one_group_are_told_apart_too(store):
    turns = [
        message("r1", [window(n, {"faces": c})], epoch=e) for n in (1, 2, 3) for e, c in ((EPOCH, 1), (NEXT_EPOCH, 10))
    ]
    commit(store, *turns)
    assert totals(store) == {("r1", DAY, "faces"): 3 + 10, ("r1~0000", DAY, "faces"): 20}


def test_a_twin_keeps_its_data_apart_when_its_file_is_replaced_and_a_third_card_is_a_third_robot(store):
    third, after = "abcd0000000000e3", "00000000000000e4"
    for n in (1, 2):
        for epoch in (EPOCH, NEXT_EPOCH):
            commit(store, message("r1", [window(n, {"faces": 1})], epoch=epoch))
    replaced = lifecycle(1, "epoch", {"closes": NEXT_EPOCH, "cause": "corrupt", "salvaged": 0, "held": 3})
    commit(store, message("r1", [replaced, window(2, {"faces": 100})], epoch=after))
    assert answer(commit(store, message("r1", [window(3, {"faces": 1})], epoch=NEXT_EPOCH)), NEXT_EPOCH).mark == SEQ_MAX
    for n in (1, 2):
        for epoch, base in ((third, 0), (EPOCH, 2)):
            commit(store, message("r1", [window(base + n, {"faces": 1000})], epoch=epoch))
    assert totals(store) == {
        ("r1", DAY, "faces"): 2 + 1 + 3000, ("r1~0000", DAY, "faces"): 1 + 100, ("r1~abcd", DAY, "faces"): 1000,
    }  # fmt: skip
    assert answer(commit(store, message("r1", [window(5, {"faces": 1})])), EPOCH).mark == 5


def test_a_twin_whose_name_is_taken_gets_a_longer_one(store):
    for n in (1, 2):
        for epoch in (EPOCH, NEXT_EPOCH, "0000ffff000000e3"):
            commit(store, message("r1", [window(n, {"faces": 1})], epoch=epoch))
    names = {r["name"] for r in rows_of(store, t.robot)}
    assert len(names) == len({"r1", "r1~0000", "r1~0000ffff"})
    assert sum(totals(store).values()) == 6


def test_several_collectors_make_one_twin_and_lose_nothing(postgresql_server, migrated_postgresql):
    with fresh_database(postgresql_server, migrated_postgresql) as url:
        stores = [open_store(url), open_store(url)]

        def robot(store, epoch, count):
            groups = groups_of(store)
            for n in range(1, 41):
                batch = message("r1", [window(n, {"faces": count}, at=NOON)], epoch=epoch)
                other = message(f"x{n % 3}{epoch}", [window(n, {"faces": 1}, at=NOON)])
                while True:
                    try:
                        groups.commit({0: other, 1: batch}, NOON)
                        break
                    except Transient:
                        continue

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(robot, stores, (EPOCH, NEXT_EPOCH), (1, 1000)))
        counted = {name: n for (name, _, _), n in totals(stores[0]).items() if name.startswith("r1")}
        assert sum(counted.values()) == 40 * 1001
        assert counted.keys() <= {"r1", "r1~0000"}
        for store in stores:
            store.close()


async def test_a_twin_is_shown_like_any_other_robot(store):
    for n in (1, 2):
        for epoch in (EPOCH, NEXT_EPOCH):
            commit(store, message("r1", [window(n, {"faces": 1})], epoch=epoch))
    async with fleets.site(store) as site:
        assert [robot["name"] for robot in (await site.get("/robots", "admin"))[1]["items"]] == ["r1", "r1~0000"]
        status, shown = await site.get("/robots/r1~0000", "admin")
        assert (status, shown["name"]) == (200, "r1~0000")


OLDER = (
    "INSERT INTO robot (name, first_seen_at, epoch) VALUES ('r1', 1000, '{epoch}')",
    "INSERT INTO stream (robot_id, epoch, mark, first_at, received_at) VALUES (1, '{epoch}', 1, 1000, 1000)",
    "INSERT INTO usage_day (day, robot_id, totals) VALUES ({day}, 1, '{{\"faces\":5}}')",
)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_store_of_the_release_before_is_brought_up_to_date_with_its_marks(kind, tmp_path, request):
    server = request.getfixturevalue("postgresql_server") if kind == "postgresql" else None
    rows = [row.format(epoch=EPOCH, day=DAY) for row in OLDER]
    with older_store(kind, tmp_path, server, "0001", rows) as url:
        store = open_store(url)
        assert answer(commit(store, message("r1", [window(2, {"faces": 7})])), EPOCH).mark == 2
        assert totals(store) == {("r1", DAY, "faces"): 12}
        store.close()
