"""Who is asking, and what their roles let them do: the one table of roles and rights.

People have roles, one or several: what any of them allows is allowed. `staff`, `reader` and `customer` are roles of
programs: a person has none of them. A `reseller`, a `customer_admin` and a token with the role `customer` see what
some accounts had, on the days they had it (collector/fleet/scope.py); everybody else who sees robots sees all of them.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from collector.fleet.scope import EVERYTHING, Scope


class Role(StrEnum):
    ADMIN = "admin"
    HEAD_OF_CS = "head_of_cs"
    CSM = "csm"
    FLEET_ENGINEER = "fleet_engineer"
    FINANCE = "finance"
    SKILL_REVIEWER = "skill_reviewer"
    PUBLISHER = "publisher"
    RELEASE_MANAGER = "release_manager"
    RESELLER = "reseller"
    CUSTOMER_ADMIN = "customer_admin"
    VIEWER = "viewer"
    STAFF = "staff"
    READER = "reader"
    CUSTOMER = "customer"


OF_PROGRAMS = frozenset({Role.STAFF, Role.READER, Role.CUSTOMER})
OF_PEOPLE = frozenset(Role) - OF_PROGRAMS
OF_SOME_ACCOUNTS = frozenset({Role.RESELLER, Role.CUSTOMER_ADMIN, Role.CUSTOMER})
"""Who sees what some accounts had, and nothing else."""

_CUSTOMER_SUCCESS = frozenset({Role.ADMIN, Role.HEAD_OF_CS, Role.CSM, Role.STAFF})
_ENGINEERS = frozenset({Role.ADMIN, Role.FLEET_ENGINEER, Role.STAFF})

# --- the rights -------------------------------------------------------------------------------------
EVERYONE = frozenset(Role)
"""What is the caller's own, and what is no secret: sessions, tokens, the own profile, the registry of counters."""
SEES_ROBOTS = EVERYONE - {Role.PUBLISHER}
"""Robots, use, faults, completeness, who has them: within the caller's scope."""
INSIDE = _CUSTOMER_SUCCESS | {Role.FINANCE, Role.VIEWER, Role.READER}
"""Everything of every account: ledger, scores, rates, calls to action."""
CUSTOMERS = frozenset({Role.CUSTOMER_ADMIN, Role.CUSTOMER})
"""Whose portal it is: what it opens there is counted as its use."""
SEES_PORTAL = INSIDE | CUSTOMERS
"""A customer's portal: the customer its own, colleagues that of every account, as the customer sees it."""
SEES_FLEET = INSIDE | {Role.FLEET_ENGINEER, Role.RELEASE_MANAGER, Role.SKILL_REVIEWER}
"""What concerns the fleet as a whole: alarms, what was not taken, anomalies, closings that failed."""
WRITERS = _CUSTOMER_SUCCESS
"""Facts of the ledger, calls to action."""
IMPORTERS = frozenset({Role.ADMIN, Role.HEAD_OF_CS, Role.FINANCE, Role.STAFF})
"""Whole tables, and taking them back."""
CLOSERS = frozenset({Role.ADMIN, Role.HEAD_OF_CS, Role.STAFF})
"""Days are closed now, and closed again."""
ENGINEERS = _ENGINEERS
"""Alarms, parked amounts, robots under two names."""
WISHERS = _ENGINEERS | {Role.RELEASE_MANAGER}
"""What a robot should run."""
CHOOSERS = WISHERS | {Role.CUSTOMER_ADMIN}
"""Which skills of the catalogue are on which robots of an account: within the caller's scope."""
ENTITLERS = _CUSTOMER_SUCCESS | {Role.FINANCE}
"""Which account may have which skill, as what was sold, a trial or a grant."""
SEAT_GIVERS = ENTITLERS | CHOOSERS
"""Who of an account may use a skill."""
CURATORS = frozenset({Role.ADMIN, Role.FINANCE, Role.RELEASE_MANAGER, Role.SKILL_REVIEWER})
"""Prices, industries and states of the catalogue; what publishers submit is reviewed."""
APPROVERS = frozenset({Role.ADMIN, Role.HEAD_OF_CS, Role.CSM, Role.STAFF, Role.CUSTOMER_ADMIN, Role.CUSTOMER})
"""A customer's word on a version for its robots: by itself, or by who looks after it."""
SEES_PACKAGES = SEES_FLEET | {Role.PUBLISHER}
"""Who may publish skill packages, and what is published."""
PUBLISHERS = frozenset({Role.ADMIN, Role.PUBLISHER, Role.RELEASE_MANAGER})
"""Signed documents and packages are handed in; whose they are is told by their signatures."""
BILLERS = frozenset({Role.ADMIN, Role.FINANCE})
"""Bills for skills are closed, credited, settled."""
SEES_BILLS = INSIDE | OF_SOME_ACCOUNTS
"""Bills for skills, within the caller's scope."""
CONTESTS_BILLS = frozenset({Role.ADMIN, Role.HEAD_OF_CS, Role.CSM, Role.FINANCE, Role.CUSTOMER_ADMIN})
"""A line of a bill is said to be wrong."""
REVIEWERS = frozenset({Role.ADMIN, Role.SKILL_REVIEWER})
"""Packages that publishers submit are approved and refused, each by a person."""
ADMINS = frozenset({Role.ADMIN})
"""People, tokens of others, webhooks, channels, the clock, the store."""

RIGHTS: dict[str, frozenset[Role]] = {
    "everyone": EVERYONE, "sees_robots": SEES_ROBOTS, "inside": INSIDE, "customers": CUSTOMERS,
    "sees_portal": SEES_PORTAL, "sees_fleet": SEES_FLEET, "writers": WRITERS, "importers": IMPORTERS,
    "closers": CLOSERS, "engineers": ENGINEERS, "wishers": WISHERS, "choosers": CHOOSERS, "entitlers": ENTITLERS,
    "seat_givers": SEAT_GIVERS, "curators": CURATORS, "approvers": APPROVERS, "sees_packages": SEES_PACKAGES,
    "publishers": PUBLISHERS, "reviewers": REVIEWERS, "billers": BILLERS, "sees_bills": SEES_BILLS,
    "contests_bills": CONTESTS_BILLS, "admins": ADMINS,
}  # fmt: skip


WHOSE_PORTAL = frozenset({"customers"})
"""The one right that lets do nothing more: it says whose portal it is, so that a maker without it gives it away."""


def rights_of(roles: frozenset[Role]) -> frozenset[str]:
    """The names of what these roles together allow."""
    return frozenset(name for name, allowed in RIGHTS.items() if roles & allowed)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking. `account` is the customer's external id of a token, None for everybody else.

    `roles`: all that a person has; empty: `role` alone. `limit`: what the maker of a token has, which the token is
    never above. `csm`: whose accounts are "mine". `stamp` proves a session: whatever ends sessions changes it.
    `address`: from where, empty where nobody knows.
    """

    token_id: int
    name: str
    role: Role
    scope: Scope
    account: str | None = None
    stamp: str = field(default="", repr=False)
    person_id: int | None = None
    roles: frozenset[Role] = frozenset()
    limit: frozenset[Role] | None = None
    csm: str | None = None
    address: str = ""

    @property
    def holds(self) -> frozenset[Role]:
        return self.roles or frozenset({self.role})

    @property
    def rights(self) -> frozenset[str]:
        """The names of all rights, those of the maker taken into account."""
        own = rights_of(self.holds)
        return own if self.limit is None else own & (rights_of(self.limit) | WHOSE_PORTAL)

    def may(self, allowed: frozenset[Role]) -> bool:
        """Whether one of the roles is allowed, and for a token one of its maker's too."""
        limit = None if allowed == CUSTOMERS else self.limit
        return bool(self.holds & allowed) and (limit is None or bool(limit & allowed))

    @property
    def holder(self) -> int:
        """A number of the token, or of the person who signed in with a password (below zero)."""
        return self.token_id or -(self.person_id or 0)

    def at(self, address: str) -> "Caller":
        return replace(self, address=address)


COMMAND_LINE = Caller(0, "command line", Role.ADMIN, EVERYTHING)
"""Whoever may open the store's file or database may do everything."""
THE_CLOCK = Caller(0, "clock", Role.ADMIN, EVERYTHING)
"""The jobs of the collector itself."""
