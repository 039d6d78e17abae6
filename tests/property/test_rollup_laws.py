"""The law of account-days: in the end each is the sum of its robots' days by deployment.

Zones of robots and accounts, clocks of collectors, what their policies wait for, corrections of deployments and the
order of it all are drawn; the last closing comes when every clock is past every day.
"""

from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from collector.accounts.ledger.kinds import who
from tests import batches
from tests import portfolio as p
from tests.groups import groups_of
from tests.plain_facts import an_account
from tests.policies import a_closing
from tests.portfolio import DAY_S, HOUR_S, T
from tests.rolled_days import by_account, by_deployment, roll, settling, tells_zone, unnoted

ZONES = ("UTC", "America/Los_Angeles", "Asia/Shanghai", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu")
NAMES = count()  # each example has accounts of its own in the test's one store
BEGIN = (T - 3) * DAY_S

moments = st.integers(0, 3 * 24)  # hours since BEGIN
zones = st.sampled_from(ZONES)
counts = st.tuples(st.just("count"), moments, st.integers(0, 1), moments, st.integers(1, 50))
closings = st.tuples(st.just("close"), moments)
rezoned = st.tuples(st.just("zone"), zones)
moves = st.tuples(st.just("move"), moments, st.integers(0, 1), st.integers(-2, 2))
stories = st.lists(st.one_of(counts, counts, counts, closings, closings, rezoned, moves), min_size=5, max_size=25)
collectors = st.lists(st.tuples(st.integers(-30, 30), st.sampled_from([0, 2, 9])), min_size=1, max_size=3)


def play(store, data):
    """One drawn story up to its end."""
    number = next(NAMES)
    accounts, robots = [f"A{number}", f"B{number}"], [f"r{number}", f"s{number}"]
    groups = groups_of(store)
    for account, robot, zone in zip(accounts, robots, data.draw(st.tuples(zones, zones)), strict=True):
        p.add_account(store, account, [robot], timezone=zone)
        tells_zone(groups, robot, data.draw(zones), BEGIN)
    sites = data.draw(collectors)
    seqs = dict.fromkeys(robots, BEGIN // 3600)
    for act, *what in data.draw(stories):
        ahead_h, settle_h = data.draw(st.sampled_from(sites))
        if act == "count":
            hour, which, later_h, n = what
            robot = robots[which]
            seqs[robot] += 1
            at = BEGIN + hour * HOUR_S
            window = batches.window(seqs[robot], {"interaction": n}, at=at, mono=at - p.BEGINS * DAY_S, span=3600)
            message = batches.message(robot, [window], held=seqs[robot])
            groups.commit({0: message}, at + (1 + later_h + ahead_h) * HOUR_S)
        elif act == "close":
            closing = a_closing(store=store, policy=settling(settle_h))
            roll(closing, BEGIN + (what[0] + ahead_h) * HOUR_S)
        elif act == "zone":
            account = accounts[0]
            said = an_account(id=account, name=account, timezone=what[0])
            p.write(store, "account", said, at_s=BEGIN + ahead_h * HOUR_S)
        else:
            hour, which, from_day = what
            said = who.Deployment(
                id=f"{accounts[which]}-{robots[which]}", account=accounts[which], robot=robots[which],
                from_day=T - 2 + from_day,
            )  # fmt: skip
            p.write(store, "deployment", said, at_s=BEGIN + (hour + ahead_h) * HOUR_S)
    roll(a_closing(store=store), BEGIN + 9 * DAY_S + number * DAY_S)


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_account_days_are_the_sum_of_robot_days_by_deployment_in_the_end(store, data):
    play(store, data)
    assert by_account(store) == by_deployment(store)


def test_without_notes_the_law_does_not_hold(store, monkeypatch):
    """The control."""
    unnoted(monkeypatch.setattr)

    once = settings(
        deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None,
        phases=[Phase.generate], report_multiple_bugs=False,
    )  # fmt: skip

    @once
    @given(data=st.data())
    def law(data):
        play(store, data)
        assert by_account(store) == by_deployment(store)

    with pytest.raises(AssertionError):
        law()
