"""What one fact must keep beyond the types of its fields: the ids that it names, the order of its days, its bounds.

Pure. The same complaints meet a person at the API and a row of an imported file; each names the field, what is wrong
and the remedy. Claims of deployments that contradict each other are judged in `claims`, where the robot is known.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from collector.accounts.kinds.registry import KINDS, Kind
from collector.fleet import days

MUTE_MAX_DAYS = 90
OVERRIDE_MAX_DAYS = 30
CSAT_MIN, CSAT_MAX = 1, 5
ROBOT = "robot"  # a robot is no fact, but facts name robots


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with one field, and what to write instead."""

    field: str
    why: str
    remedy: str

    @property
    def text(self) -> str:
        return f"{self.field}: {self.why}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class Ref:
    """One id that a fact names. `kind` is a kind of facts, or `robot`."""

    field: str
    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class KnownRefs:
    """The ids that exist: of facts {kind: {id: the account that it belongs to, or None}}, and names of robots."""

    ids: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    robots: Set[str] = frozenset()


def refers_to(kind: Kind, said: Any) -> list[Ref]:
    """Every id that this fact names and that has to exist."""
    return []


def complaints(kind: Kind, said: Any, known: KnownRefs) -> list[Complaint]:
    """Everything that is wrong with a fact whose fields are of their types already; empty when nothing is."""
    return []
