"""Three tables with a past, for a back-test without a store: accounts, contracts, usage. CSV or XLSX.

accounts   account (or id); industry, scene, region, open_weekdays (1111110: closed on Sundays)
contracts  account, starts, ends, amount (a year); contract (or id), outcome (renewed, partial, lost), decided_day,
           notice_day, auto_renews, terminated_day, renews (the contract that it continues; where empty, told by
           their days as everywhere: docs/rates.md). A row for each term: what was renewed has the next row, or runs on
           as it was.
usage      account, day and a column for each counter (interaction, delivery, …), or robot, counter, value in long form;
           robot where robots are told apart. No row: unknown. An empty cell: not counted. 0: a true zero.

They are read as every other table is (headings in English or Chinese, days and numbers as people write them). Other
columns are left alone. A bad row is named; with any, nothing is judged.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from collector.accounts.ledger.kinds.money import Contract, ContractLine, Renewal
from collector.accounts.ledger.kinds.registry import Base
from collector.accounts.ledger.kinds.who import Account, Deployment
from collector.accounts.ledger.view import AccountLedger
from collector.backtest.scored import Past
from collector.calendar import days
from collector.exchange.imports.body import TableBody, bad_row, body_of
from collector.exchange.imports.fields import Field
from collector.exchange.imports.headings import COUNTER_NAMES, spellings
from collector.exchange.imports.layouts import Layout
from collector.exchange.imports.problems import BadRow, BadTable
from collector.exchange.imports.rows import opened
from collector.health.model import AccountDay
from collector.values.money import Hundredths, amount_of
from protocol.counters import COUNTERS

PROBLEMS_SHOWN = 20
_ACCOUNTS = (
    Field("account", "key", required=True), Field("industry", "text", required=False),
    Field("scene", "text", required=False), Field("region", "text", required=False),
    Field("open_weekdays", "weekdays", required=False),
)  # fmt: skip
_CONTRACTS = (
    Field("account", "key", required=True), Field("starts", "day", required=True),
    Field("ends", "day", required=True), Field("amount", "amount", required=True),
    Field("contract", "key", required=False),
    Field("outcome", "choice", required=False, choices=("renewed", "partial", "lost", "pending")),
    Field("decided_day", "day", required=False), Field("notice_day", "day", required=False),
    Field("auto_renews", "flag", required=False), Field("terminated_day", "day", required=False),
    Field("renews", "key", required=False),
)  # fmt: skip
_USAGE = (
    Field("account", "key", required=True), Field("day", "day", required=True),
    Field("robot", "key", required=False), Field("counter", "counter", required=False),
    Field("value", "count", required=False),
)  # fmt: skip


def _layout(name: str, chinese: str, fields: tuple[Field, ...], key: str = "", *, counters: bool = False) -> Layout:
    """`key`: the field that the ledger's own tables call `id`."""
    by_name = {field.name: field for field in fields}
    known = spellings(by_name, {key: ("id", "编号")})
    if counters:
        by_name |= {one: Field(one, "count", required=False) for one in COUNTERS}
        known = {**COUNTER_NAMES, **known}
    return Layout(name, (name, chinese), by_name, known, skill_counters=counters)


ACCOUNTS = _layout("accounts", "客户", _ACCOUNTS, "account")
CONTRACTS = _layout("contracts", "合同", _CONTRACTS, "contract")
USAGE = _layout("usage", "用量", _USAGE, counters=True)


@dataclass
class _Usage:
    """What one account's robots counted, by day; robots by the order in which they are met."""

    counts: dict[int, dict[str, int]] = field(default_factory=dict)
    heard: dict[int, set[str]] = field(default_factory=dict)
    active: dict[int, set[str]] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)


def pasts(accounts: Path, contracts: Path, usage: Path, base: Base) -> tuple[list[Past], int]:
    """Every account's past, and the last day of usage. Amounts are in the currency of `base`.

    Raises BadTable with the rows that cannot be taken.
    """
    of_account = {str(said["account"]): said for said in _table(accounts, ACCOUNTS, base)}
    signed: dict[str, list[Mapping[str, Any]]] = {}
    for said in _table(contracts, CONTRACTS, base):
        signed.setdefault(str(said["account"]), []).append(said)
    used = _used(_table(usage, USAGE, base))
    unknown = sorted((signed.keys() | used.keys()) - of_account.keys())
    if unknown:
        raise BadTable(f"{accounts} lacks the account {unknown[0]} (and {len(unknown) - 1} more): add a row for it")
    if not used:
        raise BadTable(f"{usage} holds no usage: one row for each account and day")
    through = max(max(one.counts) for one in used.values())
    empty = _Usage()
    found = [
        Past(
            _ledger(number, said, signed.get(name, []), used.get(name, empty), base),
            _days(said, used.get(name, empty)),
        )
        for number, (name, said) in enumerate(sorted(of_account.items()), 1)
    ]
    return found, through


def _table(path: Path, layout: Layout, base: Base) -> Iterator[Mapping[str, Any]]:
    problems: list[BadRow] = []
    try:
        with path.open("rb") as file, opened(file, (path.stem, *layout.sheets)) as source:
            body = body_of(layout, source, {})
            _in_base(body, base)
            for row in body.rows:
                if isinstance(row, BadRow):
                    problems.append(row)
                    continue
                said, wrong = body.values(row, None)
                said |= {name: days.parse(said[name]) for name in _DAYS if name in said}
                if "starts" in said and "ends" in said and said["ends"] < said["starts"]:
                    wrong.append("the contract ends before it starts: exchange the two days")
                if wrong:
                    problems.append(bad_row(row, wrong))
                elif not problems:
                    yield said
    except BadTable as error:
        raise BadTable(f"{path}: {error}") from error
    if problems:
        shown = "\n  ".join(str(problem) for problem in problems[:PROBLEMS_SHOWN])
        more = f"\n  and {len(problems) - PROBLEMS_SHOWN} more" if len(problems) > PROBLEMS_SHOWN else ""
        raise BadTable(f"{path}: {len(problems)} bad row{'' if len(problems) == 1 else 's'}\n  {shown}{more}")


def _in_base(body: TableBody, base: Base) -> None:
    """Raises BadTable where a heading says another currency: `Amount (USD)`."""
    said_in = {unit.currency for unit in body.columns.units.values() if unit.sure} - {None, base.currency}
    if said_in:
        raise BadTable(f"a heading says {said_in.pop()}, and amounts are in {base.currency}: convert them")


def _used(rows: Iterable[Mapping[str, Any]]) -> dict[str, _Usage]:
    found: dict[str, _Usage] = {}
    for said in rows:
        one = found.setdefault(str(said["account"]), _Usage())
        day, robot = int(said["day"]), str(said.get("robot", ""))
        if "counter" in said:
            counts = {str(said["counter"]): said.get("value", 0)}
        else:
            counts = {name: value for name, value in said.items() if name not in _NO_COUNTERS}
        kept = one.counts.setdefault(day, {})
        for name, value in counts.items():
            kept[name] = kept.get(name, 0) + int(value)
        one.heard.setdefault(day, set()).add(robot)
        if any(value > 0 for value in counts.values()):
            one.active.setdefault(day, set()).add(robot)
        first, last = one.spans.get(robot, (day, day))
        one.spans[robot] = (min(first, day), max(last, day))
    return found


_NO_COUNTERS = frozenset(one.name for one in _USAGE)
_DAYS = frozenset(one.name for one in (*_CONTRACTS, *_USAGE) if one.form == "day")


def _days(said: Mapping[str, Any], used: _Usage) -> list[AccountDay]:
    """A robot is there from its first row to its last; of a day between without a row, nothing is known."""
    if not used.spans:
        return []
    first, last = min(span[0] for span in used.spans.values()), max(span[1] for span in used.spans.values())
    weekdays = str(said.get("open_weekdays", "1111111"))
    return [
        AccountDay(
            day=day,
            open=weekdays[days.weekday(day)] == "1",
            robots=sum(1 for begins, ends in used.spans.values() if begins <= day <= ends),
            heard=len(used.heard.get(day, ())),
            active=len(used.active.get(day, ())),
            counts=used.counts.get(day, {}),
        )
        for day in range(first, last + 1)
    ]


def _ledger(
    number: int, said: Mapping[str, Any], signed: list[Mapping[str, Any]], used: _Usage, base: Base
) -> AccountLedger:
    name = str(said["account"])
    contracts, lines, renewals = [], [], []
    for key, one in _keyed(name, signed):
        contracts.append(
            Contract(
                id=key, account=name, starts=one["starts"], ends=one["ends"],
                renews=one.get("renews"), auto_renews=bool(one.get("auto_renews")),
                terminated_day=one.get("terminated_day"), currency=base.currency,
            )
        )  # fmt: skip
        lines.append(ContractLine(id=key, account=name, contract=key, amount=_amount(one["amount"])))
        outcome = one.get("outcome", "pending")
        if outcome != "pending" or one.get("notice_day") is not None:
            renewals.append(
                Renewal(
                    id=key, account=name, contract=key, due_day=one["ends"], outcome=outcome,
                    decided_day=one.get("decided_day"), notice_day=one.get("notice_day"),
                )
            )  # fmt: skip
    return AccountLedger(
        row_id=number,
        account=Account(
            id=name, name=name, industry=said.get("industry", ""), scene=said.get("scene", ""),
            region=said.get("region", ""), currency=base.currency, timezone=base.timezone,
        ),
        contracts=tuple(contracts),
        lines=tuple(lines),
        renewals=tuple(renewals),
        deployments=tuple(
            Deployment(id=f"{name} {robot}", account=name, robot=robot or name, from_day=begins)
            for robot, (begins, _) in sorted(used.spans.items())
        ),
    )  # fmt: skip


def _keyed(name: str, signed: list[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    ordered = sorted(signed, key=lambda one: (int(one["starts"]), int(one["ends"])))
    return [(str(one.get("contract", f"{name} {at}")), one) for at, one in enumerate(ordered, 1)]


def _amount(text: str) -> Hundredths:
    try:
        return amount_of(text)
    except ValueError as error:
        raise BadTable(f"the amount {text[:40]} is not money: write 12000.00") from error
