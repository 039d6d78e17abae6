"""What a supervisor asks of this process."""

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from collector.context import Context
from collector.fleet import ahead
from collector.fleet.ahead import Ahead
from collector.operations.operation import operation
from collector.values.refusal import Refused


@operation()
def store_behind(context: Context, _: None) -> Ahead | Refused | None:
    """Robots that have delivered what this store does not hold; None: none. Refuses when the store does not answer."""
    try:
        return context.read(ahead.read)
    except SQLAlchemyError as error:
        return Refused(f"the store does not answer: {type(error).__name__}", "see /healthz", "unavailable")


@operation()
def store_state(context: Context, _: None) -> str:
    """`ok`, or the name of the error that the store answers with."""
    try:
        context.read(lambda connection: connection.execute(text("SELECT 1")).scalar_one())
    except SQLAlchemyError as error:
        return type(error).__name__
    return "ok"
