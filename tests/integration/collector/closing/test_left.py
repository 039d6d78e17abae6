"""Customers that have left are no longer scored nor called for, on both databases; their last score says so."""

from dataclasses import asdict

import pytest

from collector.accounts.ledger.kinds import money
from collector.calendar import days
from collector.commands.scoring import text_of
from collector.scores import evidence, peers_store, scores
from collector.scores.errors import NoScore
from collector.success import acts, ctas
from collector.success.ctas import CtaFilter
from tests import portfolio as p
from tests.plain_facts import a_contract
from tests.policies import HEALTH, PLAYBOOKS, a_closing
from tests.portfolio import DAY_S, NOON, T

ENDED = T - 40  # the grace of 30 days is over


def leaves(store, name, *, robots_until=None):
    """Its only contract was lost at its end; the robot stays, or goes on a day."""
    row = p.add_account(store, name, [])
    p.deploy(store, name, f"{name}-1", to_day=robots_until)
    p.use(store, f"{name}-1", range(T - 99, (T if robots_until is None else robots_until) + 1))
    contract = a_contract(id=f"{name}-c", account=name, starts=ENDED - 364, ends=ENDED)
    lost = money.Renewal(
        id=f"{name}-r", account=name, contract=f"{name}-c", due_day=ENDED, outcome="lost", decided_day=ENDED - 9
    )
    p.write(store, "contract", contract)
    p.write(store, "renewal", lost)
    return row


@pytest.fixture
def accounts(store):
    """STAYS goes on; GONE lost its contract and on T - 1 its robot; KEEPS lost its contract and has its robot yet."""
    stays = p.add_account(store, "STAYS", ["s1"])
    p.use(store, "s1", range(T - 99, T + 1))
    return {
        "STAYS": stays, "GONE": leaves(store, "GONE", robots_until=T - 1), "KEEPS": leaves(store, "KEEPS"),
    }  # fmt: skip


def close(store, day):
    return a_closing(store=store).close(day, NOON - (T - day) * DAY_S)


def open_for(store, account):
    with store.read() as connection:
        return ctas.page(connection, CtaFilter(account_id=account), limit=50, playbooks=PLAYBOOKS).items


def explained(store, account, **chosen):
    with store.read() as connection:
        return evidence.explained(
            connection, account, basis="arrived", lang="en", policy=HEALTH, base_timezone="UTC", **chosen
        )


@pytest.mark.usefixtures("accounts")
def test_a_customer_that_left_is_scored_until_its_robots_are_gone_and_then_no_more(store):
    close(store, T - 1)
    assert close(store, T).scored == 2
    with store.read() as connection:
        assert [one.account for one in scores.lines(connection, T - 1, "arrived")] == ["GONE", "KEEPS", "STAYS"]
        assert [one.account for one in scores.lines(connection, T, "arrived")] == ["KEEPS", "STAYS"]
        assert peers_store.load(connection, T, "arrived", None).peers.groups["all"].n == 2


def test_its_open_calls_are_closed_and_what_a_person_wrote_stays(store, accounts):
    close(store, T - 1)
    gone, keeps = accounts["GONE"], accounts["KEEPS"]
    assert "LAPSED" in {one.rule for one in open_for(store, gone)}
    with store.write() as connection:
        acts.add(connection, acts.ByHand(gone, "Call in spring"), "ana", NOON, "UTC", playbooks=PLAYBOOKS)
    close(store, T)
    assert [one.rule for one in open_for(store, gone)] == ["MANUAL"]
    assert "LAPSED" in {one.rule for one in open_for(store, keeps)}
    with store.read() as connection:
        closed = ctas.page(connection, CtaFilter(account_id=gone, state="closed"), limit=50, playbooks=PLAYBOOKS).items
    assert {(one.outcome, one.closed_day) for one in closed} == {("no_longer_needed", days.iso(T))}


def test_the_last_score_stays_and_says_so(store, accounts):
    close(store, T - 1)
    gone = accounts["GONE"]
    assert explained(store, gone).left_day is None
    close(store, T)
    said = explained(store, gone)
    assert (said.explanation.day, said.left_day) == (days.iso(T - 1), days.iso(T))
    assert "has left" in text_of(asdict(said), "en").splitlines()[0]
    assert "已流失" in text_of(asdict(said), "zh").splitlines()[0]
    assert explained(store, gone, as_of=T - 1).left_day is None  # nobody knew that day
    with pytest.raises(NoScore, match=f"left by {days.iso(T)}.*{days.iso(T - 1)}"):
        explained(store, gone, as_of=T)


def test_the_last_customer_that_leaves_is_said_to_have_left_too(store):
    gone = leaves(store, "GONE", robots_until=T - 1)
    close(store, T - 1)
    assert close(store, T).scored == 0
    assert explained(store, gone).left_day == days.iso(T)


def test_who_left_before_the_first_closing_has_no_score_and_is_said_to_have_left(store):
    p.add_account(store, "STAYS", ["s1"])
    gone = leaves(store, "GONE", robots_until=T - 30)
    close(store, T)
    assert open_for(store, gone) == []
    with pytest.raises(NoScore, match="had left by"):
        explained(store, gone)


@pytest.mark.usefixtures("accounts")
def test_who_comes_back_is_scored_again(store):
    close(store, T - 1)
    p.write(store, "contract", a_contract(id="again", account="GONE", starts=T, ends=T + 364), at_s=NOON - DAY_S)
    p.deploy(store, "GONE", "GONE-1", key="again", from_day=T)
    assert close(store, T).scored == 3
