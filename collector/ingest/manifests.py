"""What skills declare of their counters, from the manifests in a folder: the plausible rate of each.

Only `key`, `unit` and `most_per_h` of a `[[counter]]` are read; the rest of a manifest is the skill's own
(docs/skills.md, `opk lint`).
"""

import tomllib
from pathlib import Path
from typing import Any

from collector.errors import ConfigurationError
from collector.ingest.bounds import Bounds
from protocol.counters import COUNTERS, UNIT_MOST_PER_H


def bounds_of(folder: Path | None) -> Bounds:
    """The registry's rates, and those of `*/skill.toml` in the folder. Raises ConfigurationError in one line."""
    if folder is None:
        return Bounds()
    if not folder.is_dir():
        raise ConfigurationError(
            "skill_manifests {folder}: there is no such folder; it holds a folder for each skill", folder=folder
        )
    most = {key: counter.most_per_h for key, counter in COUNTERS.items()}
    for file in sorted(folder.glob("*/skill.toml")):
        try:
            said = tomllib.loads(file.read_text(encoding="utf-8")).get("counter", [])
            most |= dict(_declared(counter) for counter in said)
        except (OSError, ValueError, KeyError, TypeError) as error:
            why = f"{type(error).__name__}: {error}"
            raise ConfigurationError(
                "skill_manifests {file}: {why}; `opk lint` says what is wrong", file=file, why=why
            ) from error
    return Bounds(most)


def _declared(counter: dict[str, Any]) -> tuple[str, int]:
    """Raises ValueError, KeyError and TypeError."""
    key, most = counter["key"], counter.get("most_per_h", UNIT_MOST_PER_H[counter["unit"]])
    if not isinstance(key, str) or "." not in key:
        raise ValueError(f"{key!r} is no counter of a skill")
    if not isinstance(most, int) or most < 1:
        raise ValueError(f"most_per_h of {key} is no whole number of at least 1")
    return key, most
