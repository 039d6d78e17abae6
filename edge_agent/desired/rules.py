"""What the robot's own file names, of its settings, sources and their rules."""

from collections.abc import Collection, Mapping
from typing import Any

from edge_agent.config import SETTABLE, Settings, meaning
from edge_agent.desired.plan import OwnFile

COUNTERS = "counters"  # the table whose words are counters; those of the others are gauges and families


def own_file(settings: Settings) -> OwnFile:
    """As it was read at the start."""
    limits = {name: meaning(name)[1] for name in ("sample_s", "upload_s")}
    return OwnFile(
        sample_s=settings.sample_s,
        upload_s=settings.upload_s,
        log_level=settings.log_level,
        rules={name: _patterns(settings, name) for name in settings.sources},
        limits={name: (said.low, said.high) for name, said in limits.items()},
        names=frozenset(setting.name for setting in SETTABLE),
    )


def without(settings: Settings, source: str, patterns: Collection[str]) -> Mapping[str, Any]:
    """The source's table without these patterns of its rules."""
    table = settings.source_options.get(source, {})
    return {
        key: {pattern: word for pattern, word in value.items() if pattern not in patterns}
        if isinstance(value, Mapping)
        else value
        for key, value in table.items()
    }


def words(settings: Settings, source: str, patterns: Collection[str]) -> frozenset[str]:
    """The counters that only these patterns lead to."""
    rules = settings.source_options.get(source, {}).get(COUNTERS, {})
    left = {word for pattern, word in rules.items() if pattern not in patterns}
    return frozenset(word for pattern, word in rules.items() if pattern in patterns) - left


def _patterns(settings: Settings, source: str) -> frozenset[str]:
    table = settings.source_options.get(source, {})
    return frozenset(pattern for value in table.values() if isinstance(value, Mapping) for pattern in value)
