"""A value of a field of one's own, set as a form sets it: said, corrected or withdrawn, whatever stood before."""

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from collector.access.caller import WRITERS
from collector.accounts.ledger import reading, refs, writing
from collector.accounts.ledger.facts import NOW, Origin
from collector.accounts.ledger.kinds.noted import VALUE_MAX_CHARS, CustomValue
from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.ledger.reading import FactFilter
from collector.context import Context
from collector.exchange.imports.row_ids import made_id
from collector.operations import ledger
from collector.operations.operation import account_row, operation
from collector.values.refusal import Refusal, Remedy
from collector.values.sentence import Sentence
from collector.values.texts import taken

_KIND = KINDS["custom_value"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCustomValue:
    """`field`: the id of a custom field. `value` "": it has none. `record`: of a field that is not the account's."""

    account: str
    field: str
    value: str
    record: str | None = None


@dataclass(frozen=True, slots=True)
class ValueSet:
    """What stands now and what stood before; "" is none."""

    account: str
    field: str
    name: str
    value: str
    before: str


@operation(roles=WRITERS, writes=True)
def set_custom_value(context: Context, wanted: SetCustomValue) -> ValueSet:
    """Its history keeps what stood before. Refuses an unknown account or field, and a value of another form."""
    value = taken("value", wanted.value, VALUE_MAX_CHARS, may_be_empty=True)

    def change(connection: Connection) -> ValueSet:
        writing.take_turn(connection, ledger.TURN_WAIT_S)
        account_id = account_row(context, connection, wanted.account)
        field = refs.custom_fields(connection, [wanted.field]).get(wanted.field)
        if field is None:
            remedy = Remedy("list them", "field list", "GET /api/v1/custom-fields")
            raise Refusal(
                Sentence("there is no {kind} {id}", kind="custom_field", id=wanted.field), remedy, "not_found"
            )
        said = CustomValue(id="?", account=wanted.account, field=field.id, value=value, record=wanted.record)
        key = _standing_id(connection, account_id, said) or made_id(_KIND, said)
        old = reading.one(connection, _KIND, key, NOW)
        before = "" if old is None or old.withdrawn else str(old.said.value)
        if value:
            ledger.written(context, connection, _KIND, replace(said, id=key))
        elif before:
            writing.withdraw(connection, _KIND, [key], Origin(context.caller.name, context.now_s()))
        return ValueSet(wanted.account, field.id, field.name, value, before)

    return context.write(change)


def _standing_id(connection: Connection, account_id: int, said: CustomValue) -> str | None:
    """The id under which a value of that field stands there, where a file or a program gave it its own."""
    wanted = FactFilter(account_id=account_id, fields={"field": said.field, "record": said.record or ""})
    found = reading.listed(connection, _KIND, wanted, NOW, limit=1).items
    return found[0].said.id if found else None
