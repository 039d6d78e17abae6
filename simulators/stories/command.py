"""What `fleet-sim stories` does with its options."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from simulators.collector_api import CollectorApi
from simulators.errors import PlanError
from simulators.link import Dial
from simulators.robot import GRID_S
from simulators.stories import files, wire
from simulators.stories.expected import differences
from simulators.stories.loading import Loading
from simulators.stories.place import day_of, number
from simulators.stories.portfolio import Portfolio, yesterday
from simulators.stories.table import commands, table

SETTLES_H = 2  # as the built-in policy closes days: an hour more, and a day that nobody told would be closed

LIVE = "The robots of the stories go on in real time"


@dataclass(frozen=True, slots=True)
class StoryOptions:
    """`day` is T; None: the last day that is over and settled."""

    day: str | None
    seed: int
    timezone: str
    wire_days: int
    check: bool = False
    live: bool = False


def portfolio(wishes: StoryOptions, now_s: float | None = None) -> Portfolio:
    """Raises PlanError when the day or the zone cannot be."""
    try:
        zone = ZoneInfo(wishes.timezone)
    except (KeyError, ValueError) as error:
        raise PlanError(f"there is no time zone {wishes.timezone}: write one like Europe/Berlin") from error
    now_s = time.time() if now_s is None else now_s
    now = datetime.fromtimestamp(now_s - SETTLES_H * 3600, zone)
    newest = yesterday(now.date())
    try:
        today = newest if wishes.day is None else number(date.fromisoformat(wishes.day))
    except ValueError as error:
        raise PlanError(f"{wishes.day!r} is no day: write 2026-05-31") from error
    if wishes.live and today != newest:
        raise PlanError("robots that go on live tell stories that end now: leave --day out")
    if today > newest:
        raise PlanError(f"{wishes.day} is not over: the newest day that the stories can end on is {day_of(newest)}")
    live_from_s = int(now_s) // GRID_S * GRID_S if wishes.live else None
    return Portfolio(today, wishes.seed, zone, wire_days=wishes.wire_days, rhythm=wire.rhythm(live_from_s))


def write(wishes: StoryOptions, out: Path, say: Callable[[str], None]) -> None:
    """The portfolio as files."""
    told = portfolio(wishes)
    written = files.write(out, told, told.ledger())
    for name, rows in written.items():
        say(f"{rows:>9,}  {out / name}")


def load(wishes: StoryOptions, url: str, dial: Dial, say: Callable[[str], None]) -> bool:
    """The portfolio into a collector, scored and shown. False when `check` found a story that is not seen."""
    token = os.environ.get("COLLECTOR_TOKEN", "")
    if not token:
        raise PlanError("no token: set COLLECTOR_TOKEN to one of an admin (collector token create --role admin)")
    told = portfolio(wishes)
    loading = Loading(CollectorApi(url.rstrip("/"), token), told, say)
    loading.ledger()
    loading.usage()
    found: list[str] = []

    def judge() -> None:
        loading.score()
        seen = loading.seen()
        say("")
        for line in (*table(told, seen), *commands(told, seen, loading.api.url)):
            say(line)
        if wishes.check:
            found.extend(differences(told.customers, seen))
            for line in found:
                say(f"not as told: {line}")
            if not found:
                say(f"Stories: all {len(told.customers)} customers are seen as told")
        if wishes.live:
            say(LIVE)

    loading.robots(wire.fleet(told, dial), judge)
    return not found
