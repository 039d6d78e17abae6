"""What a source could not read: counted, named once per reason, never in the way of the rest.

Each refusal adds one to the counter `readings_refused`, and one that names a counter or gauge becomes a fault of
the agent (counting/refused.py). A reason is logged when its count reaches
1, 10, 100, …, so that a broken exporter fills neither the journal nor the flash.
"""

import logging

from edge_agent.counting.readings import Refusal, Take

REASONS_MAX = 200  # distinct reasons kept; a fuzzer's thousandth reason is counted under "other"
_LOG = logging.getLogger(__name__)


class Refusals:
    """The refusals of one source. Not thread-safe: call it in the event loop."""

    def __init__(self, source: str, take: Take) -> None:
        self._source = source
        self._take = take
        self.reasons: dict[str, int] = {}

    def add(self, reason: str, *, name: str = "", times: int = 1) -> None:
        """Count `times` things that were refused for `reason`; `name` is what the far side called it."""
        key = reason if reason in self.reasons or len(self.reasons) < REASONS_MAX else "other"
        before = self.reasons.get(key, 0)
        self.reasons[key] = before + times
        self._take(Refusal(reason, name, times))
        if len(str(before + times)) > len(str(before)) or not before:
            _LOG.warning(
                "refused: %s",
                reason,
                extra={"action": "reading_refused", "source": self._source, "times": before + times},
            )
