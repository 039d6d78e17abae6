"""A simulated portfolio judged by the health model without a store: what its stories must show, in seconds.

The ledger's facts become ledgers, what the robots write becomes robot-days and faults, and these account-days, as the
rollup makes them. Nothing of it is a double of the rules: only the store and the wire are left out.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from collector.accounts.contracts.arr import arr_on
from collector.accounts.contracts.exchange_rates import Rates, Stated
from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.ledger.view import FIELD_OF_KIND, AccountLedger
from collector.accounts.lifecycle.stage import Signs, has_left, stage_by_rules
from collector.built_in import HEALTH as DEFAULT
from collector.health.anomalies import incidents
from collector.health.anomalies.falls import judge_all
from collector.health.anomalies.usage_statistics import statistics
from collector.health.model import HISTORY_DAYS, AccountDay, AccountInputs, Fleet, Scored
from collector.health.score import peers, readings, score
from collector.scores.rollup.robot_days import STUCK_S, Adding, RobotUsageDay, Stay
from simulators.stories.place import number
from simulators.stories.portfolio import Portfolio
from simulators.stories.robots import StoryRobot, midnight
from tests.plain_facts import BASE
from tests.policies import GRACE_DAYS, HEALTH, LIFECYCLE

DAY_S = 86_400
GRAVE = {family for family, level in DEFAULT.severity.items() if level >= 3}


@dataclass
class Judged:
    """Everything that the model says of T."""

    inputs: dict[str, AccountInputs]
    scored: dict[str, Scored] = field(default_factory=dict)
    incidents: tuple[Any, ...] = ()
    verdicts: Mapping[str, Any] = field(default_factory=dict)


def judged(portfolio: Portfolio) -> Judged:
    made = Judged(_inputs(portfolio))
    found = [
        statistics(one, DEFAULT.anomaly, DEFAULT.scene(one.ledger.account.scene).counter)
        for one in made.inputs.values()
    ]
    bare = judge_all(found, DEFAULT.anomaly)
    made.incidents = tuple(incidents.find(found, bare, DEFAULT.anomaly))
    made.verdicts = incidents.muted(bare, made.incidents)
    read = {key: readings.read(one, policy=HEALTH) for key, one in made.inputs.items()}
    table = peers.build(read.values(), policy=HEALTH)
    here = [key for key, one in made.inputs.items() if not _has_left(one)]
    made.scored = {key: score.score(read[key], table, verdict=made.verdicts.get(key), policy=HEALTH) for key in here}
    return made


def _has_left(one: AccountInputs) -> bool:
    stage, _ = stage_by_rules(one.ledger, one.day, Signs(), policy=LIFECYCLE, grace_days=GRACE_DAYS)
    return has_left(one.ledger, one.day, stage)


def ledgers(portfolio: Portfolio) -> dict[str, AccountLedger]:
    facts: dict[str, dict[str, list[Any]]] = {customer.key: {} for customer in portfolio.customers}
    accounts: dict[str, Any] = {}
    for key, rows in portfolio.ledger().kinds():
        for row in rows:
            said: dict[str, Any] = {n: t == "true" if t in {"true", "false"} else t for n, t in row.items()}
            said.pop("recorded_day", None)
            fact = KINDS[key].adapter.validate_python(KINDS[key].with_base(said, BASE))
            if key == "account":
                accounts[fact.id] = fact
            elif key in FIELD_OF_KIND:
                facts[fact.account].setdefault(FIELD_OF_KIND[key], []).append(
                    (KINDS[key].day_of(fact) or -1, fact.id, fact)
                )
    return {
        key: AccountLedger(
            row_id=row_id, account=accounts[key],
            **{name: tuple(item[2] for item in sorted(said, key=lambda item: item[:2])) for name, said in of.items()},
        )
        for row_id, (key, of) in enumerate(facts.items(), 1)
    }  # fmt: skip


def _inputs(portfolio: Portfolio) -> dict[str, AccountInputs]:
    known, first = ledgers(portfolio), portfolio.today - HISTORY_DAYS + 1
    of_row = {ledger.row_id: ledger for ledger in known.values()}
    robots = {robot.name: n for n, robot in enumerate((r for of in portfolio.robots.values() for r in of), 1)}
    wire_day = portfolio.today + 1 - portfolio.wire_days
    lives = {robot.name: lived(robot, portfolio) for robot in portfolio.crew()}
    stays = [
        Stay(
            robots[d.robot], ledger.row_id, d.from_day, d.to_day, d.site,
            max(wire_day, d.from_day) if d.robot in lives else None,
            frozenset({"interaction"}),  # what every robot of the stories says that it can count
        )
        for ledger in known.values()
        for d in ledger.deployments
    ]  # fmt: skip
    adding = Adding(of_row, stays, (), first, portfolio.today)
    adding.days(_rows(portfolio, robots, lives, first))
    for name, life in lives.items():
        for family, opened_s, closed_s in life.faults:
            adding.fault(robots[name], family, _local(portfolio, opened_s), 1)
            end_s = midnight(portfolio.today + 1, portfolio.zone) if closed_s is None else closed_s
            if family in GRAVE and end_s - opened_s >= STUCK_S:
                adding.stuck(robots[name], _local(portfolio, opened_s + STUCK_S), _local(portfolio, end_s - 1))
    days: dict[int, list[AccountDay]] = {row_id: [] for row_id in of_row}
    for (row_id, _), day in sorted(adding.result().items()):
        days[row_id].append(day)
    return {
        key: AccountInputs(
            day=portfolio.today, ledger=ledger, days=tuple(days[ledger.row_id]), fleet=_fleet(portfolio, key, lives),
            arr=arr_on(ledger, portfolio.today, RATES, grace_days=GRACE_DAYS),
            feeds=dict.fromkeys(("touch", "invoice", "ticket"), portfolio.today),
        )
        for key, ledger in known.items()
    }  # fmt: skip


@dataclass
class Life:
    """What a robot wrote: counts and covered seconds by day and hour, faults (family, opened, closed), firmware."""

    counts: dict[int, Counter[str]] = field(default_factory=dict)
    hours: dict[int, list[int]] = field(default_factory=dict)
    faults: list[tuple[str, int, int | None]] = field(default_factory=list)
    rom: str = ""


def lived(robot: StoryRobot, portfolio: Portfolio) -> Life:
    life, seq, open_at = Life(), 0, {}

    def append(record: dict[str, Any]) -> int:
        nonlocal seq
        seq += 1
        if record["kind"] == "window":
            at = datetime.fromtimestamp(record["at"], portfolio.zone)
            day = number(at.date())
            life.counts.setdefault(day, Counter()).update(record["counts"])
            life.hours.setdefault(day, [0] * 24)[at.hour] += record["span"]
        elif record["kind"] == "fault" and record["state"] == "open":
            open_at[seq] = len(life.faults)
            life.faults.append((record["family"], record["at"], None))
        elif record["kind"] == "fault":
            n = open_at.pop(record["opened"])
            life.faults[n] = (*life.faults[n][:2], record["at"])
        elif record.get("event") == "start":
            life.rom = record["detail"]["rom"]
        return seq

    robot.release(midnight(portfolio.today + 1, portfolio.zone), append)
    return life


def _rows(
    portfolio: Portfolio, robots: Mapping[str, int], lives: Mapping[str, Life], first: int
) -> Iterable[RobotUsageDay]:
    for _, name, day, counts in portfolio.usage(first):
        yield RobotUsageDay(robots[name], number(day), counts, 0, None, imported=True)
    for name, life in lives.items():
        for day, told in life.counts.items():
            yield RobotUsageDay(robots[name], day, told, sum(life.hours[day]), life.hours[day], imported=False)


def _fleet(portfolio: Portfolio, key: str, lives: Mapping[str, Life]) -> Fleet:
    crew = [robot for robot in portfolio.robots[key] if robot.name in lives]
    roms = Counter(lives[robot.name].rom for robot in crew)
    return Fleet(models=Counter(robot.scene.model for robot in crew), roms=roms, agents={"simulated/1": len(crew)})


def _local(portfolio: Portfolio, at_s: int) -> int:
    return number(datetime.fromtimestamp(at_s, portfolio.zone).date())


RATES = Rates("CNY", {"USD": Stated("USD", 7.1, 0)})
