"""A rollout on a made-up fleet: days are drawn here, waves and looks are the collector's, a process apart."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simulators.errors import SimulationError
from simulators.rollout_world import MODELS, SCENES, CountHabit, FleetDays, Harm, a_fleet

RARE_MODEL = 4  # one robot in ten


@dataclass(frozen=True)
class TrialWishes:
    """`habit`: faults and uses of a robot and day, drift of accounts. `harm`: factors of faults, of use, of faults on
    one model, and the share of robots that refuse.
    """

    accounts: int
    habit: tuple[float, float, float]
    harm: tuple[float, float, float, float]
    percents: list[float]
    wave_days: int
    seed: int


def run(wishes: TrialWishes, say: Callable[[str], None]) -> bool:
    """Tell the rollout day by day. Whether it did what it should: halted where something was planted, else not."""
    rng = np.random.default_rng(wishes.seed)
    fleet = a_fleet(rng, wishes.accounts)
    form: dict[str, Any] = {
        "account": [f"a{one:05d}" for one in fleet.account], "scene": [SCENES[one] for one in fleet.scene],
        "model": [MODELS[one] for one in fleet.model], "percents": wishes.percents, "wave_days": wishes.wave_days,
        "seed": wishes.seed,
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trial.json"
        drawn = _gate(file, form)
        faults, uses, drift = wishes.habit
        days = FleetDays(rng, fleet, CountHabit(faults, uses, drift), drawn["days"], drawn["offers"][0])
        of_faults, of_uses, of_model, refusing = wishes.harm
        harm = Harm(of_faults, of_uses, (RARE_MODEL, of_model) if of_model != 1 else None, refusing)
        say(f"{fleet.robots} robots at {fleet.accounts} accounts; {faults:g} faults and {uses:g} uses a robot and day")
        for number, (wave, offer) in enumerate(zip(drawn["waves"], drawn["offers"], strict=True), 1):
            installed = days.install(np.asarray(wave), harm, offer)
            at = len({int(fleet.account[one]) for one in wave})
            day = offer - drawn["offers"][0]
            say(f"wave {number}: {len(wave)} robots of {at} accounts on day {day}; {len(installed)} will install it")
        counted = days.counts()
        form |= {"faults": counted[0].tolist(), "uses": counted[1].tolist()}
        found = _gate(file, form)
    return _tell(wishes, drawn, found, say)


def _tell(wishes: TrialWishes, drawn: dict[str, Any], found: dict[str, Any], say: Callable[[str], None]) -> bool:
    for one in found["forecasts"]:
        chance = f"{one['power'][-1]:.0%} of rollouts with {one['test']} × {one['factor']:g} would be halted"
        day = one["enough_days"]
        more = f"; four in five by day {day}" if day is not None else "; too few events"
        robots = f", {one['robots']} robots in the first wave would be enough" if one["robots"] else ""
        say(f"forecast: {chance}{more}{robots}")
    halted = False
    for look in found["looks"]:
        halted = look["answer"] == "halt"
        said = [f"day {look['day']:>2}  wave {look['wave']}  {look['answer']:<13}"]
        said += [f"{name} {_span(look[name])}" for name in ("faults", "use") if look[name] is not None]
        if halted:
            where = f" on {look['model']}" if look["model"] else ""
            said.append(f"by {', '.join(look['halted_by'])}{where}; {len(look['robots'])} robots carry most of it")
        say("  ".join(said))
    planted = any(factor != 1 for factor in wishes.harm[:3])
    if not halted:
        say(f"not halted in {drawn['looks']} looks; that is not “good”: the last line says what is not excluded")
    return halted == planted


def _span(change: dict[str, float]) -> str:
    return f"{change['seen']:+.0%} ({change['low']:+.0%} to {change['high']:+.0%})"


def _gate(file: Path, form: dict[str, Any]) -> dict[str, Any]:
    """What `collector rollout trial` answers. Raises SimulationError with its last words."""
    file.write_text(json.dumps(form), encoding="utf-8")
    command = [sys.executable, "-m", "collector", "rollout", "trial", str(file), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    if done.returncode:
        raise SimulationError(f"collector rollout trial: {done.stderr.strip()[-300:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
