"""What a supervisor asks of this process."""

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from collector.context import Context
from collector.operations.operation import operation


@operation()
def store_state(context: Context, _: None) -> str:
    """`ok`, or the name of the error that the store answers with."""
    try:
        context.read(lambda connection: connection.execute(text("SELECT 1")).scalar_one())
    except SQLAlchemyError as error:
        return type(error).__name__
    return "ok"
