"""What a day's score and ledger give reason to do: proposals, from which calls to action are opened. Pure.

A proposal is not yet work for anybody: `decisions` says which become calls to action, `store.update` keeps them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from collector.accounts.ledger_view import AccountLedger
from collector.health.model import AccountDay, Scored


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Something to do for an account. Account, rule and reason together are one call to action, however often seen."""

    row_id: int
    account: str  # its id
    rule: str  # a Code of the health model (SILENT, DROP, …) or one of this package's own (RENEWAL, PROMISE, …)
    reason: str  # a stable word, or the id of the fact that it is about
    severity: float  # 0..1
    due_day: int | None = None  # where the rule itself has a day; else the playbook's
    evidence: Mapping[str, Any] = field(default_factory=dict)  # facts, robots, days, measures; JSON


def of(
    scored: Scored, ledger: AccountLedger, days: Sequence[AccountDay], day: int, *, before: Scored | None = None
) -> list[Proposal]:
    """Everything that `day` gives reason to do for this account, at most one per rule and reason.

    `days` are the score's own (for objectives), `before` the score of the day before (for a fall of the band).
    """
    raise NotImplementedError
