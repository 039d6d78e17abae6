"""Peer groups in the store: what the accounts of a day were compared with, as append-only versions."""

from typing import Any

import orjson
from sqlalchemy import Connection, Select, insert, select

from collector.accounts.ledger import Basis
from collector.health.peers import PeerTable
from collector.scoring.packed import SCORE, pack, unpack
from collector.store.tables_health import peer_group


def save(connection: Connection, day: int, basis: Basis, peers: PeerTable, policy: str, made_at: int) -> int:
    """Append a version; its number. The same content twice in a row is one version."""
    body = pack(orjson.dumps(peers.dump(), option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_SORT_KEYS), SCORE)
    newest = connection.execute(_newest(day, basis)).first()
    if newest is not None and newest.body == body and newest.policy == policy:
        return int(newest.version)
    version = 1 if newest is None else newest.version + 1
    row = {"day": day, "basis": basis, "version": version, "policy": policy, "made_at": made_at, "body": body}
    connection.execute(insert(peer_group).values(row))
    return int(version)


def load(connection: Connection, day: int, basis: Basis, policy: str | None = None) -> PeerTable | None:
    """The newest version of that day; with `policy`, of that policy's hash."""
    wanted = _newest(day, basis)
    row = connection.execute(wanted if policy is None else wanted.where(peer_group.c.policy == policy)).first()
    return None if row is None else PeerTable.load(orjson.loads(unpack(row.body)))


def _newest(day: int, basis: Basis) -> Select[Any]:
    return (
        select(peer_group)
        .where(peer_group.c.day == day, peer_group.c.basis == basis)
        .order_by(peer_group.c.version.desc())
        .limit(1)
    )
