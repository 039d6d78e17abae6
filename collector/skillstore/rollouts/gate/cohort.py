"""The robots that a rollout may offer a version to, frozen before anything is drawn. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Cohort:
    """One entry a robot in each array: numbers from 0 for its account, its scene and its model."""

    account: Ints
    scene: Ints
    model: Ints

    @property
    def robots(self) -> int:
        return len(self.account)

    @cached_property
    def accounts(self) -> int:
        return int(self.account.max()) + 1 if self.robots else 0

    @cached_property
    def models(self) -> int:
        return int(self.model.max()) + 1 if self.robots else 0

    @cached_property
    def robots_of(self) -> Ints:
        """How many robots each account has."""
        return np.bincount(self.account, minlength=self.accounts)

    @cached_property
    def members(self) -> Ints:
        """The robots, account by account."""
        return np.argsort(self.account, kind="stable")

    @cached_property
    def starts(self) -> Ints:
        """Where each account begins in `members`."""
        return np.concatenate(([0], np.cumsum(self.robots_of)))[:-1]

    def sums(self, values: Floats) -> Floats:
        """The sum of a value of robots for each account."""
        return np.bincount(self.account, weights=values, minlength=self.accounts).astype(np.float64)


def cohort_of(accounts: Sequence[str], scenes: Sequence[str], models: Sequence[str]) -> Cohort:
    """Numbers for names, one entry a robot in each. Names are numbered in their own order, whatever the robots' is."""
    if not len(accounts) == len(scenes) == len(models):
        raise ValueError("a robot has one account, one scene and one model")
    return Cohort(*(np.unique(np.asarray(names, dtype=object), return_inverse=True)[1].astype(np.int64)
                    for names in (accounts, scenes, models)))  # fmt: skip
