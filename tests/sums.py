"""A sum in a base currency as text, to compare with what was stated."""

from decimal import Decimal

from collector.values import money


def sum_text(total: int, base: str) -> str:
    """With the currency's decimals."""
    return f"{Decimal(total) / money.scale(base):.{money.decimals(base)}f}"
