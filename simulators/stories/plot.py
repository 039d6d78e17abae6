"""What may happen to a customer: one table of possibilities whose defaults are a customer that does well. Pure data.

Days are counted back from T, the last day that is over: 10 is ten days before T, -30 a month after it.
"""

from dataclasses import dataclass
from typing import Literal

Code = Literal[
    "ZOMBIE", "SILENT", "SINGLE", "REF_REFUSE", "DARK", "FAULT", "DROP", "STALL", "OVERDUE", "LAPSED", "CHAMPION_LEFT"
]
Band = Literal["red", "yellow", "green", "grey"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How busy the robots are. Factors multiply what the scene asks of them."""

    busy: float = 1.0
    season: float = 0.0  # share by which the year's best weeks lie above its mean, and its worst below
    ramp_days: int = 21  # until visitors know the robot
    fall_from: int | None = None
    fall_to: float = 1.0
    fall_days: int = 1  # from the first day of the fall to its end
    fall_of: Literal["use", "visitors"] = "use"  # who passes by stays the same, or nobody passes by any more
    closed: tuple[int, int] | None = None  # from, to
    idle_after: int | None = (
        None  # days from delivery on which they are tried; then they stand in a corner, switched on
    )
    counts_visitors: bool = True  # some ROMs do not


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """How the robots fail. `frail` multiplies how often episodes begin."""

    frail: float = 0.2
    rom: str = "V6.2"
    new_rom: str = ""
    new_rom_from: int | None = None
    new_frail: float = 0.0  # with that firmware, and only of finding its way: added to `frail`
    silent_from: int | None = None  # nothing is heard of them
    silent_share: float = 0.0
    stuck_from: int | None = None  # a severe fault opened and nobody came
    stuck_share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who answers, and what is said."""

    roles: tuple[str, ...] = ("sponsor", "champion", "operator")
    only: str = ""  # for the last 120 days nobody but this role was spoken with
    left: int | None = None  # that person has left
    mute_from: int | None = None  # nobody answers since then
    sponsor_mute_from: int | None = None
    nps: int | None = 9
    reviews_held: bool = True
    reference: Literal["", "accepted", "declined", "withdrawn"] = ""
    reference_day: int = 40
    edits_until: int = 0  # the customer's own edits of the configuration; 90: none since then
    competitor: int | None = None
    export: int | None = None  # a large export of their data
    sentiment: int | None = None
    on_track: bool = True  # objectives are within reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Contracts, renewals, invoices."""

    terms_before: int = 1  # years that were renewed before the present one
    renewal_in: int = 210  # days from T to the end of the contract
    auto: bool = False
    fee: int = 26_000  # per robot and year, whole units of the currency
    currency: str = "CNY"
    steps: bool = True  # towards the renewal, as planned
    overdue: int = 0  # days that an invoice is overdue on T
    lost: bool = False  # the renewal that was due is lost
    upsell: Literal["", "open", "won"] = ""
    grew: float = 1.05  # what a renewal was worth of the contract before


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The first weeks. `stalled` leaves the steps after the map undone."""

    in_time: bool = True
    stalled: bool = False
    delivered_after: int = 14  # days from signing to the robots' delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What must be seen of it at T: exceptions that hold, exceptions that may hold, bands that it may have.

    No band: it has left and is not scored any more.
    """

    shows: frozenset[Code] = frozenset()
    may: frozenset[Code] = frozenset()
    bands: tuple[Band, ...] = ("green", "yellow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One story. `tells` says it in a sentence."""

    key: str
    tells: str
    use: Use = Use()
    body: Body = Body()
    people: People = People()
    money: Money = Money()
    start: Start = Start()
    truth: Truth = Truth()
