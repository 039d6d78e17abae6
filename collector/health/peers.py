"""Peer groups: what accounts of the same industry, scene and model do, and the prior that few events are drawn to. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from collector.health.model import Readings
from collector.health.policy import DEFAULT, Policy


class PeerTable:
    """Every peer group of one day. The order in which accounts came does not matter."""

    def dump(self) -> Mapping[str, Any]:
        """As JSON: numbers, texts, lists and mappings."""
        raise NotImplementedError

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> "PeerTable":
        """What `dump` gave."""
        raise NotImplementedError


def build(readings: Iterable[Readings], policy: Policy = DEFAULT) -> PeerTable:
    """Peer groups of all accounts of one day. Takes an iterator: readings need not be in memory together."""
    raise NotImplementedError
