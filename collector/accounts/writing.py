"""The one door into the ledger, for the API and for files: judge facts, then append them.

Everything happens in the caller's transaction. What is refused is told item by item; unless `partial` is asked for,
one refused item means that nothing is written at all. An account's fact also makes the account's row, a deployment's
fact its row or a conflict (claims).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from collector.accounts.checks import Complaint
from collector.accounts.kinds.registry import Kind
from collector.accounts.ledger import Origin

Did = Literal["created", "corrected", "unchanged", "withdrawn", "refused"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item, or, when it was only judged, what would. `row_id`: the row of `fact` written for it.

    `conflicts`: ids of the deployments that a kept claim contradicts.
    """

    id: str
    did: Did
    version: int | None = None
    row_id: int | None = None
    complaints: tuple[Complaint, ...] = ()
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """How facts are taken.

    correct         an id that stands already is corrected; False: refused
    keep_conflicts  a deployment that contradicts another account's is kept as a conflict; False: refused
    new_robots      a deployment may name a robot that has never connected: it is made
    coming          ids of the same kind that are written later in the same transaction, so that they may be named
    """

    correct: bool = True
    keep_conflicts: bool = True
    new_robots: bool = False
    coming: Collection[str] = ()


TERMS = Terms()


def judge(connection: Connection, kind: Kind, items: Sequence[Any], terms: Terms = TERMS) -> list[Outcome]:
    """What `write` would do with each item, in order. Reads only."""
    raise NotImplementedError


def write(
    connection: Connection,
    kind: Kind,
    items: Sequence[Any],
    origin: Origin,
    terms: Terms = TERMS,
    *,
    recorded: Sequence[int] | None = None,
    partial: bool = False,
) -> list[Outcome]:
    """Append these facts (instances of `kind.model`), in order; what became of each.

    `recorded`: since when the source knew each item, in seconds (see `recorded_by_history`); None: `origin` says it
    for all. When an item is refused and `partial` is False nothing is written: the others say what would have been.
    """
    raise NotImplementedError


def withdraw(
    connection: Connection, kind: Kind, ids: Sequence[str], origin: Origin, *, partial: bool = False
) -> list[Outcome]:
    """Say of these facts that they never were so. Refused where standing facts refer to one of them."""
    raise NotImplementedError


def rewrite(connection: Connection, kind: Kind, versions: Sequence[tuple[Any, bool]], origin: Origin) -> list[int]:
    """Append (fact, withdrawn) without judging it: what the undo of an import restores. Rows of `fact`, in order.

    The account's and the deployment's rows follow. Ask `dependents` first where something is withdrawn.
    """
    raise NotImplementedError


def dependents(connection: Connection, kind: Kind, ids: Sequence[str]) -> dict[str, list[str]]:
    """{id: up to three standing facts that refer to it, as "contract c-1"}; ids that nothing refers to are left out."""
    raise NotImplementedError


def recorded_by_history(kind: Kind, said: Any) -> int:
    """Since when a source knew an imported fact of the past: the beginning (UTC) of its day; 0 where it has none."""
    raise NotImplementedError
