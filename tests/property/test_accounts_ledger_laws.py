"""Laws of the ledger: it only grows, what was known stays known, and a robot stands with one account a day."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from collector.accounts.ledger import writing
from collector.accounts.ledger.facts import Knowledge, Origin, known, row_ids
from collector.accounts.ledger.kinds import relations, who
from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.ledger.stays import Claim, RobotClaims, Taken, claims_in
from collector.store.tables import fleet as t
from collector.store.tables.ledger import fact, waiting_claim
from tests.plain_facts import a_contract, an_account
from tests.policies import TERMS

NOON = 1_780_000_000
ACCOUNTS, ROBOTS = ("A", "B"), ("r-1", "r-2")
BASES = ("arrived", "recorded")
spans = st.tuples(st.integers(0, 12), st.one_of(st.none(), st.integers(0, 5))).map(
    lambda drawn: (drawn[0], None if drawn[1] is None else drawn[0] + drawn[1])
)
claims = st.builds(
    lambda key, robot, account, span: Claim(key, robot, account, *span),
    st.sampled_from(["k-1", "k-2", "k-3", "k-4", "usage:1", "usage:2"]),
    st.sampled_from(ROBOTS),
    st.sampled_from(ACCOUNTS),
    spans,
)


def lawful(book):
    for robot in ROBOTS:
        standing = list(book.stand.get(robot, {}).values())
        for at, one in enumerate(standing):
            assert not any(one.shares_a_day(other) for other in standing[at + 1 :]), standing
        for waiting in book.wait.get(robot, {}).values():
            assert any(waiting.shares_a_day(other) for other in standing), waiting
    keys = [claim.key for claim in (*claims_in(book.stand), *claims_in(book.wait))]
    assert len(keys) == len(set(keys))
    assert set(book.robots) == set(keys)


@given(st.lists(st.tuples(claims, st.booleans(), st.booleans()), max_size=12))
@settings(max_examples=300, deadline=None)
def test_claims_that_stand_share_no_day_and_those_that_wait_contradict_one(steps):
    book = RobotClaims()
    for claim, keep, take_out in steps:
        if take_out:
            book.take_out(claim.key)
        else:
            put = book.put(claim, keep=keep)
            if not isinstance(put, Taken):
                assert claim in (*claims_in(book.stand), *claims_in(book.wait))
        lawful(book)


@given(st.lists(claims, max_size=8, unique_by=lambda claim: claim.key))
@settings(deadline=None)
def test_a_refused_claim_changes_nothing(made):
    book = RobotClaims()
    for claim in made:
        before = (book.copy().stand, book.copy().wait)
        if isinstance(book.put(claim, keep=False), Taken):
            after = (book.copy().stand, book.copy().wait)
            assert [set(claims_in(shelf)) for shelf in before] == [set(claims_in(shelf)) for shelf in after]


@given(st.permutations([Claim(f"k-{n}", "r-1", ACCOUNTS[n % 2], 10 * n, 10 * n + 9) for n in range(5)]))
def test_claims_that_do_not_meet_stand_in_whatever_order_they_came(order):
    book = RobotClaims()
    for claim in order:
        assert book.put(claim, keep=False) == []
    assert set(claims_in(book.stand)) == set(order)


def a_touch(key, account, day, answered):
    return relations.Touch(
        id=key, account=account, day=day, direction="out", channel="email", answered=answered, summary="spoke"
    )


touches = st.builds(
    a_touch, st.sampled_from(["t-1", "t-2", "t-3"]), st.sampled_from(ACCOUNTS), st.integers(20_000, 20_010),
    st.sampled_from(["yes", "no"]),
)  # fmt: skip
contracts = st.builds(
    lambda key, account, starts, length: a_contract(id=key, account=account, starts=starts, ends=starts + length),
    st.sampled_from(["c-1", "c-2"]), st.sampled_from(ACCOUNTS), st.integers(20_000, 20_010), st.integers(0, 400),
)  # fmt: skip
deployments = st.builds(
    lambda key, account, robot, span: who.Deployment(
        id=key, account=account, robot=robot, from_day=20_000 + span[0],
        to_day=None if span[1] is None else 20_000 + span[1],
    ),
    st.sampled_from(["d-1", "d-2", "d-3"]), st.sampled_from(ACCOUNTS), st.sampled_from(ROBOTS), spans,
)  # fmt: skip
facts = st.one_of(
    touches.map(lambda said: ("touch", said)),
    contracts.map(lambda said: ("contract", said)),
    deployments.map(lambda said: ("deployment", said)),
)
steps = st.lists(
    st.tuples(facts, st.booleans(), st.integers(0, 30), st.one_of(st.none(), st.integers(0, 20_010))),
    min_size=1,
    max_size=10,
)  # what, withdraw it?, seconds after the step before, since which day the source knew it


@pytest.fixture
def prepared(store):
    with store.write() as connection:
        connection.execute(insert(t.robot), [{"name": name, "first_seen_at": NOON} for name in ROBOTS])
        made = [an_account(id=name, name=name) for name in ACCOUNTS]
        writing.write(connection, KINDS["account"], made, Origin("test", NOON - 1, recorded_at=0), TERMS)
    return store


class Undone(Exception):
    """Rolls an example back."""


def take(connection, step, now_s):
    (key, said), gone, _, recorded_day = step
    recorded = None if recorded_day is None else [recorded_day * 86_400]
    if gone:
        writing.withdraw(connection, KINDS[key], [said.id], Origin("test", now_s))
    else:
        writing.write(connection, KINDS[key], [said], Origin("test", now_s), TERMS, recorded=recorded)


def as_known(connection, moment, basis="arrived"):
    ids = sorted(row_ids(connection, ACCOUNTS).values())
    return known(connection, ids, Knowledge(moment, basis))


def one_version_a_moment(connection):
    rows = connection.execute(select(fact)).all()
    moments = sorted({row.recorded_at for row in rows} | {row.arrived_at for row in rows})
    for basis in BASES:
        for moment in moments:
            standing = connection.execute(
                select(fact.c.kind, fact.c.key, func.count())
                .where(Knowledge(moment, basis).holds())
                .group_by(fact.c.kind, fact.c.key)
                .having(func.count() > 1)
            ).all()
            assert standing == [], (basis, moment)


def rows_follow(connection):
    """The rows that usage is joined by are the standing facts, each standing or waiting."""
    claimed = set(connection.scalars(select(t.deployment.c.fact_key)))
    waiting = set(connection.scalars(select(waiting_claim.c.fact_key)))
    stated = {d.id for ledger in as_known(connection, None).values() for d in ledger.deployments}
    assert claimed | waiting == stated
    assert not claimed & waiting


@given(steps)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_known_at_a_moment_never_changes_whatever_is_appended_later(prepared, drawn):
    def example():
        with prepared.write() as connection:
            now_s, seen, bodies = NOON, {}, {}
            for step in drawn:
                now_s += step[2]
                take(connection, step, now_s)
                rows = {row.id: (row.kind, row.key, row.version, row.body, row.arrived_at, row.recorded_at)
                        for row in connection.execute(select(fact))}  # fmt: skip
                assert bodies.items() <= rows.items()  # nothing was overwritten or deleted
                bodies = rows
                for moment, ledgers in seen.items():
                    if moment < now_s:
                        assert as_known(connection, moment) == ledgers
                seen = {moment: ledgers for moment, ledgers in seen.items() if moment < now_s}
                seen[now_s] = as_known(connection, now_s)
                assert as_known(connection, None) == seen[now_s]
            one_version_a_moment(connection)
            rows_follow(connection)
            raise Undone

    with pytest.raises(Undone):
        example()


@given(st.lists(touches, min_size=1, max_size=5, unique_by=lambda said: said.id), st.randoms())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_a_file_does_not_matter_and_writing_it_again_changes_nothing(prepared, said, chance):
    def ledgers_of(order):
        with prepared.write() as connection:
            did = [
                outcome.did for outcome in writing.write(connection, KINDS["touch"], order, Origin("x", NOON), TERMS)
            ]
            again = [
                outcome.did
                for outcome in writing.write(connection, KINDS["touch"], order, Origin("x", NOON + 1), TERMS)
            ]
            assert (set(did), set(again)) == ({"created"}, {"unchanged"})
            found.append(as_known(connection, None))
            raise Undone

    found, shuffled = [], list(said)
    chance.shuffle(shuffled)
    for order in (said, shuffled):
        with pytest.raises(Undone):
            ledgers_of(order)
    assert found[0] == found[1]


@given(touches, touches)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_correction_taken_back_restores_what_was(prepared, said, other):
    corrected = replace(other, id=said.id)
    assume(corrected != said)

    def example():
        with prepared.write() as connection:
            writing.write(connection, KINDS["touch"], [said], Origin("x", NOON), TERMS)
            before = as_known(connection, None)
            writing.write(connection, KINDS["touch"], [corrected], Origin("x", NOON + 1), TERMS)
            writing.rewrite(connection, KINDS["touch"], [(said, False)], Origin("x", NOON + 2))
            assert as_known(connection, None) == before
            writing.rewrite(connection, KINDS["touch"], [(said, True)], Origin("x", NOON + 3))
            assert not any(ledger.touches for ledger in as_known(connection, None).values())
            raise Undone

    with pytest.raises(Undone):
        example()
