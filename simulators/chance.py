"""The few distributions that robots are drawn from. Each takes its own `random.Random`: none is global."""

import math
from random import Random


def poisson(rng: Random, mean: float) -> int:
    """Events in a span. Exact below a mean of 20, the normal approximation above (error < 1 %)."""
    if mean <= 0:
        return 0
    if mean > 20:  # noqa: PLR2004 - see the contract
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, product, events = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        events += 1
    return events


def part(rng: Random, whole: int, share: float) -> int:
    """How many of `whole` turn out so; never more than all of them."""
    if whole <= 0 or share <= 0:
        return 0
    if share >= 1:
        return whole
    mean = whole * share
    if whole < 12:  # noqa: PLR2004 - a dozen draws cost less than a square root is worth
        return sum(rng.random() < share for _ in range(whole))
    if mean < 10:  # noqa: PLR2004 - rare events of many: Poisson is close enough
        return min(whole, poisson(rng, mean))
    return min(whole, max(0, round(rng.gauss(mean, math.sqrt(mean * (1 - share))))))


def about(rng: Random, spread: float) -> float:
    """A factor around 1 (log-normal, mean 1): how one robot or one day differs from the next."""
    return math.exp(rng.gauss(-spread * spread / 2, spread))
