"""collector fleet: robots, faults, sheet"""

from typing import Any

import click

from collector.commands.door import Door, door_options
from collector.commands.options import Choice, Number, language_option
from collector.fleet.fault_rates import BYS, By, RobotKinds
from collector.fleet.presence import STATES
from collector.language import listings
from collector.operations import fleet_look, stated
from collector.operations.fleet_look import FaultRatesOf, FleetRobots


@click.group(
    epilog="\b\ncollector fleet robots --state offline\ncollector fleet faults --by skill\ncollector fleet sheet"
)
def fleet() -> None:
    """What a fleet engineer looks at."""


@fleet.command(name="robots")
@click.option("--account", metavar="A", help="Only robots deployed with this account today.")
@click.option("--state", type=Choice((*STATES, "closed")), default=None, help="closed: its place is, at this hour.")
@click.option("--search", default="", metavar="TEXT", help="Part of the name.")
@click.option("--broken", is_flag=True, help="With an open fault.")
@click.option("--needs-look", is_flag=True, help="With anything that an engineer should look at.")
@click.option("--limit", type=Number(1, 1000), default=50, show_default=True)
@language_option
@door_options
def fleet_robots(door: Door, lang: str, state: str | None, *, broken: bool, needs_look: bool, **given: Any) -> None:
    """Robots by what ails them."""
    query = {
        **given, "state": state, "broken": "true" if broken else None, "needs_look": "true" if needs_look else None,
    }  # fmt: skip
    if door.remote is not None:
        found = door.remote.ask("GET", "/fleet/robots", query=query)
    else:
        closed = frozenset(door.do(fleet_look.closed_robots, None))
        wanted = FleetRobots(state=state or "", broken=broken, needs_look=needs_look, closed=closed, **given)
        found = door.ask(fleet_look.fleet_robots, wanted, "GET", "/fleet/robots")
    door.say(found, listings.robots(found, lang))


@fleet.command(name="faults")
@click.option("--by", type=Choice(BYS), default="rom", show_default=True, help="Firmware (rom), model, skill version.")
@language_option
@door_options
def fault_rates(door: Door, lang: str, by: By) -> None:
    """Fault episodes per 100 hours of the last 28 days. A - stands where too few hours arrived to say one."""
    wanted = FaultRatesOf(by=by, kinds=RobotKinds())
    found = door.ask(
        fleet_look.fault_rates, wanted, "GET", "/fleet/fault-rates", query={"by": by}, stated=stated.fault_rates
    )
    door.say(found, listings.fault_rates(found, lang))


@fleet.command(name="sheet")
@language_option
@door_options
def fleet_sheet(door: Door, lang: str) -> None:
    """Open incidents, what still alarms, and how much was not taken."""
    found = door.ask(fleet_look.fleet_sheet, None, "GET", "/fleet/sheet")
    door.say(found, listings.fleet_sheet(found, lang))
