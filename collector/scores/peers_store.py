"""What the accounts of a day were compared with, in the store: peers, how counts vary, incidents. Append-only versions.

Whoever is scored again later, alone, is compared with the same.
"""

from dataclasses import asdict, dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Select, insert, select

from collector.accounts.ledger.facts import Basis
from collector.health.anomalies.falls import Variation
from collector.health.anomalies.incidents import Incident
from collector.health.score.peers import PeerTable
from collector.scores.packed import SCORE, pack, unpack
from collector.store.tables.health import peer_group


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one day's accounts, all together, say of each other."""

    peers: PeerTable
    variation: Variation
    incidents: tuple[Incident, ...]


def save(connection: Connection, day: int, basis: Basis, made: Comparison, policy: str, made_at: int) -> int:
    """Append a version; its number. The same content twice in a row is one version."""
    said = {
        "peers": made.peers.dump(),
        "variation": asdict(made.variation),
        "incidents": [asdict(one) for one in made.incidents],
    }
    body = pack(orjson.dumps(said, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_SORT_KEYS), SCORE)
    newest = connection.execute(_newest(day, basis)).first()
    if newest is not None and newest.body == body and newest.policy == policy:
        return int(newest.version)
    version = 1 if newest is None else newest.version + 1
    row = {"day": day, "basis": basis, "version": version, "policy": policy, "made_at": made_at, "body": body}
    connection.execute(insert(peer_group).values(row))
    return int(version)


def load(connection: Connection, day: int, basis: Basis, policy: str | None) -> Comparison | None:
    """The newest version of that day by the policy of that hash; None: by whichever policy it is."""
    wanted = _newest(day, basis)
    row = connection.execute(wanted if policy is None else wanted.where(peer_group.c.policy == policy)).first()
    said = None if row is None else orjson.loads(unpack(row.body))
    return None if said is None or "variation" not in said else _loaded(said)


def _loaded(said: dict[str, Any]) -> Comparison:
    spreads = {key: (mean, between) for key, (mean, between) in said["variation"]["dispersion"].items()}
    seen = (Incident(**{**one, "accounts": tuple(one["accounts"])}) for one in said["incidents"])
    return Comparison(PeerTable.load(said["peers"]), Variation(spreads, said["variation"]["week_excess"]), tuple(seen))


def _newest(day: int, basis: Basis) -> Select[Any]:
    return (
        select(peer_group)
        .where(peer_group.c.day == day, peer_group.c.basis == basis)
        .order_by(peer_group.c.version.desc())
        .limit(1)
    )
