"""Which robots come first: drawn at random by account, and drawn again as often as the test needs it. Pure.

A draw is an order of robots; a wave is the next slice of it. `FEW_OF_EACH` takes at most three robots of an account,
and at most half of it (rounded up), so that the rest of the same account stays as its control; accounts with one robot
come last. `WHOLE_ACCOUNTS` takes an account with all its robots or not at all. What matters for the power of the gate
is the number of accounts in a wave, so the first is the usual way.

The numbers come from the raw stream of PCG64, which numpy promises never to change: a rollout that has begun is
judged by the same draws after an upgrade.
"""

from enum import StrEnum

import numpy as np

from collector.skillstore.rollouts.gate.cohort import Cohort, Ints

MOST_OF_AN_ACCOUNT = 3
MOST_OF_A_WHOLE_ACCOUNT = 10
NOBODY = -1


class DrawRule(StrEnum):
    """How robots of an account are taken."""

    FEW_OF_EACH = "few_of_each"
    WHOLE_ACCOUNTS = "whole_accounts"


def drawn(cohort: Cohort, rule: DrawRule, size: int, seed: int) -> Ints:
    """The first `size` robots of one random order, as indexes into the cohort.

    Fewer where the cohort has fewer, or where no further whole account fits; the places that stay empty are -1.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    taken = _few_of_each(cohort, size, rng) if rule is DrawRule.FEW_OF_EACH else _whole(cohort, size, rng)
    order = np.full(size, NOBODY, dtype=np.int64)
    order[: len(taken)] = taken
    return order


def redrawn(cohort: Cohort, rule: DrawRule, size: int, seed: int, draws: int) -> Ints:
    """`draws` further orders by the same rule: an array of draws × size. The seed is the rollout's own."""
    seeds = np.random.SeedSequence(seed).generate_state(draws, np.uint64)
    return np.stack([drawn(cohort, rule, size, int(each)) for each in seeds])


def quotas(cohort: Cohort) -> Ints:
    """How many robots of each account may come before every other account had its turn."""
    robots = cohort.robots_of
    return np.where(robots >= 2, np.minimum(MOST_OF_AN_ACCOUNT, -(-robots // 2)), 0)  # noqa: PLR2004 a half needs two


def _few_of_each(cohort: Cohort, size: int, rng: np.random.Generator) -> Ints:
    order = np.argsort(rng.random(cohort.accounts), kind="stable")
    quota = quotas(cohort)
    enough = int(np.searchsorted(np.cumsum(quota[order]), size)) + 1
    first = _of_accounts(cohort, order[:enough], quota, rng)
    if len(first) >= size:
        return first[:size]
    rest = np.setdiff1d(np.arange(cohort.robots), first, assume_unique=True)
    later = rest[np.argsort(rng.random(len(rest)), kind="stable")]
    return np.concatenate((first, later))[:size]


def _of_accounts(cohort: Cohort, order: Ints, quota: Ints, rng: np.random.Generator) -> Ints:
    """A random `quota` of the robots of each account, in the order of accounts."""
    robots = cohort.robots_of[order]
    rank = np.repeat(np.arange(len(order)), robots)
    begins = np.cumsum(robots) - robots
    members = cohort.members[np.arange(len(rank)) - begins[rank] + cohort.starts[order][rank]]
    shuffled = np.argsort(rank + rng.random(len(rank)), kind="stable")
    place = np.arange(len(rank)) - begins[rank]
    return members[shuffled][place < quota[order][rank]]


def _whole(cohort: Cohort, size: int, rng: np.random.Generator) -> Ints:
    taken: list[Ints] = []
    left = size
    for account in np.argsort(rng.random(cohort.accounts), kind="stable"):
        robots = int(cohort.robots_of[account])
        if robots <= min(left, MOST_OF_A_WHOLE_ACCOUNT):
            start = int(cohort.starts[account])
            taken.append(cohort.members[start : start + robots])
            left -= robots
        if left == 0:
            break
    return np.concatenate(taken) if taken else np.empty(0, dtype=np.int64)
