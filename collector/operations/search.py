"""The search over everything that has a page, for everybody: each role finds what it may open."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from sqlalchemy import Connection

from collector.access.caller import EVERYONE, INSIDE, SEES_FLEET, SEES_ROBOTS, Role
from collector.context import Context
from collector.operations.operation import operation
from collector.success import finding
from collector.success.finding import AccountFound, ContactFound, ContractFound, Found, RobotFound, SkillFound, Wanted

Sort = Literal["accounts", "robots", "contacts", "skills", "contracts"]
SORTS: tuple[Sort, ...] = get_args(Sort)
OF_EACH = 6
OF_ONE = 50
TEXT_MAX_CHARS = 64
_NOTHING: Found[Any] = Found([], 0)
_READS: Mapping[Sort, tuple[Callable[[Connection, Wanted], Found[Any]], frozenset[Role]]] = {
    "accounts": (finding.accounts, SEES_ROBOTS), "robots": (finding.robots, SEES_ROBOTS),
    "contacts": (finding.contacts, INSIDE), "skills": (finding.skills, SEES_FLEET),
    "contracts": (finding.contracts, INSIDE),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """`of` None: a few of each sort; else one page of that sort alone, from 1 on."""

    text: str
    of: Sort | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class Findings:
    """All empty where the text is empty, and where the caller may not see that sort at all."""

    accounts: Found[AccountFound]
    robots: Found[RobotFound]
    contacts: Found[ContactFound]
    skills: Found[SkillFound]
    contracts: Found[ContractFound]


@operation(roles=EVERYONE)
def search(context: Context, asked: Search) -> Findings:
    """Accounts, robots, contacts, skills and contracts whose name or id holds the text; the case does not matter."""
    text = asked.text.strip().replace("\x00", "")[:TEXT_MAX_CHARS]
    caller = context.caller
    few = Wanted(text, caller.scope, context.today(), OF_EACH)
    wanted = few if asked.of is None else replace(few, limit=OF_ONE, offset=OF_ONE * (max(asked.page, 1) - 1))

    def read(connection: Connection) -> Findings:
        found = {
            sort: of(connection, wanted) if caller.may(roles) and asked.of in {None, sort} else _NOTHING
            for sort, (of, roles) in _READS.items()
        }
        return Findings(**found)

    return context.read(read) if text else Findings(*(_NOTHING for _ in SORTS))
