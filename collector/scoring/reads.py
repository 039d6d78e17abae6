"""What the health model reads of the store: accounts as known at a moment, in chunks, one query per table and chunk.

Nothing here decides anything. `Knowledge` chooses the versions: facts and account-days that came later are not there.
With basis "recorded" facts count from when their source knew them, and an account-day by its newest version: what the
robots counted, whenever it came.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from collector.accounts.ledger import NOW, Knowledge
from collector.health.model import HISTORY_DAYS, AccountDay, AccountInputs, Fleet

CHUNK = 250  # accounts at a time: what they read of 150 days stays below 100 MB


def account_ids(connection: Connection) -> list[int]:
    """The rows of all accounts, in order."""
    raise NotImplementedError


def inputs(
    connection: Connection, accounts: Sequence[int], day: int, knowledge: Knowledge = NOW
) -> dict[int, AccountInputs]:
    """By account row: everything that its score of `day` is made of. Accounts that were not known then are left out."""
    raise NotImplementedError


def account_days(
    connection: Connection,
    accounts: Sequence[int],
    to_day: int,
    knowledge: Knowledge = NOW,
    from_day: int | None = None,
) -> dict[int, tuple[AccountDay, ...]]:
    """By account row, in order of day; by default the HISTORY_DAYS up to `to_day`."""
    raise NotImplementedError(HISTORY_DAYS)


def fleets(connection: Connection, accounts: Sequence[int], day: int) -> dict[int, Fleet]:
    """What the robots that were with each account on `day` have in common now: models, ROMs, agents, skills."""
    raise NotImplementedError
