"""What customer success managers are called: people see names where facts hold ids."""

from sqlalchemy import Connection

from collector.accounts.ledger.facts import NOW
from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.ledger.reading import ALL, listed

CSMS_MAX = 1000  # of one installation


def csm_names(connection: Connection) -> dict[str, str]:
    """Name by id; one without a name is called by its id."""
    found = listed(connection, KINDS["csm"], ALL, NOW, limit=CSMS_MAX, cursor=None).items
    return {one.said.id: one.said.name or one.said.id for one in found}
