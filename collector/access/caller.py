"""Who is asking, and what the role lets them do.

admin      everything, also tokens            customer   reads what one account had, on the days it had it
staff      reads everything, writes accounts, deployments, history and wishes
reader     reads everything (Grafana, a spreadsheet, another system)
"""

from dataclasses import dataclass, field
from enum import StrEnum

from collector.fleet.scope import EVERYTHING, Scope


class Role(StrEnum):
    ADMIN = "admin"
    STAFF = "staff"
    READER = "reader"
    CUSTOMER = "customer"


EVERYONE = frozenset(Role)
INSIDE = frozenset({Role.ADMIN, Role.STAFF, Role.READER})
WRITERS = frozenset({Role.ADMIN, Role.STAFF})
ADMINS = frozenset({Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking. `account` is the customer's external id, None for everybody else."""

    token_id: int
    name: str
    role: Role
    scope: Scope
    account: str | None = None
    token_hash: str = field(default="", repr=False)


COMMAND_LINE = Caller(0, "command line", Role.ADMIN, EVERYTHING)
"""Whoever may open the store's file or database may do everything."""
THE_CLOCK = Caller(0, "clock", Role.ADMIN, EVERYTHING)
"""The jobs of the collector itself."""
