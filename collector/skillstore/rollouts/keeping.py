"""A rollout in the store: its plan, its draws, its robots, its looks.

Draws and the sums of the fortnight before are made once, when the rollout is drawn, and kept: every look judges by the
same ones, also after an upgrade of what made them.
"""

import io
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import orjson
from sqlalchemy import Connection, Row, func, insert, select, text, update

from collector.skillstore.rollouts.gate.cohort import Cohort, Ints, cohort_of
from collector.skillstore.rollouts.gate.draws import DrawRule
from collector.skillstore.rollouts.gate.looks import Struck
from collector.skillstore.rollouts.gate.plan import Alpha, Draws, FortnightBefore
from collector.skillstore.rollouts.planning import RolloutOrders, RolloutWave, gate_plan
from collector.skillstore.rollouts.progress import MAY_BECOME, OPEN, RolloutState
from collector.store.lists import insert_all
from collector.store.tables.rollouts import rollout, rollout_answer, rollout_look, rollout_robot, rollout_wave

_TURN = 0x726F6C6C  # who begins a rollout on PostgreSQL takes a turn, as on SQLite


@dataclass(frozen=True, slots=True)
class RolloutRow:
    """One rollout without its draws. `settings` is JSON."""

    id: int
    skill: str
    version: str
    digest: str
    settings: str
    orders: RolloutOrders
    state: RolloutState
    reason: str
    why: str
    seed: int
    forecasts: list[dict[str, Any]]
    first_day: int | None
    who: str
    made_at: int
    changed_at: int


@dataclass(frozen=True, slots=True)
class WaveRow:
    wave: int
    size: int
    judged: bool
    offered_at: int | None


@dataclass(frozen=True)
class KeptDraw:
    """What a look judges by. `robots`: row ids in the order of the cohort."""

    robots: tuple[int, ...]
    draws: Draws
    past: FortnightBefore
    models: tuple[str, ...]  # the names of the cohort's numbers


def orders_of(text: str) -> RolloutOrders:
    form = orjson.loads(text)
    for name in ("percents", "uses", "families", "accounts", "models"):
        form[name] = tuple(form[name])
    form["blackouts"] = tuple((first, last) for first, last in form["blackouts"])
    return RolloutOrders(**(form | {"rule": DrawRule(form["rule"]), "alpha": Alpha(**form["alpha"])}))


_PLAIN = tuple(column for column in rollout.c if column.name != "draws")


def take_turn(connection: Connection) -> None:
    """Until the end of the transaction nobody else begins a rollout: two of one skill would both find none open."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})


def add(connection: Connection, values: Mapping[str, Any], orders: RolloutOrders) -> int:
    """A new one, with no wave and no robot yet."""
    made = insert(rollout).values(**values, orders=orjson.dumps(asdict(orders)).decode()).returning(rollout.c.id)
    return int(connection.execute(made).scalar_one())


def one(connection: Connection, rollout_id: int, *, locked: bool = False) -> RolloutRow | None:
    """`locked`: nobody else changes it before this transaction ends (SQLite has one writer at a time anyway)."""
    query = select(*_PLAIN).where(rollout.c.id == rollout_id)
    row = connection.execute(query.with_for_update() if locked else query).one_or_none()
    return None if row is None else _of(row)


def listed(connection: Connection, states: Iterable[RolloutState] | None, limit: int) -> list[RolloutRow]:
    """Newest first."""
    query = select(*_PLAIN).order_by(rollout.c.id.desc()).limit(limit)
    if states is not None:
        query = query.where(rollout.c.state.in_([state.value for state in states]))
    return [_of(row) for row in connection.execute(query)]


def moving(connection: Connection, limit: int) -> list[RolloutRow]:
    """Those that go on or are taken back, and what each skill's newest has come to: robots go on answering it."""
    newest = select(func.max(rollout.c.id)).group_by(rollout.c.skill)
    goes_on = rollout.c.state.in_([state.value for state in (*OPEN, RolloutState.TAKEN_BACK)])
    query = select(*_PLAIN).where(goes_on | rollout.c.id.in_(newest)).order_by(rollout.c.id.desc()).limit(limit)
    return [_of(row) for row in connection.execute(query)]


def change(connection: Connection, rollout_id: int, now_s: int, **values: Any) -> None:
    connection.execute(update(rollout).where(rollout.c.id == rollout_id).values(changed_at=now_s, **values))


def become(connection: Connection, rollout_id: int, now_s: int, state: RolloutState, **values: Any) -> bool:
    """False, and nothing is written: as it stands by now it may not become that. Every change of a state comes here.

    Whoever decided on an older reading (a look takes seconds) is told that somebody was faster.
    """
    now = one(connection, rollout_id, locked=True)
    if now is None or state not in MAY_BECOME[now.state]:
        return False
    change(connection, rollout_id, now_s, state=state.value, **values)
    return True


def waves(connection: Connection, rollout_id: int) -> list[WaveRow]:
    query = select(rollout_wave).where(rollout_wave.c.rollout_id == rollout_id).order_by(rollout_wave.c.wave)
    return [WaveRow(row.wave, row.size, row.judged, row.offered_at) for row in connection.execute(query)]


def begin_wave(connection: Connection, rollout_id: int, wave: int, now_s: int) -> None:
    """Its robots are offered the version from now on; every clock of the gate starts here."""
    own = rollout_wave.c.rollout_id == rollout_id, rollout_wave.c.wave == wave
    connection.execute(update(rollout_wave).where(*own).values(offered_at=now_s))


def keep_draw(
    connection: Connection, rollout_id: int, planned: Sequence[RolloutWave], draws: Draws | None,
    rows: Sequence[Mapping[str, Any]],
) -> None:  # fmt: skip
    """Waves, draws, and every robot, drawn or left out."""
    stamp = {"rollout_id": rollout_id}
    insert_all(
        connection, rollout_wave,
        [stamp | {"wave": each.wave, "size": each.size, "judged": each.judged} for each in planned],
    )  # fmt: skip
    insert_all(connection, rollout_robot, [stamp | dict(row) for row in rows])
    if draws is not None:
        connection.execute(update(rollout).where(rollout.c.id == rollout_id).values(draws=_packed(draws.orders)))


def kept_draw(connection: Connection, row: RolloutRow) -> KeptDraw | None:
    """None where no wave can be judged."""
    blob = connection.execute(select(rollout.c.draws).where(rollout.c.id == row.id)).scalar_one()
    planned = [RolloutWave(each.wave, each.size, each.judged) for each in waves(connection, row.id)]
    plan = gate_plan(planned, row.orders)
    if blob is None or plan is None:
        return None
    query = select(rollout_robot).where(rollout_robot.c.rollout_id == row.id, rollout_robot.c.place.is_not(None))
    robots = connection.execute(query.order_by(rollout_robot.c.place)).all()
    models = [each.model for each in robots]
    cohort: Cohort = cohort_of([f"{each.account_id:020d}" for each in robots], [each.scene for each in robots], models)
    faults, uses, days = (
        np.asarray([getattr(each, name) for each in robots], dtype=np.float64)
        for name in ("past_faults", "past_uses", "past_days")
    )
    return KeptDraw(
        tuple(each.robot_id for each in robots), Draws(cohort, plan, _unpacked(blob)),
        FortnightBefore(cohort, faults, uses, days), tuple(sorted(set(models))),
    )  # fmt: skip


def _packed(orders: Ints) -> bytes:
    file = io.BytesIO()
    np.save(file, orders.astype(np.int32), allow_pickle=False)
    return zlib.compress(file.getvalue(), 1)


def _unpacked(blob: bytes) -> Ints:
    found: Ints = np.load(io.BytesIO(zlib.decompress(blob)), allow_pickle=False).astype(np.int64)
    return found


def struck_of(blob: bytes | None, draws: Draws) -> Struck:
    """What the looks before have struck out. None: there was none."""
    n = draws.number - 1
    if blob is None:
        nothing = np.zeros(n, dtype=bool)
        return Struck(nothing, nothing, nothing)
    bits = np.unpackbits(np.frombuffer(blob, dtype=np.uint8)).astype(bool)
    third = -(-n // 8) * 8
    return Struck(*(bits[at * third : at * third + n] for at in range(3)))


def bits_of(struck: Struck) -> bytes:
    return b"".join(np.packbits(each).tobytes() for each in (struck.faults, struck.use, struck.faults_of_a_model))


def last_look(connection: Connection, rollout_id: int) -> Row[Any] | None:
    query = select(rollout_look).where(rollout_look.c.rollout_id == rollout_id)
    return connection.execute(query.order_by(rollout_look.c.day.desc()).limit(1)).one_or_none()


def answers(connection: Connection, rollout_id: int) -> dict[int, bool]:
    query = select(rollout_answer).where(rollout_answer.c.rollout_id == rollout_id)
    return {row.account_id: row.approves for row in connection.execute(query)}


def _of(row: Row[Any]) -> RolloutRow:
    return RolloutRow(
        row.id, row.skill, row.version, row.digest, row.settings, orders_of(row.orders), RolloutState(row.state),
        row.reason, row.why, int(row.seed), orjson.loads(row.forecasts), row.first_day, row.who, row.made_at,
        row.changed_at,
    )  # fmt: skip
