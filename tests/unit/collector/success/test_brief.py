"""Briefs from facts that are there, and suggestions that name how many have what is suggested."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.accounts.ledger.kinds.care import Objective
from collector.accounts.ledger.kinds.relations import Promise, Ticket, Touch
from collector.accounts.ledger.kinds.who import Contact
from collector.accounts.ledger.view import AccountLedger
from collector.calendar import days
from collector.health.model import AccountDay, Cap, MeasureScore, Scored
from collector.success.brief import brief, since_day
from collector.success.suggestions import Use, suggest
from tests.plain_facts import an_account
from tests.policies import PLAYBOOKS

TODAY = days.parse("2026-05-15")


def ledger(**facts):
    return AccountLedger(row_id=7, account=an_account(id="ACME", name="Acme"), **facts)


def told(known, counted=(), *, now=None, before=None, rules=(), day=TODAY, today=TODAY):
    return brief(known, counted, day, now=now, before=before, rules=rules, playbooks=PLAYBOOKS, today=today)


def scored(day, final, band, **measures):
    return Scored(
        account="ACME", day=day, policy="", profile="mature", raw=final, final=final, band=band, coverage=1.0,
        measures={key: MeasureScore(state="present", score=value, weight=10.0) for key, value in measures.items()},
    )  # fmt: skip


def test_what_changed_is_counted_from_the_last_time_the_customer_spoke():
    spoke = Touch(id="t", account="ACME", day=TODAY - 10, direction="in", channel="phone", summary="spoke")
    assert since_day(ledger(touches=(spoke,)), TODAY, PLAYBOOKS.brief) == TODAY - 10
    assert since_day(ledger(), TODAY, PLAYBOOKS.brief) == TODAY - 28


def test_a_brief_tells_the_score_the_measures_that_moved_and_what_is_new():
    before = scored(TODAY - 10, 80.0, "green", B2=90.0, C1=50.0, A2=70.0)
    now = replace(scored(TODAY, 49.0, "yellow", B2=40.0, C1=80.0, A2=72.0), caps=(Cap(code="DROP", value=49.0),))
    old = Ticket(id="old", account="ACME", opened_day=TODAY - 90, subject="x")
    new = Ticket(id="new", account="ACME", opened_day=TODAY - 3, closed_day=TODAY + 1, subject="door")
    found = told(ledger(tickets=(old, new)), now=now, before=before)
    assert [(point.about, point.fact) for point in found.changed] == [
        ("score", ""), ("exception", "DROP"), ("measure", "B2"), ("measure", "C1"), ("ticket", "new"),
    ]  # fmt: skip
    assert found.changed[0].text["en"] == "Health went from 80 (green) to 49 (yellow)."
    assert found.changed[0].text["zh"] == "健康度从 80（绿）变为 49（黄）。"
    assert found.changed[4].text["en"] == "Ticket door (open)."


def test_a_brief_tells_what_was_promised_and_how_targets_stand():
    late = Promise(id="late", account="ACME", made_day=1, due_day=TODAY - 3, text="A map")
    kept = replace(late, id="kept", kept_day=TODAY - 4)
    target = Objective(
        id="O", account="ACME", counter="guided_tour", target=20.0, from_day=TODAY - 9, to_day=TODAY + 10, text="Tours"
    )
    counted = [AccountDay(day=TODAY - n, robots=1, heard=1, counts={"guided_tour": 1}) for n in range(9, -1, -1)]
    found = told(ledger(promises=(late, kept), objectives=(target,)), counted)
    assert [point.text["en"] for point in found.promised] == [
        "A map (3 days late)",
        "Tours: 10 / 20 guided tours, on track",
    ]
    assert [point.text["zh"] for point in found.promised] == ["A map（逾期 3 天）", "Tours：10 / 20（导览），正常"]


@pytest.mark.parametrize(("kept_day", "is_owed"), [(TODAY - 1, False), (TODAY, False), (TODAY + 1, True), (None, True)])
def test_a_promise_is_owed_until_the_day_on_which_it_is_kept(kept_day, is_owed):
    one = Promise(id="p", account="ACME", made_day=TODAY, due_day=TODAY + 3, text="A map", kept_day=kept_day)
    assert bool(told(ledger(promises=(one,)), day=TODAY - 1).promised) is is_owed
    assert not told(ledger(promises=(one,)), day=TODAY - 1, today=TODAY - 1).promised, "it is not made yet"


def test_a_brief_asks_one_question_for_each_open_rule_and_for_what_is_not_known():
    sponsor = Contact(id="c", account="ACME", name="x", role="sponsor", left_day=TODAY)
    champion = Contact(id="d", account="ACME", name="y", role="champion")
    found = told(ledger(contacts=(sponsor, champion)), rules=("DROP", "DROP", "RED"))
    assert [point.fact for point in found.ask] == ["DROP", "RED", "sponsor", ""]
    many = told(ledger(), rules=list(PLAYBOOKS))
    assert len(many.ask) == PLAYBOOKS.brief.questions_max


def use(name, intensity, *skills, uses=None, settings=None, scene="ktv"):
    return Use(
        account=name, industry="hospitality", scene=scene, intensity=intensity, skills=frozenset(skills),
        uses=dict.fromkeys(skills, 50) if uses is None else uses, settings=settings or {},
    )  # fmt: skip


RULES = PLAYBOOKS.suggestions
HIGH = [use(f"h{n}", 100.0 + n, "delivery", "cruise", settings={"delivery.speed": "2"}) for n in range(3)]
LOW = [use(f"l{n}", 10.0 + n, "delivery") for n in range(9)]
MINE = use("mine", 5.0, "delivery", "cruise", uses={"delivery": 50, "cruise": 1})


def test_a_skill_that_high_users_have_and_use_is_suggested_with_its_figures():
    found = suggest(MINE, [*HIGH, *LOW], RULES)
    assert (found.peers, found.high_users, found.high_intensity) == (12, 3, 101.0)
    assert [(one.kind, one.what, one.value, one.high) for one in found.items] == [
        ("use", "cruise", None, 3), ("set", "delivery.speed", "2", 3),
    ]  # fmt: skip
    assert (found.items[0].with_it, found.items[0].without_it) == (101.0, 14.0)
    without = suggest(replace(MINE, skills=frozenset({"delivery"}), uses={"delivery": 50}), [*HIGH, *LOW], RULES)
    assert without.items[0].kind == "install"


def test_settings_of_a_skill_that_is_not_there_are_not_suggested():
    others = [replace(one, settings={"cruise.route": '"a"', "volume": "7"}) for one in HIGH]
    found = suggest(replace(MINE, skills=frozenset({"delivery"})), [*others, *LOW], RULES)
    assert [one.what for one in found.items] == ["cruise", "volume"]
    already = suggest(replace(MINE, settings={"volume": "7"}), [*others, *LOW], RULES)
    assert "volume" not in [one.what for one in already.items]


@pytest.mark.parametrize(
    ("mine", "others", "why"),
    [
        (MINE, HIGH, "too_few_peers"),
        (MINE, [use(f"x{n}", 100.0, "dance", scene="lobby") for n in range(40)], "too_few_peers"),
        (replace(MINE, industry=""), [*HIGH, *LOW], "no_industry_or_scene"),
        (replace(MINE, intensity=500.0), [*HIGH, *LOW], "uses_much"),
    ],
)
def test_without_enough_to_compare_with_nothing_is_suggested_and_the_reason_is_said(mine, others, why):
    found = suggest(mine, others, RULES)
    assert (found.items, found.why) == ((), why)


uses = st.builds(
    use,
    st.integers(0, 10**6).map(lambda n: f"a{n}"),
    st.none() | st.floats(0, 500),
    st.sampled_from(["delivery", "cruise", "dance"]),
)


@given(st.lists(uses, max_size=40, unique_by=lambda one: one.account), st.randoms(use_true_random=False))
def test_the_order_of_accounts_does_not_matter_and_nothing_that_is_used_already_is_suggested(others, chance):
    found = suggest(MINE, others, RULES)
    assert suggest(MINE, chance.sample(others, len(others)), RULES) == found
    assert all(one.high_users >= RULES.high_min and one.high * 2 >= one.high_users for one in found.items)
    assert "delivery" not in {one.what for one in found.items if one.kind != "set"}
