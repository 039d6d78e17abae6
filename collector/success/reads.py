"""What briefs, plans and suggestions are made of, read from the store for one account at a time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

import orjson
from sqlalchemy import Connection, or_, select

from collector.accounts.ledger import facts
from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.ledger.kinds.who import Account
from collector.accounts.ledger.view import AccountLedger
from collector.calendar import days
from collector.health.model import AccountDay, Fleet
from collector.health.policy.file import Policy
from collector.scores import reads, scores
from collector.store.tables.fleet import deployment, desired
from collector.store.tables.ledger import fact
from collector.store.tables.success import cta
from collector.success import brief as briefs
from collector.success import plans as plan_views
from collector.success import suggestions
from collector.success.brief import Brief
from collector.success.plans import Plans
from collector.success.playbooks import Playbooks
from collector.success.suggestions import Suggestions, Use

PEERS_MAX = 1_000  # accounts compared with, by id: more say no more


def last_day(connection: Connection, account_id: int, known: AccountLedger, now_s: int) -> int:
    """The day that an account is looked at: its newest scored one, else yesterday where it lives."""
    scored = scores.newest_day(connection, account_id, "arrived")
    if scored is not None:
        return scored
    return days.of(now_s, known.account.timezone) - 1


def brief(connection: Connection, account_id: int, now_s: int, day: int | None, playbooks: Playbooks) -> Brief | None:
    """None: the account has no facts yet."""
    known = facts.known(connection, [account_id], facts.NOW).get(account_id)
    if known is None:
        return None
    today = days.of(now_s, known.account.timezone) if day is None else day
    if day is None:
        day = last_day(connection, account_id, known, now_s)
    counted = _days(connection, account_id, known, day)
    now = scores.as_of(connection, account_id, day, "arrived", None)
    before = scores.as_of(connection, account_id, briefs.since_day(known, day, playbooks.brief), "arrived", None)
    standing = (cta.c.account_id == account_id) & (cta.c.state != "closed") & (cta.c.opened_day <= day + 1)
    rules = connection.execute(select(cta.c.rule).where(standing).order_by(cta.c.priority.desc(), cta.c.id)).scalars()
    return briefs.brief(
        known,
        counted,
        day,
        now=None if now is None else now.scored,
        before=None if before is None else before.scored,
        rules=list(rules),
        playbooks=playbooks,
        today=today,
    )


def plans(connection: Connection, account_id: int, now_s: int, day: int | None) -> Plans | None:
    """None: the account has no facts yet."""
    known = facts.known(connection, [account_id], facts.NOW, kinds=("objective",)).get(account_id)
    if known is None:
        return None
    if day is None:
        day = last_day(connection, account_id, known, now_s)
    return plan_views.plans(known.account.id, known.objectives, _days(connection, account_id, known, day), day)


def _days(connection: Connection, account_id: int, known: AccountLedger, day: int) -> tuple[AccountDay, ...]:
    """As far back as the oldest objective that is still looked at."""
    first = min((one.from_day for one in known.objectives), default=day)
    return reads.account_days(connection, [account_id], day, facts.NOW, from_day=first).get(account_id, ())


def suggestions_for(
    connection: Connection, account_id: int, now_s: int, day: int | None, policy: Policy, playbooks: Playbooks
) -> Suggestions | None:
    """None: the account has no facts yet."""
    known = facts.known(connection, [account_id], facts.NOW, kinds=()).get(account_id)
    if known is None:
        return None
    if day is None:
        day = last_day(connection, account_id, known, now_s)
    alike = _alike(connection, known.account)
    accounts = {**dict(list(alike.items())[:PEERS_MAX]), account_id: known.account}
    uses = _uses(connection, accounts, day, policy, playbooks.suggestions.period_days)
    mine = uses.pop(account_id)
    return suggestions.suggest(mine, uses.values(), playbooks.suggestions)


def _alike(connection: Connection, mine: Account) -> dict[int, Account]:
    """Accounts of the same industry and scene, by id."""
    if not (mine.industry and mine.scene):
        return {}
    rows = connection.execute(
        select(fact.c.account_id, fact.c.body)
        .where(fact.c.kind == "account", fact.c.replaced_at.is_(None), fact.c.withdrawn.is_(False))
        .order_by(fact.c.key)
    )
    found = ((row.account_id, KINDS["account"].load(row.body)) for row in rows)
    return {
        row_id: said
        for row_id, said in found
        if row_id is not None and (said.industry, said.scene) == (mine.industry, mine.scene)
    }


def _uses(
    connection: Connection, accounts: Mapping[int, Account], day: int, policy: Policy, period_days: int
) -> dict[int, Use]:
    ids = list(accounts)
    counted = reads.account_days(connection, ids, day, facts.NOW, from_day=day - period_days + 1)
    fleets = reads.fleets(connection, ids, day)
    settings = _settings(connection, ids, day)
    return {
        row_id: _use(said, counted.get(row_id, ()), fleets.get(row_id, Fleet()), settings.get(row_id, {}), policy)
        for row_id, said in accounts.items()
    }


def _use(
    said: Account, counted: Sequence[AccountDay], fleet: Fleet, settings: Mapping[str, str], policy: Policy
) -> Use:
    sums: Counter[str] = Counter()
    for one in counted:
        sums.update(one.counts)  # a counter that was counted and stayed zero is in it too
    core = policy.scene(said.scene).counter
    active = sum(one.active for one in counted)
    uses = {}
    for skill in fleet.skills:
        counters = [name for name in sums if name in policy.skills.get(skill, ()) or name.startswith(f"{skill}.")]
        if counters:
            uses[skill] = sum(sums[name] for name in counters)
    return Use(
        account=said.id,
        industry=said.industry,
        scene=said.scene,
        intensity=sums[core] / active if active and core in sums else None,
        skills=frozenset(fleet.skills),
        uses=uses,
        settings=settings,
    )


def _settings(connection: Connection, ids: Sequence[int], day: int) -> dict[int, dict[str, str]]:
    """What most of each account's robots are set to, as the collector last wished."""
    counted: dict[int, dict[str, Counter[str]]] = {}
    marks = [*range(0, len(ids), facts.ACCOUNTS_AT_ONCE), len(ids)]
    for start, end in pairwise(marks):
        rows = connection.execute(
            select(deployment.c.account_id, desired.c.document)
            .join(desired, desired.c.robot_id == deployment.c.robot_id)
            .where(
                deployment.c.account_id.in_(ids[start:end]),
                desired.c.account_id == deployment.c.account_id,  # not what the account before wished
                deployment.c.from_day <= day,
                or_(deployment.c.to_day.is_(None), deployment.c.to_day >= day),
            )
        )
        for account_id, document in rows:
            for name, value in _flat(orjson.loads(document)):
                counted.setdefault(account_id, {}).setdefault(name, Counter())[value] += 1
    return {account_id: {name: _commonest(values) for name, values in of.items()} for account_id, of in counted.items()}


def _commonest(values: Counter[str]) -> str:
    """Of equals the first in order of the alphabet."""
    return min(values, key=lambda value: (-values[value], value))


def _flat(document: Mapping[str, object]) -> list[tuple[str, str]]:
    """`skill.name` and `name` -> value in JSON, of a desired document."""
    found = []
    skills = document.get("skills")
    for skill in skills if isinstance(skills, list) else ():
        own = skill.get("settings") or {}
        found += [(f"{skill['skill']}.{name}", _text(value)) for name, value in own.items()]
    overall = document.get("settings")
    if isinstance(overall, dict):
        found += [(str(name), _text(value)) for name, value in overall.items()]
    return found


def _text(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
