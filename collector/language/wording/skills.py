"""Words of the page of skills, and of skills on other pages."""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language.catalogue import deferred_in

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "not_as_wished": deferred_in("page", "Not as wished"),
        "not_as_wished_note": deferred_in("page", "desired · downloaded · installed · active are four facts"),
        "all_as_wished": deferred_in("page", "Every robot runs what is wished of it"),
        "all_as_wished_note": deferred_in(
            "page", "A robot on which a skill is not as wished stands here, with why and whose turn it is."
        ),
        "whose_turn": deferred_in("page", "Whose turn"),
        "wished_since": deferred_in("page", "Wished since"),
        "skill_versions_h": deferred_in("page", "Versions, 28 days"),
        "skill_versions_note": deferred_in(
            "page", "Faults are all of the robots that ran the version, while it ran, not its own alone."
        ),
        "wished_on": deferred_in("page", "Wished on"),
        "active_on": deferred_in("page", "Active on"),
        "skill_crashes": deferred_in("page", "Crashes"),
        "put_aside_on": deferred_in("page", "Put aside on"),
        "more_not_as_wished": deferred_in("page", "{n} more robots are not shown; the API lists them all"),
        "four_facts_h": deferred_in("page", "Desired · downloaded · installed · active"),
    }
)
"""All of them."""
