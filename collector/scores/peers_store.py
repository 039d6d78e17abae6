"""What the accounts of a day were compared with, in the store: peers, how counts vary, incidents. Append-only versions.

Whoever is scored again later, alone, is compared with the same, without what it is of them itself (`members`).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Select, insert, select

from collector.accounts.ledger.facts import Basis
from collector.health.anomalies.falls import Variation
from collector.health.anomalies.incidents import Incident
from collector.health.model import Reading
from collector.health.score.peers import Member, PeerTable
from collector.scores.packed import SCORE, pack, unpack
from collector.store.tables.health import peer_group

_NUMBERS = ("value", "count", "exposure", "target")


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one day's accounts, all together, say of each other."""

    peers: PeerTable
    variation: Variation
    incidents: tuple[Incident, ...]
    members: Mapping[int, Member]  # account -> what of `peers` it is; empty in what older releases stored


def save(connection: Connection, day: int, basis: Basis, made: Comparison, policy: str, made_at: int) -> int:
    """Append a version; its number. The same content twice in a row is one version."""
    said = {
        "peers": made.peers.dump(),
        "variation": asdict(made.variation),
        "incidents": [asdict(one) for one in made.incidents],
    }
    body = pack(orjson.dumps(said, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_SORT_KEYS), SCORE)
    members = pack(orjson.dumps(_columns(made.members)), SCORE)
    newest = connection.execute(_newest(day, basis)).first()
    if newest is not None and (newest.body, newest.members, newest.policy) == (body, members, policy):
        return int(newest.version)
    version = 1 if newest is None else newest.version + 1
    row = {
        "day": day, "basis": basis, "version": version, "policy": policy, "made_at": made_at, "body": body,
        "members": members,
    }  # fmt: skip
    connection.execute(insert(peer_group).values(row))
    return int(version)


def load(connection: Connection, day: int, basis: Basis, policy: str | None) -> Comparison | None:
    """The newest version of that day by the policy of that hash; None: by whichever policy it is."""
    wanted = _newest(day, basis)
    row = connection.execute(wanted if policy is None else wanted.where(peer_group.c.policy == policy)).first()
    said = None if row is None else orjson.loads(unpack(row.body))
    if row is None or said is None or "variation" not in said:
        return None
    return _loaded(said, {} if row.members is None else _members(orjson.loads(unpack(row.members))))


def incidents(connection: Connection, day: int, basis: Basis) -> tuple[Incident, ...]:
    """Those of the newest version of that day, by whichever policy: an explanation needs none of the rest."""
    body = connection.scalar(_newest(day, basis).with_only_columns(peer_group.c.body))
    said = {} if body is None else orjson.loads(unpack(body))
    return _incidents(said) if "variation" in said else ()


def _incidents(said: Mapping[str, Any]) -> tuple[Incident, ...]:
    return tuple(Incident(**{**one, "accounts": tuple(one["accounts"])}) for one in said["incidents"])


def _columns(members: Mapping[int, Member]) -> dict[str, Any]:
    """Members as columns, which pack to a third of their rows: row ids, words, and each measure's four numbers."""
    words = sorted({one.words for one in members.values()})
    place = {each: number for number, each in enumerate(words)}
    measures = sorted({name for one in members.values() for name in one.readings})
    columns: dict[str, list[list[float | None]]] = {}
    for name in measures:
        said = [one.readings.get(name) for one in members.values()]
        columns[name] = [[None if one is None else getattr(one, field) for one in said] for field in _NUMBERS]
    return {
        "accounts": list(members), "words": words, "of": [place[one.words] for one in members.values()],
        "measures": columns,
    }  # fmt: skip


def _members(said: Mapping[str, Any]) -> dict[int, Member]:
    found: dict[int, Member] = {}
    for at, (account_id, of) in enumerate(zip(said["accounts"], said["of"], strict=True)):
        readings = {
            name: Reading(measure=name, **{field: each[at] for field, each in zip(_NUMBERS, columns, strict=True)})
            for name, columns in said["measures"].items()
            if columns[0][at] is not None
        }
        found[account_id] = Member(tuple(said["words"][of]), readings)
    return found


def _loaded(said: dict[str, Any], members: Mapping[int, Member]) -> Comparison:
    spreads = {key: (mean, between) for key, (mean, between) in said["variation"]["dispersion"].items()}
    closed = {region: tuple(days) for region, days in said["variation"].get("closed", {}).items()}
    variation = Variation(spreads, said["variation"]["week_excess"], closed)
    return Comparison(PeerTable.load(said["peers"]), variation, _incidents(said), members)


def _newest(day: int, basis: Basis) -> Select[Any]:
    return (
        select(peer_group)
        .where(peer_group.c.day == day, peer_group.c.basis == basis)
        .order_by(peer_group.c.version.desc())
        .limit(1)
    )
