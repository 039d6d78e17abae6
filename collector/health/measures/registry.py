"""Every measure of the model: the one list of them, in order of their keys. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from collector.health.measures import commercial, habit, relation, reliability, usage
from collector.health.measures.measure import Measure

_ALL = (*usage.MEASURES, *habit.MEASURES, *reliability.MEASURES, *relation.MEASURES, *commercial.MEASURES)
BY_KEY: Mapping[str, Measure] = MappingProxyType({each.key: each for each in sorted(_ALL, key=lambda each: each.key)})
MEASURES = tuple(BY_KEY)
GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {group: tuple(key for key in MEASURES if key[0] == group) for group in sorted({key[0] for key in MEASURES})}
)
TELEMETRY = tuple(key for key, each in BY_KEY.items() if each.is_telemetry)
COUNT_RATES = frozenset(key for key, each in BY_KEY.items() if each.is_count_rate)
LOWER_IS_BETTER = frozenset(key for key, each in BY_KEY.items() if each.is_lower_better)
IN_FILES = frozenset(key for key, each in BY_KEY.items() if each.is_in_files)
LOW_USE = tuple(key for key, each in BY_KEY.items() if each.is_low_use)
OF_SCENE = frozenset(key for key, each in BY_KEY.items() if each.is_of_scene)
