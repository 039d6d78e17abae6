"""What an installed package may do, as its verified manifest.json declares: counters, rates, limits. Pure.

The agent does not judge the manifest: whoever installed the package did. It reads the few fields by which it bounds
the skill, and takes the least of what a field may say where one is missing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from protocol.counters import COUNTERS, UNIT_MOST_PER_H
from protocol.limits import COUNTER_KEY

MANIFEST = "manifest.json"
MANIFEST_MAX_BYTES = 128 * 1024
COUNTERS_MAX = 400  # of one skill; a window has no room for more
SIZES_MB = (32, 48, 96)  # of memory; a unit of each ships


class ManifestUnusable(Exception):
    """Nothing of this package can run here; the message says why."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """`most_per_h`: each counter that it may add to, and what one robot plausibly counts of it in an hour."""

    key: str
    version: str
    most_per_h: Mapping[str, int]
    permissions: frozenset[str]
    memory_mb: int = 32
    cpu_percent: int = 20
    disk_mb: int = 4
    processes: int = 4


def parse(data: bytes) -> Allowed:
    """Raises ManifestUnusable."""
    try:
        raw = json.loads(data) if len(data) <= MANIFEST_MAX_BYTES else None
    except (ValueError, RecursionError) as error:
        raise ManifestUnusable(f"not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise ManifestUnusable(f"an object of at most {MANIFEST_MAX_BYTES} bytes was expected")
    program = raw.get("runtime")
    if not isinstance(program, dict) or program.get("kind") != "python":
        raise ManifestUnusable("it is no Python program: this robot's agent cannot run it")
    key, version = raw.get("key"), raw.get("version")
    if not isinstance(key, str) or not isinstance(version, str):
        raise ManifestUnusable("key and version are missing")
    limits = raw.get("limits") if isinstance(raw.get("limits"), dict) else {}
    assert isinstance(limits, dict)
    memory = limits.get("memory_mb", SIZES_MB[0])
    return Allowed(
        key=key,
        version=version,
        most_per_h=_rates(raw, key),
        permissions=frozenset(_texts(raw.get("permissions"))),
        memory_mb=memory if memory in SIZES_MB else SIZES_MB[0],
        cpu_percent=_whole(limits.get("cpu_percent"), 1, 50, 20),
        disk_mb=_whole(limits.get("disk_mb"), 0, 64, 4),
        processes=_whole(limits.get("processes"), 1, 16, 4),
    )


def _rates(raw: Mapping[str, Any], key: str) -> dict[str, int]:
    """Counters of the registry that it names, and those of its own: they begin with its key."""
    rates = {name: COUNTERS[name].most_per_h for name in _texts(raw.get("counts")) if name in COUNTERS}
    own = raw.get("counter", ())
    for entry in own if isinstance(own, list) else ():
        name = entry.get("key") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name.startswith(f"{key}.") or not COUNTER_KEY.fullmatch(name):
            continue
        usual = UNIT_MOST_PER_H.get(entry.get("unit"), min(UNIT_MOST_PER_H.values()))
        rates[name] = _whole(entry.get("most_per_h"), 1, 2**53, usual)
    if len(rates) > COUNTERS_MAX:
        raise ManifestUnusable(f"it declares more than {COUNTERS_MAX} counters")
    return rates


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _whole(value: Any, low: int, high: int, absent: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        return absent
    return min(high, max(low, value))
