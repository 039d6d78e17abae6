"""Calls to action as the reads give them, for tests of what is said of them."""

from typing import Any

from collector.success.ctas import Cta
from collector.success.playbooks import Text


def a_call(**fields: Any) -> Cta:
    made: dict[str, Any] = {
        "id": 1, "account": "ACME", "account_name": "Acme Museum", "rule": "RENEWAL", "reason": "",
        "title": Text(en="Renew", zh="续费"),
        "severity": 0.5, "priority": 50.0, "state": "open", "owner": "ana", "owner_name": "Ana", "occasion": "risk",
        "opened_day": "2026-11-01", "seen_day": "2026-11-01", "due_day": "2026-11-08", "snoozed_until": None,
        "closed_day": None, "outcome": "", "useful": None, "evidence": {},
    }  # fmt: skip
    return Cta(**made | fields)
