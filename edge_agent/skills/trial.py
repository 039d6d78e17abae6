"""A release that was switched to is on trial: what the agent saw of it decides whether it stays. Pure.

The agent writes what runs to `running.json`; a release that it had to put aside goes back to the one before, and one
that ran for a while stays. What was rolled back is not tried again until other settings or another release are wished.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Verdict = Literal["proven", "failed", "open"]
FIELDS = ("sha256", "settings")  # of what was tried, as it is kept


@dataclass(frozen=True, slots=True)
class Tried:
    """A release with the settings it was tried under (a digest)."""

    sha256: str
    settings: str


@dataclass(frozen=True, slots=True)
class Trials:
    """By skill: what is on trial, and what failed it last."""

    open: Mapping[str, Tried] = field(default_factory=dict)
    failed: Mapping[str, Tried] = field(default_factory=dict)

    def begun(self, key: str, tried: Tried) -> "Trials":
        """It was switched to."""
        return replace(self, open={**self.open, key: tried}, failed=_without(self.failed, key))

    def ended(self, key: str, verdict: Verdict) -> "Trials":
        """It stays, or it failed."""
        failed = {**self.failed, key: self.open[key]} if verdict == "failed" else self.failed
        return replace(self, open=_without(self.open, key), failed=failed)

    def only(self, keys: frozenset[str]) -> "Trials":
        """Those of skills that are still known."""
        return Trials(
            {key: one for key, one in self.open.items() if key in keys},
            {key: one for key, one in self.failed.items() if key in keys},
        )

    def note(self) -> dict[str, Any]:
        """As it is kept on the disk."""
        return {
            name: {key: [one.sha256, one.settings] for key, one in tried.items()}
            for name, tried in (("open", self.open), ("failed", self.failed))
        }


def restored(note: object) -> Trials:
    """Of what was kept; nothing where that cannot be read."""
    said = note if isinstance(note, dict) else {}
    return Trials(_tried(said.get("open")), _tried(said.get("failed")))


def _tried(said: object) -> dict[str, Tried]:
    rows = said.items() if isinstance(said, dict) else ()
    return {str(key): Tried(*map(str, row)) for key, row in rows if isinstance(row, list) and len(row) == len(FIELDS)}


def verdict(tried: Tried, running: object) -> Verdict:
    """`running`: what the agent's running.json says of the skill."""
    said = running if isinstance(running, dict) else {}
    if said.get("sha256") != tried.sha256:
        return "open"
    if said.get("phase") == "quarantined":
        return "failed"
    return "proven" if said.get("phase") == "active" and said.get("steady") is True else "open"


def digest(settings: Mapping[str, Any]) -> str:
    """Tells settings apart."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True, ensure_ascii=True).encode()).hexdigest()[:16]


def _without(tried: Mapping[str, Tried], key: str) -> dict[str, Tried]:
    return {name: one for name, one in tried.items() if name != key}
