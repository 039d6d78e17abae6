"""What keeps a whole file from being read. The message names the remedy."""

from collector.exchange.errors import BadFile


class BadTable(BadFile):
    """It is no table that can be understood; a single bad row is a BadRow instead."""
