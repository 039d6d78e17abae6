"""What ends a closing or an explanation. Each message names the remedy.

CollectorError
└── ScoringError
    ├── ClosingBusy  another one runs
    ├── DayNotOver   the day cannot be closed yet
    └── NoScore      there is no score of that account and day
"""

from collector.errors import CollectorError
from collector.values.refusal import Remedy


class ScoringError(CollectorError):
    def __init__(self, reason: str, remedy: Remedy | str) -> None:
        self.reason, self.remedy = reason, remedy
        super().__init__(f"{reason}; {remedy}")


class ClosingBusy(ScoringError):
    pass


class DayNotOver(ScoringError):
    pass


class NoScore(ScoringError):
    pass
