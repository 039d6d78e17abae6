"""An account that is scored again alone has the score that it has among all: its peers are those of the closing."""

import os
import random
from dataclasses import replace

import pytest

from collector.closing import workers
from collector.health.score import peers
from collector.scores import peers_store, scores
from collector.store.engine import Store
from tests import portfolio as p
from tests.policies import a_closing
from tests.portfolio import NOON, T

SUBSETS = int(os.environ.get("SUBSETS", "12"))
SCENES = ("exhibition_hall", "ktv", "")


@pytest.fixture
def accounts(store: Store) -> list[int]:
    """Thirty accounts whose use, scene, size and past differ; some robots are silent, some are new."""
    drawn, found = random.Random(5), []
    for n in range(30):
        robots = [f"r{n}-{one}" for one in range(1 + n % 3)]
        found.append(p.add_account(store, f"A{n}", robots, industry="museum", scene=SCENES[n % 3]))
        for one in robots:
            factor = drawn.choice((1, 2, 5))
            counts = {key: count * factor for key, count in p.COUNTS.items()}
            until = T if one == "r1-0" else T + drawn.choice((1, 1, 1, -4))
            p.use(store, one, range(T - drawn.choice((99, 60, 20)), until), counts)
        if n % 4 == 0:
            p.fault(store, robots[0], "navigation", (T - 3) * p.DAY_S, (T - 3) * p.DAY_S + p.HOUR_S)
    return found


def stored(store: Store, accounts: list[int]) -> dict[int, scores.ScoreVersion]:
    with store.read() as connection:
        return scores.newest(connection, accounts, T, "arrived")


def differing(store: Store, accounts: list[int], subsets: int, **settings) -> list[int]:
    """Accounts whose score is another one after they were scored again in random subsets, in random order."""
    closing, drawn, found = a_closing(store=store, **settings), random.Random(7), []
    before = stored(store, accounts)
    for _ in range(subsets):
        some = drawn.sample(accounts, drawn.choice((1, 1, 2, len(accounts))))
        assert closing.close(T, NOON, accounts=some, again=True).scored == len(some)
        after = stored(store, some)
        found += [one for one in some if after[one].scored != before[one].scored]
    return found


def test_scored_again_alone_is_scored_among_all_bit_for_bit(store, accounts):
    a_closing(store=store).close(T, NOON)
    assert differing(store, accounts, SUBSETS) == []


def test_two_processes_score_a_subset_as_one_does(store, accounts, monkeypatch):
    a_closing(store=store).close(T, NOON)
    monkeypatch.setattr(workers, "ALONE_BELOW", 1)
    assert differing(store, accounts, 2, processes=2) == []


def test_an_account_that_is_its_own_peer_is_caught(store, accounts, monkeypatch):
    """The control: without what the store keeps of an account among its peers, scores move with nothing changed."""
    a_closing(store=store).close(T, NOON)
    load = peers_store.load
    monkeypatch.setattr(peers_store, "load", lambda *args: replace(load(*args), members={}))
    assert differing(store, accounts, SUBSETS)


def test_the_peers_of_a_day_are_frozen_with_its_first_closing_until_the_whole_day_is_closed_again(store, accounts):
    closing = a_closing(store=store)
    closing.close(T, NOON)
    p.late(store, "r1-0", T, {key: 50 * count for key, count in p.COUNTS.items()})
    closing.follow_late(NOON + p.HOUR_S)
    moved = [one for one in accounts if stored(store, accounts)[one].version > 1]
    assert moved == [accounts[1]]
    assert closing.close(T, NOON + p.HOUR_S).scored == 0
    assert differing(store, [one for one in accounts if one not in moved], 4) == []
    assert closing.close(T, NOON + 2 * p.HOUR_S, again=True).scored == len(accounts)
    assert differing(store, accounts, 4) == []


def test_what_the_store_keeps_of_members_is_what_they_were(store, accounts):
    closing = a_closing(store=store)
    closing.close(T, NOON)
    with store.read() as connection:
        made = peers_store.load(connection, T, "arrived", closing.policy.hash)
    assert set(made.members) == set(accounts)
    built = peers.PeerTable.load(made.peers.dump())
    for key, group in built.groups.items():
        members = [
            one
            for one in made.members.values()
            if key in {peers.scene_key(one.words[1]), *(each for _, each in peers.keys_of(*one.words))}
        ]
        assert group.n == len(members)
