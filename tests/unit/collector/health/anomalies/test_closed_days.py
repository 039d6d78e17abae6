"""Which empty days are learned to be closed, and which are an incident."""

from dataclasses import replace
from typing import Any

import pytest

from collector.health.anomalies import closed_days, falls, incidents
from collector.health.model import AccountDay, AccountInputs, Fleet
from tests.account_days import LAST, ROBOTS, day_of, inputs
from tests.policies import RULES

STEADY = [20, 18, 22, 25, 24, 30, 28] * 20
DAYS = len(STEADY)
HOLIDAY = range(LAST - 5, LAST + 1)


def an_account_of(
    name: str, empty: range | list[int], region: str = "north", rom: str = "V1", **day: Any
) -> AccountInputs:
    """`empty`: days of which its robots count zeros."""
    days: list[AccountDay] = []
    for at, n in enumerate(STEADY):
        number = LAST - DAYS + 1 + at
        counts = {"interaction": 0, "foot_traffic": 0} if number in empty else {"interaction": n, "foot_traffic": 9 * n}
        days.append(day_of(number, n, **{"counts": counts} | (day if number in empty else {})))
    return inputs(name, days, Fleet(models={"m": ROBOTS}, roms={rom: ROBOTS}), region=region, scene="exhibition")


def statistics(*accounts: AccountInputs) -> list[falls.Statistics]:
    return [falls.statistics(one, rules=RULES) for one in accounts]


def states(found: list[falls.Statistics]) -> dict[str, str]:
    return {name: verdict.state for name, verdict in falls.judge_all(found, rules=RULES).items()}


def others(region: str, rom: str = "V1") -> list[AccountInputs]:
    return [an_account_of(f"{region}-{n}", [], region, rom) for n in range(4)]


def test_a_holiday_of_a_region_that_nobody_entered_is_no_fall():
    north = [an_account_of(f"n{n}", HOLIDAY) for n in range(4)]
    found = statistics(*north, *others("south"))
    assert falls.variation_of(found, RULES).closed == {"north": tuple(HOLIDAY)}
    assert set(states(found).values()) == {"steady"}
    assert incidents.find(found, falls.judge_all(found, RULES), RULES) == ()


def test_a_holiday_of_the_whole_country_is_learned_too():
    """Everybody runs the same model and firmware: what all have in common explains nothing."""
    resting = [an_account_of(f"{region}{n}", HOLIDAY, region) for region in ("north", "south") for n in range(4)]
    found = statistics(*resting)
    assert falls.variation_of(found, RULES).closed == {"north": tuple(HOLIDAY), "south": tuple(HOLIDAY)}


def test_one_account_alone_is_empty_by_itself():
    """The control: without others of its region nothing is learned, and the zeros count."""
    found = statistics(an_account_of("a", HOLIDAY), *others("north"), *others("south"))
    assert falls.variation_of(found, RULES).closed == {}
    assert states(found)["a"] == "fell"


@pytest.mark.parametrize(
    "told",
    [{"heard": 0, "active": 0, "counts": {}}, {"heard": 1}, {"faults": {"sensing": 1}}, {"unwatched": 1}],
    ids=["not heard", "half heard", "broken", "told by a file"],
)
def test_only_robots_that_were_up_and_well_vouch_for_a_closed_day(told):
    found = statistics(*(an_account_of(f"n{n}", HOLIDAY, **told) for n in range(4)))
    assert falls.variation_of(found, RULES).closed == {}


def test_a_firmware_that_counts_nobody_is_no_holiday():
    """Everybody with V2 is empty, here and elsewhere; and the same where the others of the region went on."""
    everywhere = [
        an_account_of(f"{region}{n}", HOLIDAY, region, "V2") for region in ("north", "south") for n in range(4)
    ]
    assert falls.variation_of(statistics(*everywhere, *others("east")), RULES).closed == {}
    here = [an_account_of(f"n{n}", HOLIDAY, "north", "V2") for n in range(4)]
    assert falls.variation_of(statistics(*here, *others("north")[:3], *others("south")), RULES).closed == {}
    assert falls.variation_of(statistics(*here), RULES).closed == {}  # nobody can tell the firmware from the region


def test_a_weekday_that_is_always_empty_is_closed_by_the_accounts_own_past():
    tuesdays = [LAST - 4 - 7 * week for week in range(5)]
    one = closed_days.vouched(an_account_of("a", tuesdays).days, "interaction", RULES)
    assert one.past == (LAST - 4 - 7, LAST - 4)
    assert closed_days.vouched(an_account_of("a", tuesdays[:2]).days, "interaction", RULES).past == ()


def test_an_entered_holiday_of_others_counts_for_the_region():
    resting = [an_account_of(f"r{n}", []) for n in range(2)]
    entered = [
        replace(one, days=tuple(replace(day, open=day.day not in HOLIDAY) for day in one.days)) for one in resting
    ]
    found = statistics(an_account_of("a", HOLIDAY), *entered, *others("south"))
    assert falls.variation_of(found, RULES).closed == {"north": tuple(HOLIDAY)}
    assert states(found)["a"] == "steady"


@pytest.mark.parametrize("told", [{}, {"heard": 0, "active": 0, "counts": {}}], ids=["zeros", "not heard"])
def test_a_scene_that_is_cut_off_is_an_incident_of_that_day(told):
    hit = [an_account_of(f"h{n}", [LAST], f"R{n % 3}", **told) for n in range(6)]
    others_scene = [replace_scene(an_account_of(f"k{n}", [], f"R{n % 3}")) for n in range(9)]
    found = statistics(*hit, *others_scene)
    (incident,) = incidents.find(found, falls.judge_all(found, RULES), RULES)
    assert (incident.of, incident.cause, incident.value) == ("silence", "scene", "exhibition")
    assert (incident.since_day, len(incident.accounts)) == (LAST, 6)
    assert falls.variation_of(found, RULES).closed == {}


def replace_scene(one: AccountInputs) -> AccountInputs:
    ledger = one.ledger
    return replace(one, ledger=replace(ledger, account=replace(ledger.account, scene="retail")))
