"""ZOMBIE with worked cases: each sign, what is none, and what good use means."""

import pytest

from collector.health.model import Cap
from tests.health_cases import T, alone, codes, day, money, read, relations, scored, touch, with_reading
from tests.plain_facts import a_contract


def held(code: str, **more) -> Cap | None:
    """The exception as the score has it."""
    return next((cap for cap in scored(**more).caps if cap.code == code), None)


def value(code: str, **more) -> float | None:
    cap = held(code, **more)
    return None if cap is None else cap.value


def signal(key: str, ago: int, what: str, count: int = 1) -> relations.SignalSeen:
    return relations.SignalSeen(id=key, account="a1", day=T - ago, signal=what, count=count)


def ending(left: int, **more) -> dict:
    return {"contracts": (a_contract(id="c", account="a1", starts=T - 500, ends=T + left, **more),)}


def test_a_zombie_is_used_well_and_shows_two_signs():
    facts = {"signals": (signal("s1", 5, "competitor"), signal("s2", 80, "skill_uninstalled"))}
    cap = held("ZOMBIE", ledger=facts)
    assert cap is not None
    assert (cap.value, cap.reason, cap.tag) == (49, "two_signals", "")
    assert (cap.evidence["signs"], cap.evidence["signals"]) == (["competitor", "skill_uninstalled"], ["s1", "s2"])
    assert scored(ledger=facts).tags == ()


def test_three_signs_are_red_and_one_sign_seen_twice_is_one():
    three = (signal("s1", 5, "competitor"), signal("s2", 5, "skill_uninstalled"), signal("s3", 5, "update_declined", 2))
    assert value("ZOMBIE", ledger={"signals": three}) == 39
    assert value("ZOMBIE", ledger={"signals": (signal("s1", 5, "competitor"), signal("s2", 6, "competitor"))}) is None


def test_a_zombie_that_is_used_badly_is_none():
    weak = tuple(
        day(at, counts={"interaction": 2 if at > T - 28 else 180, "wake_up": 300}) for at in range(T - 149, T + 1)
    )
    facts = {"signals": (signal("s1", 5, "competitor"), signal("s2", 80, "skill_uninstalled"))}
    assert value("ZOMBIE", ledger=facts, days=weak) is None


def test_missing_data_hides_no_zombie():
    facts = {"signals": (signal("s1", 5, "competitor"), signal("s2", 80, "skill_uninstalled"))}
    used = with_reading(read(ledger=facts), "B2", value=0.83)  # of group B 11.5 parts 100, 2 79, 14 46: 71 points
    unknown = with_reading(used, "B4", state="na", value=None, why="not_arrived")  # 2.5 of the 100 less: 68
    unsupported = with_reading(used, "B4", state="na", value=None, why="unsupported")
    assert ["ZOMBIE" in codes(alone(one).caps) for one in (used, unknown, unsupported)] == [True, True, False]


@pytest.mark.parametrize(
    ("facts", "sign"),
    [
        (ending(120), "no_renewal_step"),
        (
            {
                "touches": (
                    touch("t0", T - 40, contact="a1-admin", answered="yes"),
                    touch("t1", T - 30, contact="a1-sponsor"),
                )
            },
            "no_answer",
        ),
        ({"signals": (signal("e1", 70, "config_edit", 10), signal("e2", 5, "config_edit", 2))}, "edits_fell"),
        ({"signals": (signal("e1", 300, "config_edit"),)}, "edits_fell"),
        ({"signals": (signal("u", 89, "update_declined"), signal("v", 2, "update_declined"))}, "updates_declined"),
        ({"signals": (signal("x", 2, "skill_uninstalled"),)}, "skill_uninstalled"),
        ({"signals": (signal("x", 60, "data_export", 6), signal("y", 2, "data_export", 5))}, "data_export"),
        (
            {"references": (relations.Reference(id="r", account="a1", asked_day=T - 50, outcome="declined"),)},
            "reference_declined",
        ),
    ],
)
def test_each_sign_of_a_zombie(facts, sign):
    with_rival = {**facts, "signals": (*facts.get("signals", ()), signal("rival", 1, "competitor"))}
    cap = held("ZOMBIE", ledger=with_rival)
    assert cap is not None
    assert cap.evidence["signs"] == sorted(["competitor", sign])


@pytest.mark.parametrize(
    "facts",
    [
        ending(121),
        ending(100, auto_renews=True),
        {
            **ending(100),
            "renewal_steps": (money.RenewalStep(id="s", account="a1", contract="c", step="contacted", done_day=T),),
        },
        {
            "touches": (
                touch("t0", T - 40, contact="a1-admin", answered="yes"),
                touch("t1", T - 29, contact="a1-sponsor"),
            )
        },
        {
            "touches": (
                touch("t0", T - 40, contact="a1-admin", answered="yes"),
                touch("t1", T - 31, contact="a1-operator"),
            )
        },
        {"signals": (signal("e1", 70, "config_edit", 10), signal("e2", 5, "config_edit", 3))},
        {"signals": (signal("u", 90, "update_declined"), signal("v", 2, "update_declined"))},
        {"signals": (signal("x", 60, "data_export", 12), signal("y", 2, "data_export", 9))},
        {
            "references": (
                relations.Reference(
                    id="r", account="a1", asked_day=T - 50, outcome="declined", reason="company_policy"
                ),
            )
        },
    ],
)
def test_what_is_no_sign_of_a_zombie(facts):
    with_rival = {**facts, "signals": (*facts.get("signals", ()), signal("rival", 1, "competitor"))}
    assert value("ZOMBIE", ledger=with_rival) is None
