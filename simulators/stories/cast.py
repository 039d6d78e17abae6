"""Who the customers are: made-up names with a scene, a region, robots and a story each. Pure data."""

from dataclasses import dataclass, replace
from typing import Any

from simulators.stories.plot import Plot
from simulators.stories.plots import PLOTS

INDUSTRY = {"exhibition_hall": "culture", "ktv": "hospitality", "scenic_spot": "tourism", "conference": "venues"}
RESELLERS = {"north-robotics": ("Northlight Service Robots", "north"), "delta-devices": ("Delta Devices", "south")}
CSMS = {
    "csm-east": ("CSM East", "region east"),
    "csm-north": ("CSM North", "region north"),
    "csm-south": ("CSM South", "region south"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One account of the portfolio."""

    key: str
    name: str
    scene: str
    region: str
    robots: int
    plot: Plot
    csm: str
    reseller: str = ""
    referred_by: str = ""
    brand: int = 2
    potential: int = 40_000

    @property
    def industry(self) -> str:
        return INDUSTRY[self.scene]


def _one(key: str, name: str, scene: str, region: str, robots: int, plot: str, **more: Any) -> Customer:
    """`more` are fields of the customer; `money` changes the story's money."""
    story, money = PLOTS[plot], more.pop("money", {})
    story = replace(story, money=replace(story.money, **money))
    csm = "csm-north" if more.get("reseller") == "north-robotics" or region == "north" else f"csm-{region}"
    return Customer(key=key, name=name, scene=scene, region=region, robots=robots, plot=story, csm=csm, **more)


_HALL, _KTV, _SPOT, _CONF = "exhibition_hall", "ktv", "scenic_spot", "conference"
_DOLLARS = {"currency": "USD", "fee": 3_700}
CUSTOMERS = (
    _one("amber-hall", "Amber Lane Science Hall", _HALL, "east", 3, "healthy", brand=3, money={"renewal_in": 160}),
    _one("quartz-hall", "Quartz Court Museum of Stone", _HALL, "east", 2, "healthy", referred_by="amber-hall"),
    _one("paper-hall", "青榆造纸博物馆", _HALL, "north", 2, "healthy", money={"renewal_in": 95}),
    _one("loom-hall", "Loom and Shuttle Textile Hall", _HALL, "south", 2, "healthy", money={"terms_before": 0}),
    _one("velvet-ktv", "Velvet Stairs KTV", _KTV, "east", 4, "healthy", money={"auto": True}),
    _one("echo-ktv", "回声巷量贩KTV", _KTV, "south", 3, "healthy", money={"renewal_in": 300}),
    _one("moon-ktv", "Paper Moon KTV", _KTV, "north", 2, "healthy", reseller="north-robotics"),
    _one("reed-lake", "Reed Lake Scenic Area", _SPOT, "south", 3, "healthy", money={"renewal_in": 40}),
    _one("nine-pines", "九松岭景区", _SPOT, "north", 2, "healthy", reseller="north-robotics"),
    _one("fern-gorge", "Fern Gorge Scenic Area", _SPOT, "east", 2, "healthy", money={"upsell": "open"}),
    _one("tide-centre", "Tidewater Congress Centre", _CONF, "east", 4, "healthy", brand=4, money=_DOLLARS),
    _one("plaza-forum", "Plaza Forum Meetings", _CONF, "south", 2, "healthy", reseller="delta-devices"),
    _one("oak-rooms", "Oak Rooms Conference House", _CONF, "north", 2, "healthy", money={"renewal_in": 130}),
    _one("linden-court", "Linden Court Conference House", _CONF, "east", 2, "healthy", referred_by="tide-centre"),
    _one("snow-ridge", "Snow Ridge Scenic Area", _SPOT, "north", 3, "seasonal"),
    _one("kiln-hall", "Old Kiln Ceramics Hall", _HALL, "south", 3, "slow_start"),
    _one("mirror-ktv", "Mirror Room KTV", _KTV, "east", 4, "slow_leaver"),
    _one("copper-hall", "Coppersmith Street Hall", _HALL, "north", 3, "sudden_drop"),
    _one("heron-spot", "Heron Bank Scenic Area", _SPOT, "east", 3, "visitors_gone"),
    _one("crane-forum", "Crane Tower Forum", _CONF, "south", 4, "zombie", brand=3, potential=120_000),
    _one("plum-garden", "Plum Terrace Gardens", _SPOT, "south", 3, "silent"),
    _one("iron-bridge", "Iron Bridge Conference Centre", _CONF, "north", 5, "single_contact", potential=80_000),
    _one("willow-ktv", "Willow Steps KTV", _KTV, "south", 3, "contact_left", reseller="delta-devices"),
    _one("granite-hall", "Granite Wharf Museum", _HALL, "east", 4, "reference_refused", brand=4),
    _one("cedar-hall", "Cedar Yard Museum", _HALL, "north", 3, "reference_withdrawn", reseller="north-robotics"),
    _one("comet-ktv", "Comet KTV", _KTV, "north", 3, "bad_firmware", reseller="north-robotics"),
    _one("maple-spot", "Maple Saddle Scenic Area", _SPOT, "north", 3, "bad_firmware"),
    _one("slate-hall", "Slate Roof Gallery", _HALL, "south", 3, "bad_firmware", reseller="delta-devices"),
    _one("bamboo-spot", "Bamboo Ford Scenic Area", _SPOT, "south", 3, "bad_firmware"),
    _one("lantern-hall", "Lantern Works Hall", _HALL, "south", 3, "closed"),
    _one("harbour-lights", "Harbour Lights Aquarium", _SPOT, "east", 5, "benchmark", brand=5, potential=200_000),
    _one("basalt-spot", "Basalt Steps Scenic Area", _SPOT, "north", 3, "dark", reseller="north-robotics"),
    _one("pearl-ktv", "Pearl Corridor KTV", _KTV, "south", 4, "stuck", reseller="delta-devices"),
    _one("river-forum", "River Bend Forum", _CONF, "east", 3, "overdue"),
    _one("summit-rooms", "Summit Rooms", _CONF, "east", 2, "left"),
    _one("opal-ktv", "Opal Night KTV", _KTV, "south", 2, "left", reseller="delta-devices"),
    _one("brass-ktv", "Brass Button KTV", _KTV, "north", 3, "lapsed", reseller="north-robotics"),
)
"""Every story is told at least once; two of the customers have left."""
