"""Log lines: one event per line with a stable `action` word; JSON for machines, text for a terminal. Never a secret.

The form is stated in docs/collector.md. The agent and the collector have a copy each; a test holds both to one form.
"""

import json
import logging
import sys
from collections import Counter
from datetime import UTC, datetime

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One JSON object per line: at, level, logger, text, then the fields of `extra`, then the exception."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "text": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """The same for eyes: local time, level, text, then key=value."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f"  {key}={value}" for key, value in _fields(record).items())
        line = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname.lower():7} {record.getMessage()}{fields}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def configure(level: str, style: str) -> None:
    """Send everything of level and above to stderr. `style` is text, json or auto."""
    as_text = style == "text" or (style == "auto" and sys.stderr.isatty())
    out = logging.StreamHandler(sys.stderr)
    out.setFormatter(TextLines() if as_text else JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[out], force=True)
    logging.getLogger("aiohttp.server").filters = [WithoutRequest()]


def is_milestone(times: int) -> bool:
    """1, 10, 100 …: what goes on for days is worth a line at these times only."""
    return str(times).rstrip("0") == "1"


class Milestones:
    """How often each thing happened since it was last well, and whether that is worth a line."""

    def __init__(self) -> None:
        self.times: Counter[str] = Counter()

    def reached(self, what: str) -> bool:
        """It happened once more."""
        self.times[what] += 1
        return is_milestone(self.times[what])

    def well(self) -> None:
        self.times.clear()


class WithoutRequest(logging.Filter):
    """What the HTTP server says of a request that it cannot read: one line a minute, none with a word of the request.

    Its errors hold the line that they are about, and that may be the one with the token.
    """

    EVERY_S = 60.0

    def __init__(self) -> None:
        super().__init__()
        self._said_at: float | None = None
        self._unsaid = 0

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info is None:
            return True
        if self._said_at is not None and 0 <= record.created - self._said_at < self.EVERY_S:
            self._unsaid += 1
            return False
        kind = record.exc_info[0]
        record.msg, record.args = "the HTTP server could not serve a request", ()
        record.action, record.reason = "http_error", kind.__name__ if kind else "unknown"
        record.unsaid = self._unsaid
        record.exc_info = record.exc_text = None
        self._said_at, self._unsaid = record.created, 0
        return True


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _STANDARD}
