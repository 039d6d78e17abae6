"""A file's facts into the ledger: judged, then all of them written, or none.

An id that stands already is corrected where the file says otherwise, and left alone where it says the same: a file may
be imported again and again. Fields that the file has no column for keep what the ledger says.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from sqlalchemy import Connection, insert, update

from collector.accounts.ledger import facts, writing
from collector.accounts.ledger.checks import NAMES, FactRules
from collector.accounts.ledger.facts import Origin
from collector.accounts.ledger.kinds.registry import Kind
from collector.accounts.ledger.writing import FactResult, Terms
from collector.exchange.imports.facts import Fact, is_unnamed
from collector.exchange.imports.naming import Namesakes
from collector.exchange.imports.problems import BadRow
from collector.exchange.imports.results import ImportResult, RowSaid
from collector.exchange.imports.row_ids import KEYS, lacks, made_id
from collector.exchange.imports.tray import Tray
from collector.store.tables.ledger import import_file
from collector.values.sentence import Sentence

SHOWN_FIRST = 10
_ROUNDS_MAX = 20  # a refused account refuses those it had referred, and so on


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it came, and how it is to be taken.

    rules       what the installation lets people set
    today       of the installation
    history     what it says was known when it happened (or on its `recorded_day`), not only since today
    partial     good rows are taken although others are bad
    new_robots  deployments may name robots that have never connected
    """

    name: str
    sha256: str
    author: str
    now_s: int
    rules: FactRules
    today: int
    mapping: Mapping[str, str] = field(default_factory=dict)
    history: bool = False
    partial: bool = False
    new_robots: bool = False


@dataclass
class _Counts:
    did: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("created", "corrected", "unchanged"), 0))
    conflicts: list[str] = field(default_factory=list)
    first: list[RowSaid] = field(default_factory=list)

    def note(self, kind: Kind, fact: Fact, said: Any, outcome: FactResult) -> None:
        if outcome.did in self.did:
            self.did[outcome.did] += 1
        if outcome.conflicts and len(self.conflicts) < SHOWN_FIRST:
            others = ", ".join(outcome.conflicts)
            self.conflicts.append(f"row {fact.row}: {kind.key} {outcome.id} contradicts {others}")
        if len(self.first) < SHOWN_FIRST:
            self.first.append(RowSaid(fact.row, outcome.did, kind.adapter.dump_python(said, mode="json")))


class _RollBack(Exception):
    """Rolls everything back."""


def preview(connection: Connection, tray: Tray, sent: Sent) -> ImportResult:
    """What `bring` would do. Reads only; bad rows are added to the tray's complaints."""
    _prepare(connection, tray)
    counts = _judged(connection, tray, sent)
    return _brought(tray, counts, None)


def bring(connection: Connection, tray: Tray, sent: Sent) -> ImportResult:
    """Write the tray in the caller's transaction. With a bad row, unless `sent.partial`: nothing is written.

    Whether something was is `import_id`; `problems` names the bad rows either way.
    """
    try:
        with connection.begin_nested():
            return _written(connection, tray, sent)
    except _RollBack:
        return preview(connection, tray, sent)


def _written(connection: Connection, tray: Tray, sent: Sent) -> ImportResult:
    _prepare(connection, tray)
    if tray.bad and not sent.partial:
        raise _RollBack
    if sent.partial:
        _leave_out_the_refused(connection, tray, sent)
    import_id = _register(connection, tray.kind, sent)
    terms, counts = _terms(tray, sent), _Counts()
    origin = Origin(sent.author, sent.now_s, None, import_id)
    namesakes = Namesakes(connection, tray.kind)
    for chunk, items in _merged_chunks(connection, tray, namesakes):
        outcomes = writing.write(
            connection, tray.kind, items, origin, terms, recorded=_recorded(tray.kind, chunk, items, sent),
            partial=sent.partial,
        )  # fmt: skip
        if _complained(tray, chunk, items, outcomes, namesakes) and not sent.partial:
            raise _RollBack
        for fact, said, outcome in zip(chunk, items, outcomes, strict=True):
            counts.note(tray.kind, fact, said, outcome)
    if not counts.did["created"] + counts.did["corrected"]:
        connection.execute(import_file.delete().where(import_file.c.id == import_id))
        return _brought(tray, counts, None)
    values = {"rows": tray.rows, "skipped": tray.bad, **counts.did}
    connection.execute(update(import_file).where(import_file.c.id == import_id).values(values))
    return _brought(tray, counts, import_id)


def _prepare(connection: Connection, tray: Tray) -> None:
    _name_rows(connection, tray)
    _refuse_other_currencies(connection, tray)


def _refuse_other_currencies(connection: Connection, tray: Tray) -> None:
    """A sign or a heading of an amount does not change the currency of an account: its contracts may be in it."""
    if "currency" not in tray.kind.from_base or "currency" not in tray.absent:
        return
    for chunk in tray.chunks():
        stated = [fact for fact in chunk if fact.states_currency]
        standing = facts.versions(connection, tray.kind, [fact.said.id for fact in stated])
        for fact in stated:
            version = standing.get(fact.said.id)
            if version is None or version.withdrawn or version.said.currency == fact.said.currency:
                continue
            why = Sentence(
                "currency: {id} is in {given} and its amount says {sign}; correct one of them, or add a column for it",
                id=fact.said.id,
                given=version.said.currency,
                sign=fact.said.currency,
            )
            tray.complain(BadRow(fact.row, why))
            tray.drop([fact.row])


def _name_rows(connection: Connection, tray: Tray) -> None:
    """Rows without an id get one, made of what they say with ids in place of names: a file may come again."""
    if tray.kind.key not in KEYS:
        return
    namesakes = Namesakes(connection, tray.kind)
    for chunk in tray.chunks():
        without = [fact for fact in chunk if is_unnamed(fact)]
        for fact, said in zip(without, namesakes.resolved([fact.said for fact in without]), strict=True):
            lack = lacks(tray.kind, said)
            if lack is None:
                tray.name(fact.row, replace(said, id=made_id(tray.kind, said)))
            else:
                tray.complain(BadRow(fact.row, lack))
                tray.drop([fact.row])


def _leave_out_the_refused(connection: Connection, tray: Tray, sent: Sent) -> None:
    """Until nothing that stays names something that does not."""
    names_itself = any(
        target == tray.kind.key for name, target in NAMES.items() if name in tray.kind.model.__dataclass_fields__
    )
    for _ in range(_ROUNDS_MAX if names_itself else 1):
        before = tray.bad
        _judged(connection, tray, sent)
        if tray.bad == before:
            return


def _judged(connection: Connection, tray: Tray, sent: Sent) -> _Counts:
    """What would become of every good row; the refused ones leave the tray."""
    terms, counts = _terms(tray, sent), _Counts()
    refused: list[int] = []
    namesakes = Namesakes(connection, tray.kind)
    for chunk, items in _merged_chunks(connection, tray, namesakes):
        outcomes = writing.judge(connection, tray.kind, items, terms)
        refused += _complained(tray, chunk, items, outcomes, namesakes)
        for fact, said, outcome in zip(chunk, items, outcomes, strict=True):
            counts.note(tray.kind, fact, said, outcome)
    tray.drop(refused)
    return counts


def _terms(tray: Tray, sent: Sent) -> Terms:
    return Terms(rules=sent.rules, today=sent.today, new_robots=sent.new_robots, coming=tray.ids())


def _merged_chunks(connection: Connection, tray: Tray, namesakes: Namesakes) -> Iterator[tuple[list[Fact], list[Any]]]:
    """The tray's facts some at a time, with what the ledger says of fields that the file has no column for."""
    for chunk in tray.chunks():
        standing: Mapping[str, facts.Version] = {}
        if tray.absent:
            standing = facts.versions(connection, tray.kind, [fact.said.id for fact in chunk])
        merged = [_merged(fact, standing.get(fact.said.id), tray.absent) for fact in chunk]
        yield chunk, namesakes.resolved(merged)


def _merged(fact: Fact, standing: facts.Version | None, absent: Sequence[str]) -> Any:
    """The fact with what stands of fields without a column; a currency that its amount says is its own."""
    if standing is None or standing.withdrawn:
        return fact.said
    kept = {name: getattr(standing.said, name) for name in absent}
    if fact.states_currency:
        kept.pop("currency", None)
    return replace(fact.said, **kept)


def _complained(
    tray: Tray, chunk: Sequence[Fact], items: Sequence[Any], outcomes: Sequence[FactResult], namesakes: Namesakes
) -> list[int]:
    """The rows that were refused, with their complaints noted: of a name that several have, whose it may be."""
    refused = []
    for fact, said, outcome in zip(chunk, items, outcomes, strict=True):
        if outcome.did == "refused":
            texts = [namesakes.several(one.field, said) or one.text for one in outcome.complaints]
            tray.complain(BadRow(fact.row, "; ".join(texts)))
            refused.append(fact.row)
    return refused


def _recorded(kind: Kind, chunk: Sequence[Fact], items: Sequence[Any], sent: Sent) -> list[int] | None:
    """Since when the source knew each fact; never later than now, also of a contract that is due next year."""
    if not sent.history:
        return None
    return [
        min(sent.now_s, writing.recorded_by_history(kind, said) if fact.recorded_at is None else fact.recorded_at)
        for fact, said in zip(chunk, items, strict=True)
    ]


def _register(connection: Connection, kind: Kind, sent: Sent) -> int:
    values = {
        "kind": kind.key, "name": sent.name, "sha256": sent.sha256, "at": sent.now_s, "author": sent.author,
        "rows": 0, "created": 0, "corrected": 0, "unchanged": 0,
        "mapping": orjson.dumps(dict(sent.mapping)).decode(),
    }  # fmt: skip
    return int(connection.execute(insert(import_file).values(values).returning(import_file.c.id)).scalar_one())


def _brought(tray: Tray, counts: _Counts, import_id: int | None) -> ImportResult:
    problems: list[str] = [problem.sentence for problem in sorted(tray.complaints, key=lambda problem: problem.row)]
    return ImportResult(
        kind=tray.kind.key,
        import_id=import_id,
        rows=tray.rows,
        refused=tray.bad,
        problems=problems,
        made_ids=tray.named,
        columns=dict(tray.headings),
        ignored=list(tray.ignored),
        absent=list(tray.absent),
        conflicts=counts.conflicts,
        first=counts.first,
        encoding=tray.encoding,
        sheet=tray.sheet,
        **counts.did,
    )
