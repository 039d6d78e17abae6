"""How much of the allowed chance of a false halt is spent by each look. Pure."""

from math import e, log

import numpy as np

from collector.skillstore.rollouts.gate.cohort import Flags, Floats

SAME = 1e-9  # statistics that differ by less are equal: sums in another order


def spent(alpha: float, look: int, looks: int) -> float:
    """The chance of a false halt that may be used up after `look` of `looks` (1 … looks), of `alpha` in all.

    The Pocock-type function of Lan and DeMets (1983): early looks get nearly their equal share, since a rollout that
    harms is to be stopped in its first days.
    """
    if not 1 <= look <= looks:
        raise ValueError(f"look {look} of {looks}")
    return alpha * log(1 + (e - 1) * look / looks)


def judged(real: float, draws: Floats, struck: Flags, allowed: int) -> tuple[bool, Flags]:
    """Whether the real draw is among the worst, and the draws that are struck out from here on.

    `real` and `draws` are statistics of one look, harm positive; `allowed` is how many draws may be struck out in all
    by now, the real one counted as one of them. Draws struck out at earlier looks stay out. A tie counts against a
    halt: equal values are not worse.
    """
    new = allowed - int(struck.sum())
    if new <= 0:
        return False, struck
    left = np.flatnonzero(~struck)
    values = draws[left]
    if int((values >= real - SAME * max(1.0, abs(real))).sum()) < new:
        return True, struck
    worst = left[np.argsort(-values, kind="stable")[:new]]
    out = struck.copy()
    out[worst] = True
    return False, out


def limits(draws: Floats, allowed: list[int]) -> Floats:
    """What a real draw must exceed at each look to halt, given the statistics of the others: draws × looks.

    Infinite at a look that may not halt. `judged` gives the same answer draw by draw.
    """
    struck = np.zeros(len(draws), dtype=bool)
    found = np.full(draws.shape[1], np.inf)
    for look, number in enumerate(allowed):
        new = number - int(struck.sum())
        if new <= 0:
            continue
        left = np.flatnonzero(~struck)
        worst = left[np.argsort(-draws[left, look], kind="stable")[:new]]
        found[look] = draws[worst[-1], look]
        struck[worst] = True
    return found
