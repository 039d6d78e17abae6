"""How long to wait before the next attempt: the one formula of the agent, the collector and the simulators.

    ceiling = min(most_s, first_s * 2 ** (attempt - 1))
    delay   = ceiling * chance

A random share of a ceiling that doubles ("full jitter" with `chance` from [0, 1)) spreads thousands of
robots that lose the same broker in the same second. A caller that must not ask again at once passes a
`chance` from [0.5, 1): then it waits at least half of the ceiling. When failures are forgotten is the
caller's decision: it begins again with attempt 1.
"""

_DOUBLINGS_MAX = 64  # 2**64 s is beyond every bound; the power stays small after years of failures


def delay_s(attempt: int, first_s: float, most_s: float, chance: float) -> float:
    """Seconds to wait after the `attempt`-th failure in a row (the first is 1; less counts as 1).

    `first_s` is the ceiling after the first failure, `most_s` the largest ceiling, `chance` a random number in [0, 1].
    """
    doublings = min(max(attempt, 1) - 1, _DOUBLINGS_MAX)
    return min(most_s, first_s * 2.0**doublings) * chance
