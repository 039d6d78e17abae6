"""The keys that the collector itself holds: it can say what is current, and never what a package is."""

from dataclasses import dataclass
from pathlib import Path

from collector.calendar.days import DAY_S, HOUR_S
from opk_skills.trust.keys import PrivateKey, load_key

SNAPSHOT_LIVES_S = 7 * DAY_S
TIMESTAMP_LIVES_S = DAY_S
ISSUE_EVERY_S = HOUR_S
NAMES = ("snapshot", "timestamp", "desired")


@dataclass(frozen=True, slots=True)
class Online:
    """Three keys, each for one thing. `desired` signs what a robot shall run; it has no role in the repository."""

    snapshot: PrivateKey
    timestamp: PrivateKey
    desired: PrivateKey

    @classmethod
    def load(cls, folder: Path) -> "Online":
        """From `snapshot.key`, `timestamp.key` and `desired.key`, which have no passphrase. Raises KeyProblem."""
        return cls(*(load_key(folder / f"{name}.key", None) for name in NAMES))
