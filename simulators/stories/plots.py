"""The stories, by key. Pure data; what a test may expect of each stands beside it."""

from collections.abc import Mapping
from types import MappingProxyType

from simulators.stories.plot import Body, Money, People, Plot, Start, Truth, Use

BAD_FIRMWARE = "V6.9"


def _truth(*shows: str, bands: str, may: str = "") -> Truth:
    return Truth(shows=frozenset(shows), may=frozenset(may.split()), bands=tuple(bands.split()))  # type: ignore[arg-type]  # words of the table below; a test compares them with the codes


_ALL = (
    Plot(key="healthy", tells="Robots are used, people answer, invoices are paid."),
    Plot(
        key="seasonal",
        tells="Visitors come with the season; the slow slide into winter is no drop.",
        use=Use(season=0.2),
    ),
    Plot(
        key="slow_start",
        tells="Delivered five weeks ago, tried for two days; the steps after the map are not done, the robots stand.",
        use=Use(idle_after=2),
        people=People(nps=None),
        money=Money(terms_before=0, renewal_in=365 - 42),
        start=Start(stalled=True, delivered_after=6),
        truth=_truth("STALL", bands="red", may="DROP"),
    ),
    Plot(
        key="slow_leaver",
        tells="A little less every week for five months, and nobody has spoken of the renewal in 70 days.",
        use=Use(fall_from=150, fall_to=0.3, fall_days=150),
        people=People(nps=6, reviews_held=False, edits_until=20, on_track=False),
        money=Money(renewal_in=70, steps=False),
        truth=_truth(bands="red yellow", may="DROP ZOMBIE"),
    ),
    Plot(
        key="sudden_drop",
        tells="Since two weeks visitors pass by as before and do not use the robots any more.",
        use=Use(busy=1.2, fall_from=15, fall_to=0.3),
        truth=_truth("DROP", bands="red yellow"),
    ),
    Plot(
        key="visitors_gone",
        tells="The entrance is a building site: nobody passes by, and those who do use the robots as before.",
        use=Use(busy=1.2, fall_from=15, fall_to=0.12, fall_of="visitors"),
        truth=_truth("DROP", bands="red yellow"),
    ),
    Plot(
        key="zombie",
        tells="Used more than most; the sponsor is silent, no step to the renewal, a competitor was there.",
        use=Use(busy=1.7),
        people=People(sponsor_mute_from=75, edits_until=95, competitor=24, export=12),
        money=Money(renewal_in=80, steps=False),
        truth=_truth("ZOMBIE", bands="red"),
    ),
    Plot(
        key="silent",
        tells="Four messages over five weeks by mail, phone and chat: no reply from anybody.",
        people=People(mute_from=38, nps=None),
        truth=_truth("SILENT", bands="yellow"),
    ),
    Plot(
        key="single_contact",
        tells="Five robots, and all that we know of them comes from one person.",
        people=People(only="champion"),
        truth=_truth("SINGLE", bands="yellow"),
    ),
    Plot(
        key="contact_left",
        tells="The only person we spoke with has left.",
        people=People(only="champion", left=6),
        truth=_truth("SINGLE", "CHAMPION_LEFT", bands="red"),
    ),
    Plot(
        key="reference_refused",
        tells="Asked to speak for us, and would not.",
        people=People(reference="declined", nps=7),
        truth=_truth("REF_REFUSE", bands="yellow"),
    ),
    Plot(
        key="reference_withdrawn",
        tells="Had agreed to a case study and took it back.",
        people=People(reference="withdrawn", reference_day=25, nps=6),
        truth=_truth("REF_REFUSE", bands="yellow"),
    ),
    Plot(
        key="bad_firmware",
        tells="A new firmware loses its way several times a day, and people give up on the robots.",
        use=Use(busy=1.2, fall_from=13, fall_to=0.35),
        body=Body(new_rom=BAD_FIRMWARE, new_rom_from=15, new_frail=14.0),
        truth=_truth(bands="green yellow red", may="DROP FAULT"),
    ),
    Plot(
        key="closed",
        tells="The hall is closed for rebuilding since three weeks: no use, and nothing wrong.",
        use=Use(closed=(21, 0)),
        truth=_truth(bands="grey green yellow"),  # with all telemetry muted there is too little to judge by
    ),
    Plot(
        key="benchmark",
        tells="More than a thousand interactions a robot and day, a case study, an upsell.",
        use=Use(busy=8.0),
        people=People(roles=("sponsor", "champion", "operator", "finance"), nps=10, reference="accepted"),
        money=Money(upsell="won", grew=1.3),
        truth=_truth(bands="green"),
    ),
    Plot(
        key="dark",
        tells="Two of three robots have not been heard of for six days.",
        body=Body(silent_from=6, silent_share=0.67),
        truth=_truth("DARK", bands="red", may="DROP"),
    ),
    Plot(
        key="stuck",
        tells="Two of four robots report a broken wheel since five days.",
        body=Body(stuck_from=5, stuck_share=0.5),
        truth=_truth("FAULT", bands="yellow red", may="DROP"),
    ),
    Plot(
        key="overdue",
        tells="An invoice is 84 days overdue.",
        money=Money(overdue=84),
        truth=_truth("OVERDUE", bands="yellow"),
    ),
    Plot(
        key="lapsed",
        tells="The contract ended 50 days ago, the robots still work, and nothing was signed.",
        people=People(nps=6),
        money=Money(renewal_in=-50, steps=False),
        truth=_truth("LAPSED", bands="red", may="ZOMBIE"),
    ),
    Plot(
        key="left",
        tells="Used the robots less and less, gave notice, and left seven months ago.",
        use=Use(fall_from=340, fall_to=0.25, fall_days=130),
        people=People(nps=4, reviews_held=False, edits_until=320),
        money=Money(terms_before=0, renewal_in=-210, steps=False, lost=True),
        truth=_truth(bands=""),
    ),
)

PLOTS: Mapping[str, Plot] = MappingProxyType({plot.key: plot for plot in _ALL})
