"""The settings that tests run by: the built-in policies, one currency, and a closing made of them."""

from typing import TYPE_CHECKING, Any

from collector.accounts.ledger.checks import FactRules
from collector.accounts.ledger.writing import Terms
from collector.built_in import HEALTH, LIFECYCLE, PLAYBOOKS, SEGMENTS
from collector.calendar import days
from collector.store.engine import Store

if TYPE_CHECKING:
    from collector.closing.run import Closing

CURRENCY = "CNY"
ZONE = "UTC"
RULES = HEALTH.anomaly
GRACE_DAYS = HEALTH.renewal.grace_days
FACT_RULES = FactRules(
    measures=tuple(HEALTH.measures), mute_days=HEALTH.people.mute_days, override_days=HEALTH.people.override_days
)
TERMS = Terms(rules=FACT_RULES, today=days.parse("2026-12-31"))  # nothing that a test tells is still to come
GRAVE = frozenset({"navigation", "network"})  # families of severity 3

__all__ = [
    "CURRENCY",
    "FACT_RULES",
    "GRACE_DAYS",
    "GRAVE",
    "HEALTH",
    "LIFECYCLE",
    "PLAYBOOKS",
    "RULES",
    "SEGMENTS",
    "TERMS",
    "ZONE",
    "a_closing",
]


def a_closing(store: Store, **changed: Any) -> "Closing":
    """A closing of that store by the built-in policies, but for what is named."""
    from collector.closing.run import Closing  # noqa: PLC0415 - benches of other things measure memory without it

    settings: dict[str, Any] = {
        "policy": HEALTH, "lifecycle": LIFECYCLE, "segments": SEGMENTS, "playbooks": PLAYBOOKS,
        "base_currency": CURRENCY, "base_timezone": ZONE, "processes": 2, "basis": "arrived",
    }  # fmt: skip
    return Closing(store=store, **settings | changed)
