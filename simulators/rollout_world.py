"""A fleet of customers of unequal size, whose robots count faults and uses from day to day, and a version that harms.

What a rollout's gate is tried on. Robots, accounts, days and account-days differ more than by chance (gamma factors);
accounts keep weekly seasons by scene and closed days; models are unevenly spread over accounts; busy robots refuse an
update more often. The numbers are a choice, not a measurement of a real fleet.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SCENES = ("exhibition_hall", "ktv", "scenic_spot", "conference")
MODELS = ("R1", "R2", "S1", "S2", "T1")
SHARES = (0.40, 0.25, 0.15, 0.10, 0.10)
SEASONS = (  # of the seven days of a week, by scene
    (1, 1, 1, 1, 1, 0.3, 0.3),
    (0.8, 0.8, 0.9, 1, 1.3, 1.3, 0.9),
    (0.7, 0.7, 0.7, 0.8, 1.1, 1.3, 1.3),
    (1, 1, 1, 1, 1, 1, 1),
)
TYPICAL_ROBOTS, SPREAD_OF_SIZES, MOST_ROBOTS = 3.8, 0.75, 40
OF_THE_ACCOUNTS_MODEL = 0.7
CLOSED_SHARE, CLOSED_LEVEL = 0.03, 0.03
ROBOT_SHAPE, ACCOUNT_SHAPE, DAY_SHAPE, ACCOUNT_DAY_SHAPE = 2.0, 4.0, 2.0, 20.0


@dataclass(frozen=True)
class RolloutFleet:
    """Numbers of account, scene and model, one entry a robot."""

    account: Ints
    scene: Ints
    model: Ints

    @property
    def robots(self) -> int:
        return len(self.account)

    @property
    def accounts(self) -> int:
        return int(self.account.max()) + 1


@dataclass(frozen=True)
class CountHabit:
    """Mean events of a robot and day; `drift` is how far accounts change their level once, when the rollout begins."""

    faults: float
    uses: float
    drift: float = 0.0


@dataclass(frozen=True)
class Harm:
    """What a version does where it is installed, as factors: of all faults, of faults on one model, of use."""

    faults: float = 1.0
    uses: float = 1.0
    faults_of_model: tuple[int, float] | None = None
    refusing: float = 0.05  # share of the offered robots that never install


def a_fleet(rng: np.random.Generator, accounts: int) -> RolloutFleet:
    """Accounts of 1 to 40 robots, five on average."""
    sizes = np.clip(np.round(rng.lognormal(np.log(TYPICAL_ROBOTS), SPREAD_OF_SIZES, accounts)), 1, MOST_ROBOTS)
    account = np.repeat(np.arange(accounts), sizes.astype(np.int64))
    usual = rng.choice(len(MODELS), p=SHARES, size=accounts)[account]
    other = rng.choice(len(MODELS), p=SHARES, size=len(account))
    model = np.where(rng.random(len(account)) < OF_THE_ACCOUNTS_MODEL, usual, other)
    return RolloutFleet(account, rng.integers(0, len(SCENES), accounts)[account], model)


class FleetDays:
    """Means of every robot and day, into which a version may be installed, and the counts drawn from them."""

    def __init__(
        self, rng: np.random.Generator, fleet: RolloutFleet, habit: CountHabit, days: int, rollout_day: int
    ) -> None:
        self.rng, self.fleet, self.rollout_day = rng, fleet, rollout_day
        week = np.asarray(SEASONS)[:, (rng.integers(0, 7) + np.arange(days)) % 7]
        closed = np.where(rng.random((fleet.accounts, days)) < CLOSED_SHARE, CLOSED_LEVEL, 1.0)
        shape = week[fleet.scene] * closed[fleet.account]
        self.faults = self._means(habit.faults, shape)
        self.uses = self._means(habit.uses, shape)
        if habit.drift:
            for means in (self.faults, self.uses):
                factor = self._factors(1 / habit.drift**2, fleet.accounts)[fleet.account]
                means[:, rollout_day:] *= factor[:, None]

    def _factors(self, shape: float, size: int | tuple[int, int]) -> Floats:
        return self.rng.gamma(shape, 1 / shape, size)

    def _means(self, mean: float, shape: Floats) -> Floats:
        fleet, days = self.fleet, shape.shape[1]
        level = self._factors(ROBOT_SHAPE, fleet.robots) * self._factors(ACCOUNT_SHAPE, fleet.accounts)[fleet.account]
        by_day = self._factors(DAY_SHAPE, (fleet.robots, days))
        by_account = self._factors(ACCOUNT_DAY_SHAPE, (fleet.accounts, days))[fleet.account]
        return mean * level[:, None] * shape * by_day * by_account

    def install(self, robots: Ints, harm: Harm, day: int) -> Ints:
        """A version on these robots from a day on. Busy ones refuse more often. Returns those that installed it."""
        busy = self.uses[robots, : self.rollout_day].sum(axis=1) ** 2
        refusing = self.rng.choice(
            len(robots), size=round(harm.refusing * len(robots)), replace=False, p=busy / busy.sum()
        )
        installed = np.delete(robots, refusing)
        self.faults[installed, day:] *= harm.faults
        self.uses[installed, day:] *= harm.uses
        if harm.faults_of_model:
            model, factor = harm.faults_of_model
            self.faults[installed[self.fleet.model[installed] == model], day:] *= factor
        return installed

    def counts(self) -> tuple[Floats, Floats]:
        """Faults and uses, robots × days."""
        return self.rng.poisson(self.faults).astype(float), self.rng.poisson(self.uses).astype(float)
