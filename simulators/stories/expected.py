"""Whether a collector saw the stories: what it says of each account, beside what the story must show. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from simulators.stories.cast import Customer


@dataclass(frozen=True, slots=True)
class Seen:
    """What a collector says of one account. `final` None: nothing to judge by."""

    account: str
    band: str
    final: float | None
    codes: Collection[str]
    why: str = ""


def differences(customers: Sequence[Customer], seen: Sequence[Seen]) -> list[str]:
    """One line for each thing that is not as the story says; empty: every story was seen."""
    of_account = {one.account: one for one in seen}
    found = []
    for customer in customers:
        one, truth = of_account.get(customer.key), customer.plot.truth
        told = f"{customer.key} ({customer.plot.key})"
        if not truth.bands:
            if one is not None:
                found.append(f"{told}: has left and is scored ({one.final})")
            continue
        if one is None:
            found.append(f"{told}: no score")
            continue
        missing = truth.shows - set(one.codes)
        extra = set(one.codes) - truth.shows - truth.may
        if missing:
            found.append(f"{told}: {', '.join(sorted(missing))} should hold and does not")
        if extra:
            found.append(f"{told}: {', '.join(sorted(extra))} holds and should not")
        if one.band not in truth.bands:
            wanted = " or ".join(truth.bands)
            found.append(f"{told}: {one.band} ({one.final}), should be {wanted}")
    return found
