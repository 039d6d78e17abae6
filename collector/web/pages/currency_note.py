"""What a page says beside a sum of amounts after the base currency has changed."""

from collector.language import today
from collector.success.currencies import SumCurrency


def currency_note(of: SumCurrency, language: str) -> str:
    """The text is empty where nothing has changed."""
    return today.other_currency(of.other_currency, of.code, language, has_changed=of.has_changed)
