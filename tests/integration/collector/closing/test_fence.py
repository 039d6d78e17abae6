"""One account's or robot's failure in a closing is its own: named, tried again, and nobody else waits for it."""

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DataError

from collector.scores import failures, scores
from collector.store.fence import each
from collector.store.tables.fleet import usage_day
from collector.store.tables.health import account_day
from tests import portfolio as p
from tests.policies import a_closing
from tests.portfolio import DAY_S, NOON, T


@pytest.fixture
def fleet(store):
    rows = {}
    for name in ("ACME", "BETA", "CENTO"):
        rows[name] = p.add_account(store, name, [f"{name.lower()}-0"], industry="museum")
        p.use(store, f"{name.lower()}-0", range(T - 40, T + 1))
    return rows


def scored(store, fleet, day):
    with store.read() as connection:
        return {name for name, row in fleet.items() if scores.as_of(connection, row, day, "arrived", None)}


def named(store):
    with store.read() as connection:
        return [(one.kind, one.name, one.step, one.times) for one in failures.listed(connection)]


def break_days(store, account):
    """An account-day whose body nothing can read; the whole of the day before it."""
    with store.write() as connection:
        kept = connection.execute(
            select(account_day.c.body).where(account_day.c.account_id == account, account_day.c.day == T - 1)
        ).scalar_one()
        at = (account_day.c.account_id == account) & (account_day.c.day == T - 1)
        connection.execute(update(account_day).where(at).values(body=b"broken"))
    return at, kept


def test_an_account_that_cannot_be_read_is_named_and_the_others_are_scored_and_it_is_tried_again(store, fleet):
    closing = a_closing(store=store)
    closing.run(NOON - DAY_S)
    at, kept = break_days(store, fleet["BETA"])
    (done,) = closing.run(NOON)
    assert (done.day, done.failed) == (T, 1)
    assert scored(store, fleet, T) == {"ACME", "CENTO"}
    [(kind, name, step, times)] = named(store)
    assert (kind, name, step) == ("account", "BETA", "score")
    assert closing.due(NOON) == [], "the day is closed for the others"
    closing.run(NOON + 300)
    [(*_, again)] = named(store)
    assert again > times
    with store.write() as connection:
        connection.execute(update(account_day).where(at).values(body=kept))
    closing.run(NOON + 600)
    assert named(store) == []
    assert scored(store, fleet, T) == {"ACME", "BETA", "CENTO"}


def test_a_robot_day_that_cannot_be_read_costs_that_robots_day_alone(store, fleet):
    row = p.robot_id(store, "beta-0")
    at = (usage_day.c.robot_id == row) & (usage_day.c.day == T)
    with store.write() as connection:
        kept = connection.execute(select(usage_day.c.totals).where(at)).scalar_one()
        connection.execute(update(usage_day).where(at).values(totals="no JSON"))
    closing = a_closing(store=store)
    (done,) = closing.run(NOON)
    assert done.failed == 1
    assert scored(store, fleet, T) == {"ACME", "BETA", "CENTO"}
    [(kind, name, step, _)] = named(store)
    assert (kind, name, step) == ("robot", "beta-0", "rollup")
    with store.write() as connection:
        connection.execute(update(usage_day).where(at).values(totals=kept))
    closing.run(NOON + 300)
    assert named(store) == []
    with store.read() as connection:
        heard = connection.execute(
            text("SELECT heard FROM account_day WHERE account_id = :one AND day = :day ORDER BY version"),
            {"one": fleet["BETA"], "day": T},
        )
        assert heard.scalars().all() == [0, 1]


def test_an_account_whose_days_overflow_the_store_is_named_and_the_others_are_rolled_up(store, fleet):
    """Older stores could hold such sums; here behind the back of the border that parks them."""
    row = p.robot_id(store, "beta-0")
    at = (usage_day.c.robot_id == row) & (usage_day.c.day == T)
    with store.write() as connection:
        connection.execute(update(usage_day).where(at).values(totals=f'{{"wake_up":{2**63}}}'))
    (done,) = a_closing(store=store).run(NOON)
    assert done.failed == 1
    assert {"ACME", "CENTO"} <= scored(store, fleet, T)
    assert ("account", "BETA", "rollup") in {one[:3] for one in named(store)}


def test_the_failing_one_is_found_by_halves_and_a_failure_of_everybody_is_raised():
    done, failed = [], {}

    def work(some):
        if 5 in some:
            raise ValueError("five")
        done.extend(some)

    each(list(range(9)), work, failed)
    assert (sorted(done), failed) == ([0, 1, 2, 3, 4, 6, 7, 8], {("account", 5): "ValueError: five"})

    def away(_):
        raise OSError("the store is away")

    with pytest.raises(OSError, match="away"):
        each([1, 2], away, {})


def test_a_score_that_the_store_does_not_take_is_its_accounts_failure(store, fleet, monkeypatch):
    """The control is the day before, of which everybody has one."""
    closing = a_closing(store=store, processes=1)
    closing.run(NOON - DAY_S)
    assert scored(store, fleet, T - 1) == set(fleet)
    append = scores.append

    def absurd(connection, rows, *more):
        append(connection, rows, *more)
        if any(row["account_id"] == fleet["BETA"] for row in rows):
            raise DataError("INSERT", {}, ValueError("numeric field overflow"))

    with monkeypatch.context() as patched:
        patched.setattr(scores, "append", absurd)
        (done,) = closing.run(NOON)
    assert done.failed == 1
    assert scored(store, fleet, T) == {"ACME", "CENTO"}
    [(kind, name, step, _)] = named(store)
    assert (kind, name, step) == ("account", "BETA", "score")
    closing.run(NOON + 300)
    assert (scored(store, fleet, T), named(store)) == (set(fleet), [])
