"""Unknown is never zero: activity, faults, days, momentum and overrides that nobody can tell, each with a control."""

from dataclasses import replace

import pytest

from collector.health.measures.registry import TELEMETRY
from collector.language import score as said
from tests.health_cases import T, alone, care, codes, day, days, money, read, relations, scored, who
from tests.plain_facts import a_contract

SPAN = range(T - 149, T + 1)
WOKEN = {"wake_up": 300, "foot_traffic": 900}  # robots that wake up daily and cannot count what follows
YOUNG = {"deployments": (who.Deployment(id="d", account="a1", robot="r1", from_day=T - 35),)}


FULL = {  # with skills and a survey: more than the least of what can be known
    "lines": (
        money.ContractLine(id="l", account="a1", contract="a1-c", product="opk", amount=1, skill="guide"),
    ),
    "surveys": (relations.Survey(id="s", account="a1", day=T - 20, kind="nps", score=9, answered_day=T - 18),),
}  # fmt: skip


def known_for(n: int, **more):
    """150 days with robots; only of the last `n` anything arrived."""
    nothing = {"heard": 0, "active": 0, "counts": {}, "online_s": 0, "dark": (1, 2), **more}
    return tuple(day(at) if at > T - n else day(at, **nothing) for at in SPAN)


def filed(**more):
    """Days of which only files tell."""
    return {"unwatched": 2, "online_s": 0, "scheduled_s": 0, **more}


def test_robots_that_cannot_count_use_are_not_idle_and_not_stalled():
    told = tuple(day(at, counts=WOKEN, active=0, untold=2) for at in range(T - 35, T + 1))
    found = scored(ledger=YOUNG, days=told)
    assert (found.measures["A2"].state, found.measures["A2"].why) == ("na", "unsupported")
    assert "STALL" not in codes(found.caps)
    idle = scored(ledger=YOUNG, days=tuple(day(at, counts={"interaction": 0}, active=0) for at in range(T - 35, T + 1)))
    assert idle.measures["A2"].value == 0
    assert codes(idle.caps)["STALL"] == 39


def test_a_part_that_cannot_count_use_lowers_what_is_known_of_it_and_not_the_share():
    half = scored(days=tuple(day(at, untold=1, active=1) for at in SPAN)).measures["A2"]
    assert half.value == 1
    assert half.known == pytest.approx(0.5 / 0.75)
    assert scored().measures["A2"].known == 1.0


def test_a_robot_that_was_never_heard_of_is_not_said_to_be_unused():
    never = tuple(day(at, robots=1, heard=0, active=0, counts={}, online_s=0) for at in range(T - 35, T + 1))
    found = scored(ledger=YOUNG, days=never)
    assert "STALL" not in codes(found.caps)
    assert (found.final, found.band) == (None, "grey")
    (spot,) = found.blind_spots
    assert (spot.cause, spot.days, spot.of, spot.robots, spot.last_day) == ("never_heard", 28, 28, 1, None)


@pytest.mark.parametrize(("known", "stalls"), [(20, True), (18, True), (17, False), (15, False)])
def test_stall_needs_half_of_the_open_days(known, stalls):
    """36 days since the robot came, on none of which it is known to have worked."""
    dead = {"robots": 1, "active": 0, "online_s": 0}
    told = tuple(
        day(at, counts={"interaction": 0}, **dead) if at > T - known else day(at, counts={}, heard=0, **dead)
        for at in range(T - 35, T + 1)
    )
    assert ("STALL" in codes(read(ledger=YOUNG, days=told).exceptions)) == stalls


def test_coverage_follows_how_many_days_are_known_and_assured_follows_it():
    by_known = {n: scored(days=known_for(n), ledger=FULL) for n in (28, 24, 21, 3, 1)}
    coverages = [one.coverage for one in by_known.values()]
    assert coverages == sorted(coverages, reverse=True)
    assert len(set(coverages)) == len(coverages)
    whole, part = by_known[28], by_known[24]
    assert whole.measures["A2"].known == 1
    assert part.measures["A2"].known == pytest.approx(24 / 28)
    assert part.assured < part.raw
    assert part.raw - part.assured > whole.raw - whole.assured + 2
    assert {spot.cause for spot in whole.blind_spots} == set()
    (spot,) = part.blind_spots
    assert (spot.cause, spot.days, spot.of, spot.from_day, spot.to_day) == ("dark", 4, 28, T - 27, T - 24)
    assert by_known[1].final is None


def test_a_day_heard_in_part_is_known_in_part():
    def known(heard):
        found = read(days=tuple(day(at, robots=4, heard=heard, active=heard) for at in SPAN))
        return {round(found.readings[name].known, 6) for name in ("A2", "B1", "B4", "C2", "C3")}

    assert known(4) == known(3) == {1.0}  # three of four tell how the fleet did
    assert known(2) == {round(0.5 / 0.75, 6)}


def test_without_a_source_of_faults_recurring_faults_do_not_apply():
    found = scored(days=tuple(day(at, **filed()) for at in SPAN)).measures
    assert (found["C3"].state, found["C3"].why, found["C3"].weight) == ("na", "unwatched", 0)
    heard = scored().measures["C3"]
    assert (heard.state, heard.score) == ("present", 100)


def test_momentum_of_robots_that_never_did_anything_is_no_number():
    unused = scored(days=days(counts={"interaction": 0, "wake_up": 0}, active=0)).measures["B2"]
    assert (unused.value, unused.why) == (None, "never_used")
    begun = tuple(day(at, counts={"interaction": 0 if at < T - 27 else 9}) for at in SPAN)
    assert scored(days=begun).measures["B2"].value > 1


def test_an_account_with_only_a_contract_has_no_number():
    bare = {"contacts": (), "touches": (), "deployments": ()}
    near = {**bare, "contracts": (a_contract(id="c", account="a1", starts=T - 300, ends=T + 20),)}
    found = scored(ledger=near, days=(), feeds={})
    assert found.measures["F1"].score == 0
    assert (found.final, found.raw, found.band) == (None, None, "grey")
    overdue = {**bare, "invoices": (money.Invoice(id="i", account="a1", issued_day=T - 100, due_day=T - 90, amount=1),)}
    assert scored(ledger=overdue, days=(), feeds={}).final is None


def test_robots_of_which_files_tell_no_more_are_unknown_by_name():
    told = tuple(
        day(at, **filed()) if at <= T - 20 else day(at, **filed(heard=0, active=0, counts={}, unwatched=0))
        for at in SPAN
    )
    found = scored(days=told)
    (spot,) = found.blind_spots
    assert (spot.cause, spot.days, spot.of, spot.last_day) == ("no_file", 20, 28, T - 20)
    assert (found.final, found.band) == (None, "grey")
    text = said.blind_spot(spot, "en")
    assert text.startswith("Unknown: 20 of 28 open days")
    assert "no file tells of them" in text


def test_records_that_stopped_are_named_with_the_day():
    found = scored(feeds={"touch": T, "ticket": T - 9, "invoice": T})
    (spot,) = found.blind_spots
    assert (spot.cause, spot.days, spot.from_day, spot.last_day) == ("tickets", 9, T - 8, T - 9)
    assert scored().blind_spots == ()


def override(name, bound, value, ago=1):
    return care.Override(
        id=name, account="a1", bound=bound, value=value, from_day=T - ago, to_day=T + 5, reason="r", by="anna"
    )


@pytest.mark.parametrize(
    ("overrides", "stands", "replaced"),
    [
        ((override("cap", "cap", 50, 3), override("floor", "floor", 60, 1)), "floor", ["cap"]),
        ((override("cap", "cap", 50, 1), override("floor", "floor", 60, 3)), "cap", ["floor"]),
        ((override("floor", "floor", 60, 1), override("cap", "cap", 50, 1)), "cap", ["floor"]),
    ],
)
def test_of_two_overrides_that_contradict_each_other_the_later_stands(overrides, stands, replaced):
    for given in (overrides, overrides[::-1]):
        (one,) = read(ledger={"overrides": given}).overrides
        assert one.evidence["overrides"] == [stands]
        assert one.evidence["replaced"] == replaced


def test_a_floor_below_a_cap_contradicts_nothing():
    both = (override("cap", "cap", 60, 3), override("floor", "floor", 60, 1))
    found = read(ledger={"overrides": both}).overrides
    assert {one.bound for one in found} == {"cap", "floor"}
    assert alone(read(ledger={"overrides": both})).final == 60


def test_a_person_can_lift_an_alarm_but_not_make_a_number_of_nothing():
    dark = known_for(0)
    alarmed = scored(days=dark)
    assert (alarmed.final, alarmed.band) == (39, "red")
    lifted = scored(days=dark, ledger={"overrides": (override("f", "floor", 60),)})
    assert (lifted.final, lifted.band) == (None, "grey")


def test_what_is_muted_as_closed_has_no_holes():
    shut = tuple(day(at, open=at <= T - 14, heard=2 if at <= T - 14 else 0) for at in SPAN)
    found = read(days=shut)
    assert {found.readings[name].state for name in TELEMETRY} <= {"muted", "na"}
    assert found.readings["A2"].state == "muted"
    assert found.blind_spots == ()
    assert read(days=tuple(replace(each, open=True) for each in shut)).blind_spots
