"""Peer groups in the store: what the accounts of a day were compared with, as append-only versions."""

from sqlalchemy import Connection

from collector.accounts.ledger import Basis
from collector.health.peers import PeerTable


def save(connection: Connection, day: int, basis: Basis, peers: PeerTable, policy: str, made_at: int) -> int:
    """Append a version; its number. The same content twice is one version."""
    raise NotImplementedError


def load(connection: Connection, day: int, basis: Basis, policy: str | None = None) -> PeerTable | None:
    """The newest version of that day; with `policy`, of that policy's hash."""
    raise NotImplementedError
