"""Days are closed on both databases: nothing is known before it came, versions only grow, late data is followed."""

import threading
from dataclasses import replace
from io import BytesIO

import pytest
from sqlalchemy import func, select

from collector.accounts.ledger.facts import NOW
from collector.closing import run as module
from collector.exchange.imports.usage_history import commit, stage
from collector.exchange.imports.usage_staging import Staging
from collector.scores import closed_days, peers_store, reads, scores, stages
from collector.scores.errors import ClosingBusy, DayNotOver
from collector.store.engine import Store, open_store
from collector.store.tables.health import peer_group, policy, score, to_rescore
from collector.store.tables.success import cta
from tests import portfolio as p
from tests.plain_facts import BASE
from tests.policies import a_closing
from tests.portfolio import DAY_S, HOUR_S, NOON, T


@pytest.fixture
def fleet(store: Store) -> dict[str, int]:
    """Three accounts of different size; BETA's second robot is silent on the last days."""
    rows = {}
    for name, robots in (("ACME", 3), ("BETA", 2), ("CENTO", 1)):
        names = [f"{name.lower()}-{n}" for n in range(robots)]
        rows[name] = p.add_account(store, name, names, industry="museum", scene="exhibition")
        for one in names:
            p.use(store, one, range(T - 99, T + 1 if one != "beta-1" else T - 1))
    return rows


def final(store: Store, account: int, day: int = T, cutoff_s: int | None = None):
    with store.read() as connection:
        return scores.as_of(connection, account, day, "arrived", cutoff_s)


def count(store: Store, table) -> int:
    with store.read() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def test_a_closed_day_has_a_score_of_every_account_with_its_policy_and_its_peers(store, fleet):
    closing = a_closing(store=store)
    assert closing.due(NOON) == [T]
    (done,) = closing.run(NOON)
    assert (done.day, done.accounts, done.scored) == (T, 3, 3)
    assert closing.due(NOON) == []
    stored = final(store, fleet["ACME"])
    assert (stored.version, stored.known_at, stored.scored.account) == (1, NOON, "ACME")
    assert stored.scored.partial is not None  # one day of two robots, and nothing else: too little for a number
    assert (stored.scored.final, stored.scored.band) == (None, "grey")
    assert count(store, policy) == 1
    with store.read() as connection:
        assert peers_store.load(connection, T, "arrived", closing.policy.hash) is not None
        assert peers_store.load(connection, T, "arrived", "another policy") is None
        lines = scores.lines(connection, T, "arrived")
    assert [line.account for line in lines] == ["ACME", "BETA", "CENTO"]
    assert lines[0].final == stored.scored.final


@pytest.mark.usefixtures("fleet")
def test_a_day_that_is_not_over_somewhere_is_refused_with_the_newest_that_can_be_closed(store):
    p.add_account(store, "WEST", [], timezone="Pacific/Honolulu")
    closing = a_closing(store=store)
    early_s = (T + 1) * DAY_S + 11 * HOUR_S  # 01:00 on the next day there: not settled
    assert closing.due(early_s) == [T - 1]
    with pytest.raises(DayNotOver, match="2024-10-03"):
        closing.close(T, early_s)
    assert closing.due(early_s + HOUR_S) == [T]


@pytest.mark.usefixtures("fleet")
def test_days_that_were_missed_are_closed_in_order_up_to_a_week(store):
    closing = a_closing(store=store)
    closing.run(NOON - 3 * DAY_S)
    assert closing.due(NOON) == [T - 2, T - 1, T]
    assert closing.due(NOON + 20 * DAY_S) == list(range(T + 14, T + 21))


def test_closing_again_writes_nothing_unless_it_is_asked_to(store, fleet):
    closing = a_closing(store=store)
    closing.close(T, NOON)
    before = final(store, fleet["ACME"])
    assert closing.close(T, NOON + HOUR_S).scored == 0
    again = closing.close(T, NOON + HOUR_S, again=True)
    assert again.scored == 3
    after = final(store, fleet["ACME"])
    assert (after.version, after.scored) == (2, before.scored)
    assert final(store, fleet["ACME"], cutoff_s=NOON).version == 1
    assert count(store, cta) == len({(row.account_id, row.rule, row.reason) for row in _rows(store, cta)})


def _rows(store: Store, table):
    with store.read() as connection:
        return connection.execute(select(table)).all()


def test_late_data_makes_a_new_version_only_of_what_it_touches(store, fleet):
    closing = a_closing(store=store)
    for day in (T - 2, T - 1, T):
        closing.close(day, (day + 1) * DAY_S + 12 * HOUR_S)
    p.late(store, "beta-1", T - 1)
    assert closing.follow_late(NOON + HOUR_S) == 2  # T - 1 and T, of BETA alone
    versions = {(row.account_id, row.day): row.version for row in sorted(_rows(store, score), key=lambda r: r.version)}
    assert {key for key, version in versions.items() if version > 1} == {(fleet["BETA"], T - 1), (fleet["BETA"], T)}
    assert count(store, to_rescore) == 0
    assert count(store, peer_group) == 3  # compared with the peers of the day as it was closed
    newer, stood = (
        final(store, fleet["BETA"], T - 1),
        final(store, fleet["BETA"], T - 1, cutoff_s=T * DAY_S + 14 * HOUR_S),
    )
    assert (stood.version, newer.version, newer.known_at) == (1, 2, NOON + HOUR_S)
    assert newer.scored.measures["A2"].detail["heard"] == stood.scored.measures["A2"].detail["heard"] + 1
    assert closing.follow_late(NOON + 2 * HOUR_S) == 0


def test_what_is_late_by_more_than_a_week_is_kept_and_scores_stay(store, fleet):
    closing = a_closing(store=store)
    closing.close(T, NOON)
    p.late(store, "beta-1", T - 1)
    closing.close(T + 10, NOON + 10 * DAY_S)
    assert closing.follow_late(NOON + 10 * DAY_S) == 0
    with store.read() as connection:
        days = reads.account_days(connection, [fleet["BETA"]], T, NOW)[fleet["BETA"]]
    assert {one.day: one.heard for one in days}[T - 1] == 2
    assert count(store, to_rescore) == 0


def test_facts_that_arrive_later_never_change_what_is_said_as_of_an_earlier_day(store, fleet):
    closing = a_closing(store=store)
    closing.close(T, NOON)
    first = final(store, fleet["ACME"]).scored
    p.write(store, "touch", p.touch("t1", "ACME", T - 5, answered="yes", answered_day=T - 4), at_s=NOON + 9 * DAY_S)
    p.late(store, "acme-0", T - 101)
    closing.close(T, NOON + 20 * DAY_S, again=True)  # long past: as known at the cutoff
    assert final(store, fleet["ACME"]).scored.measures["D1"] == first.measures["D1"]
    p.write(store, "touch", p.touch("t2", "ACME", T - 5, answered="yes", answered_day=T - 4), at_s=NOON - DAY_S)
    closing.close(T, NOON + 20 * DAY_S, again=True)
    assert final(store, fleet["ACME"]).scored.measures["D1"] != first.measures["D1"]


def test_a_version_that_late_data_made_later_holds_no_band_back_as_of_a_day_before(store, fleet):
    acme = fleet["ACME"]
    a_closing(store=store).close(T - 1, NOON - DAY_S)
    scored = final(store, acme, T - 1).scored
    with store.write() as connection:
        late = scores.row_of(acme, replace(scored, band="red"), NOON + DAY_S)
        scores.append(connection, [late], "arrived", NOON + DAY_S)

    def band(known_at):
        with store.read() as connection:
            found = scores.previous(connection, [acme], T, "arrived", known_at)
        return found[acme].band if found else None

    assert (band(NOON + DAY_S), band(NOON), band(NOON - 2 * DAY_S)) == ("red", scored.band, None)
    assert scored.band != "red"


def test_an_imported_past_is_scored_by_when_its_source_knew_it(store, fleet):
    imported_s = NOON - HOUR_S
    p.write(
        store, "touch", p.touch("h", "ACME", T - 40, answered="yes", answered_day=T - 39),
        at_s=imported_s, recorded_at=(T - 40) * DAY_S,
    )  # fmt: skip
    recorded, arrived = a_closing(store=store, basis="recorded"), a_closing(store=store)
    recorded.close(T - 30, NOON)
    arrived.close(T - 30, NOON)
    with store.read() as connection:
        said = scores.as_of(connection, fleet["ACME"], T - 30, "recorded", None)
        unsaid = scores.as_of(connection, fleet["ACME"], T - 30, "arrived", None)
    assert said is not None
    assert unsaid is not None
    assert said.scored.measures["D1"].value is not None
    assert unsaid.scored.measures["D1"].value is None
    assert (said.known_at, unsaid.known_at) == ((T - 29) * DAY_S + 2 * HOUR_S,) * 2
    assert unsaid.scored.band == "grey"  # nothing of these days had been rolled up by then


@pytest.mark.parametrize(("basis", "writes"), [("recorded", False), ("arrived", True)])
def test_only_what_arrived_here_writes_the_history_of_stages(store, fleet, basis, writes):
    """The control is the other basis: the same closing enters a stage of each account."""
    recorded = a_closing(store=store, basis=basis, processes=1)
    recorded.close(T, NOON)
    with store.read() as connection:
        entered = stages.standing(connection, list(fleet.values()), T)
        stage = scores.as_of(connection, fleet["ACME"], T, basis, None).scored.stage
    assert stage == "growth"
    assert entered.keys() == (set(fleet.values()) if writes else set())


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize("step", ["peers", "first chunk", "success"])
def test_a_closing_that_is_cut_off_is_run_again_and_says_the_same(store, monkeypatch, step):
    monkeypatch.setattr(reads, "CHUNK", 2)
    closing = a_closing(store=store)
    with monkeypatch.context() as broken:
        if step == "peers":
            broken.setattr(peers_store, "save", _dies)
        elif step == "success":
            broken.setattr(module.success, "update", _dies)
        else:
            real, calls = scores.append, []

            def second_dies(*arguments):
                calls.append(1)
                return real(*arguments) if len(calls) == 1 else _dies()

            broken.setattr(scores, "append", second_dies)
        with pytest.raises(MemoryError):
            closing.run(NOON)
    assert closing.due(NOON) == [T]
    closing.run(NOON)
    assert closing.due(NOON) == []
    rows = _rows(store, score)
    assert [(row.version, row.day) for row in rows] == [(1, T)] * 3
    whole = {row.account_id: scores.decode(row.detail) for row in rows}
    closing.close(T, NOON, again=True)
    assert {row.account_id: scores.decode(row.detail) for row in _rows(store, score) if row.version == 2} == whole


def _dies(*_arguments, **_named):
    raise MemoryError  # whose failure would be one account's is fenced: test_fence


@pytest.mark.usefixtures("fleet")
def test_two_processes_say_the_same_as_one(store, monkeypatch):
    monkeypatch.setattr("collector.closing.workers.ALONE_BELOW", 2)
    monkeypatch.setattr(reads, "CHUNK", 2)
    a_closing(store=store, processes=2).close(T, NOON)
    many = {row.account_id: scores.decode(row.detail) for row in _rows(store, score)}
    a_closing(store=store, processes=1).close(T, NOON, again=True)
    assert {row.account_id: scores.decode(row.detail) for row in _rows(store, score) if row.version == 2} == many


@pytest.mark.usefixtures("fleet")
def test_only_one_closes_at_a_time(store):
    with closed_days.alone(store), pytest.raises(ClosingBusy, match="wait"):
        a_closing(store=store).close(T, NOON)
    a_closing(store=store).close(T, NOON)


@pytest.mark.usefixtures("fleet")
def test_two_collectors_on_one_database_do_not_close_together(store, store_url, monkeypatch):
    if store.dialect == "sqlite":
        pytest.skip("one process writes a file: the store's own lock")
    other = open_store(store_url)
    try:
        with closed_days.alone(other), monkeypatch.context() as elsewhere:
            elsewhere.setattr(closed_days, "_here", threading.Lock())  # as if it were another process
            with pytest.raises(ClosingBusy):
                a_closing(store=store).close(T, NOON)
        assert a_closing(store=store).close(T, NOON).scored == 3
        assert a_closing(store=other).close(T, NOON).scored == 0
    finally:
        other.close()


def test_a_store_without_accounts_closes_and_has_nothing_due(store):
    closing = a_closing(store=store)
    assert closing.due(NOON) == []
    assert closing.run(NOON) == []
    done = closing.close(T, NOON)
    assert (done.accounts, done.scored) == (0, 0)
    assert closing.follow_late(NOON) == 0


def test_an_account_without_robots_or_facts_has_a_score_without_a_number(store):
    bare = p.add_account(store, "BARE", [])
    assert a_closing(store=store).close(T, NOON).scored == 1
    said = final(store, bare).scored
    assert (said.final, said.band, said.peer_n) == (None, "grey", 0)


def test_an_account_that_only_a_file_of_usage_knows_is_scored_without_a_ledger(store):
    with Staging() as staging:
        lines = ["account,robot,day,counter,value\n"]
        lines += [f"FOUND,f1,{p.iso(day)},interaction,{40 + day % 7}\n" for day in range(T - 99, T + 1)]
        assert stage(BytesIO("".join(lines).encode()), staging, (NOON - HOUR_S) // DAY_S) is None
        with store.write() as connection:
            commit(connection, staging, NOON - HOUR_S, BASE)
    assert a_closing(store=store).close(T, NOON).scored == 1
    with store.read() as connection:
        (line,) = scores.lines(connection, T, "arrived")
        said = scores.as_of(connection, line.account_id, T, "arrived", None).scored
    assert line.account == "FOUND"
    assert said.measures["B2"].state == "present"
    assert said.measures["C2"].state == "na"
    assert line.band == "grey"  # nothing of its ledger is known
