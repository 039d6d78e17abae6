"""What ends a closing or an explanation. Each message names the remedy.

CollectorError
└── ScoringError
    ├── ClosingBusy  another one runs
    ├── DayNotOver   the day cannot be closed yet
    └── NoScore      there is no score of that account and day
"""

from collector.errors import CollectorError


class ScoringError(CollectorError):
    pass


class ClosingBusy(ScoringError):
    pass


class DayNotOver(ScoringError):
    pass


class NoScore(ScoringError):
    pass
