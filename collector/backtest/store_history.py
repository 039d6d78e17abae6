"""The collector's own history as a back-test takes it: stored scores of past days, and what became of the contracts.

Scores stand as they did when their day was closed: of several versions the one that knew least. What became of the
contracts is taken as known now; that is what the scores are judged by.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from collector.accounts.contracts.exchange_rates import Rates
from collector.accounts.ledger import facts
from collector.accounts.ledger.facts import Basis
from collector.backtest.as_of_days import laid
from collector.backtest.history import ROW_DAYS, History, Life, ScoredDay
from collector.backtest.lives import life_of
from collector.backtest.scored_row import row_of
from collector.backtest.use import use_percentiles
from collector.health.policy.file import Policy
from collector.scores import reads, scores
from collector.scores.score_codec import decode
from collector.store.tables.fleet import account
from collector.store.tables.health import score

CONTRACT_KINDS = ("contract", "line", "renewal")
BAND_DAYS = 7  # an unchanged band is kept so often
Progress = Callable[[str, int, int], None]


def history(
    connection: Connection,
    basis: Basis,
    rates: Rates,
    policy: Policy,
    leads: Sequence[int] = (),
    progress: Progress = lambda _step, _done, _of: None,
) -> History:
    """What was scored on that basis, for those leads; without any, 28 days apart back from the newest day. An empty
    history where nothing was.
    """
    newest = scores.newest_day(connection, None, basis)
    if newest is None:
        return History(rows=(), lives={}, through_day=0, source="store", basis=basis, policy=())
    oldest = connection.scalar(
        select(score.c.day).where(score.c.basis == basis, scores.STANDS).order_by(score.c.day).limit(1)
    )
    row_days = laid(
        lambda day: scores.newest_day(connection, None, basis, day), newest if oldest is None else oldest, newest, leads
    )
    rows: list[ScoredDay] = []
    policies: set[str] = set()
    for done, day in enumerate(row_days):
        progress("rows", done, len(row_days))
        rows += _rows(connection, day, basis, policy, policies)
    return History(
        rows=rows,
        lives=_lives(connection, newest, rates, policy.renewal.grace_days),
        through_day=newest,
        bands=_bands(connection, basis),
        source="store",
        basis=basis,
        policy=tuple(sorted(policies)),
    )


def _rows(connection: Connection, day: int, basis: Basis, policy: Policy, policies: set[str]) -> list[ScoredDay]:
    wanted = (
        select(account.c.external_id, score.c.account_id, score.c.policy, score.c.detail)
        .join(account, account.c.id == score.c.account_id)
        .where(score.c.day == day, score.c.basis == basis, scores.STANDS)
        .order_by(score.c.account_id, score.c.known_at.desc(), score.c.version)
    )
    standing: dict[int, Any] = {}
    for found in connection.execute(wanted):
        standing[found.account_id] = found  # the last one knew least; of a later run with the same knowledge the newest
    policies.update(found.policy for found in standing.values())
    use, csms = _use(connection, list(standing), day, policy)
    rows = []
    for account_id, found in standing.items():
        scored = decode(found.detail)
        rows.append(
            row_of(
                scored, policy, account=found.external_id, band=sys.intern(scored.band),
                usage_percentile=use.get(account_id), arr=0, csm=csms.get(account_id, ""),
            )
        )  # fmt: skip
    return rows


def _use(
    connection: Connection, accounts: Sequence[int], day: int, policy: Policy
) -> tuple[dict[int, float], dict[int, str]]:
    """Percentile of what the last 28 days counted in all, among accounts of the same scene; and whose they are now."""
    csms: dict[int, str] = {}
    totals: dict[int, tuple[str, float]] = {}
    for start in range(0, len(accounts), reads.CHUNK):
        chunk = accounts[start : start + reads.CHUNK]
        ledgers = facts.known(connection, chunk, facts.NOW, kinds=())
        days = reads.account_days(connection, chunk, day, facts.NOW, from_day=day - ROW_DAYS + 1)
        for account_id, known in ledgers.items():
            csms[account_id] = sys.intern(known.account.csm or "")
            counter = policy.scene(known.account.scene).counter
            counted = [one.counts[counter] for one in days.get(account_id, ()) if counter in one.counts]
            if counted:
                totals[account_id] = (known.account.scene, float(sum(counted)))
    return use_percentiles(totals), csms


def _lives(connection: Connection, through_day: int, rates: Rates, grace_days: int) -> dict[str, Life]:
    lives = {}
    accounts = reads.account_ids(connection)
    for start in range(0, len(accounts), reads.CHUNK):
        chunk = accounts[start : start + reads.CHUNK]
        for known in facts.known(connection, chunk, facts.NOW, kinds=CONTRACT_KINDS).values():
            life = life_of(known, through_day, rates, grace_days)
            if life is not None:
                lives[life.account] = life
    return lives


def _bands(connection: Connection, basis: Basis) -> dict[str, list[tuple[int, str]]]:
    """The first version's band of every day; where it stays, once a week and on the last day."""
    one = score.alias("one")
    same = (one.c.account_id == score.c.account_id, one.c.day == score.c.day, one.c.basis == score.c.basis)
    first = select(func.min(one.c.version)).where(*same, one.c.withdrawn_at.is_(None)).scalar_subquery()
    wanted = (
        select(account.c.external_id, score.c.day, score.c.band)
        .join(account, account.c.id == score.c.account_id)
        .where(score.c.basis == basis, score.c.version == first)
        .order_by(score.c.account_id, score.c.day)
    )
    found: dict[str, list[tuple[int, str]]] = {}
    newest: dict[str, tuple[int, str]] = {}
    for name, day, band in connection.execution_options(yield_per=10_000).execute(wanted):
        kept = found.setdefault(name, [])
        newest[name] = (day, sys.intern(band))
        if not kept or kept[-1][1] != band or day - kept[-1][0] >= BAND_DAYS:
            kept.append(newest[name])
    for name, last in newest.items():
        if found[name][-1] != last:
            found[name].append(last)
    return found
