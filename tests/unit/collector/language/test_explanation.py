"""An explanation reads like the example of the model's page, from the numbers that were stored."""

from dataclasses import replace

import pytest

from collector.calendar import days
from collector.health.explain.findings import named
from collector.health.measures.registry import MEASURES
from collector.health.model import Cap, MeasureScore, Scored
from collector.language.explanation import explain
from tests.policies import HEALTH

T = days.parse("2026-10-31")
EACH = 100 / len(MEASURES)  # what each measure weighs


def scored(day: int, *, caps: tuple[Cap, ...] = (), final: float | None = None, **measures: MeasureScore) -> Scored:
    every = {m: MeasureScore(state="present", score=80.0, weight=EACH, lost=EACH * 0.2) for m in MEASURES}
    every.update(measures)
    raw = sum(m.weight * (m.score or 0) for m in every.values()) / 100
    return Scored(
        account="ACME", day=day, policy="p", profile="mature", raw=raw, final=raw if final is None else final,
        band="yellow", coverage=1.0, caps=caps, measures=every, peer_group="hospitality × ktv × tray-4", peer_n=34,
    )  # fmt: skip


SILENT = Cap(
    code="SILENT", value=49, reason="outreach", evidence={"messages": 4, "since_day": T - 30, "touches": ["T-1"]}
)
WORSE = MeasureScore(
    state="present", value=5.2, peer_median=1.9, score=10.0, weight=EACH, lost=EACH * 0.9, newest_day=T,
    detail={"robots": [7, 8], "days": [T - 1]},
)  # fmt: skip


def test_the_sentences_say_the_score_its_cap_its_losses_and_its_change():
    now = scored(T, caps=(SILENT,), final=49.0, C1=WORSE)
    said = explain(now, {7: scored(T - 7)}, {7: "hall-7"}, lang="en", policy=HEALTH)
    assert said.sentences == [
        "80 → 49 (yellow) in 7 days.",
        "Capped at 49 (silent customer): 4 messages since 1 Oct 2026, no reply.",
        (
            f"Raw {now.raw:.0f}: lost {EACH * 0.9:.1f} on fault burden (5.2 severity points per 100 robot-hours, peers "
            f"1.9, n = 34), {EACH * 0.2:.1f} on onboarding milestones in time, {EACH * 0.2:.1f} on active robots."
        ),
        f"Over 7 days −31.0: silent customer −{now.raw - 49:.1f}, fault burden −{EACH * 0.7:.1f}.",
        (
            "100 % of the weight is known, weighed for the mature profile, compared with hospitality × ktv × tray-4 "
            "(n = 34)."
        ),
    ]


def test_the_same_is_said_in_chinese():
    now = scored(T, caps=(SILENT,), final=49.0, C1=WORSE)
    said = explain(now, {7: scored(T - 7)}, {}, "zh", policy=HEALTH)
    assert said.sentences[0] == "7 天内 80 → 49（黄）。"
    assert said.sentences[1] == "上限 49（沉默客户）：自2026年10月1日起触达 4 次，无回复。"
    assert "故障负担" in said.sentences[2]


def test_a_cap_that_binds_is_the_first_thing_to_lift_and_measures_wait_for_it():
    said = explain(scored(T, caps=(SILENT,), final=49.0, C1=WORSE), {}, {}, lang="en", policy=HEALTH)
    assert [lift.name for lift in said.lifts][:2] == ["SILENT", "C1"]
    assert said.lifts[0].points == pytest.approx(said.raw - 49)
    assert "once the cap is gone" in said.lifts[1].text


def test_evidence_names_robots_and_days_and_links_to_them():
    said = explain(
        scored(T, caps=(SILENT,), final=49.0, C1=WORSE), {}, {7: "hall-7", 8: "hall-8"}, lang="en", policy=HEALTH
    )
    burden = next(m for m in said.measures if m.measure == "C1")
    assert burden.evidence == {"robots": ["hall-7", "hall-8"], "days": ["2026-10-30"]}
    assert burden.links == ["/api/v1/robots/hall-7", "/api/v1/robots/hall-8"]
    assert said.caps[0].links == ["/api/v1/touches/T-1"]
    assert said.caps[0].binds


def test_an_account_without_anything_present_is_said_to_have_nothing_to_judge_by():
    empty = Scored(
        account="A", day=T, policy="p", profile="mature", raw=None, final=None, band="grey", coverage=0.0,
        measures={m: MeasureScore(state="na", why="not_arrived") for m in MEASURES},
    )  # fmt: skip
    said = explain(empty, {7: scored(T - 7)}, {}, lang="en", policy=HEALTH)
    assert said.sentences[0] == "There is nothing to judge by."
    assert said.changes[0].difference is None
    assert said.changes[0].parts == []


def test_what_is_muted_is_listed_as_kept_quiet_with_its_reason():
    muted = MeasureScore(state="muted", why="muted", score=20.0)
    said = explain(scored(T, D3=muted), {}, {}, incidents=("rom 7.2 on 40 accounts",), lang="en", policy=HEALTH)
    assert [(one.name, one.why) for one in said.suppressed] == [
        ("D3", "muted by a person"),
        ("incident", "part of an incident of ours"),
    ]


def test_a_number_that_is_no_day_is_left_as_it_is():
    assert named({"days": 61, "since_day": T, "invoices": ["R-1"]}, {}) == {
        "days": 61, "since_day": "2026-10-31", "invoices": ["R-1"],
    }  # fmt: skip


def test_a_band_below_its_number_says_why():
    little = replace(scored(T), coverage=0.71)
    assert (
        "Not green: only 71 % of the weight is known, green needs 75 %."
        in explain(little, {}, {}, lang="en", policy=HEALTH).sentences
    )
    waiting = replace(scored(T), band="green", final=69.0, candidate_band="yellow", candidate_days=1)
    assert (
        explain(waiting, {}, {}, lang="en", policy=HEALTH)
        .sentences[1]
        .startswith("Still green: the number alone says yellow.")
    )
    unknown = replace(scored(T), assured=61.0)
    assert (
        explain(unknown, {}, {}, lang="en", policy=HEALTH).sentences[1]
        == "The band rests on 61: whatever is unknown counts 0 for it."
    )
    grey = replace(scored(T), band="grey", coverage=0.36)
    assert (
        explain(grey, {}, {}, "zh", policy=HEALTH).sentences[1] == "已知数据仅占权重 36 %，低于 60 % 时不评分、不分级。"
    )
    sound = replace(scored(T), band="green", assured=80.0)
    assert not any("band" in said for said in explain(sound, {}, {}, lang="en", policy=HEALTH).sentences)


@pytest.mark.parametrize(
    ("demand", "family", "text"),
    [
        ("demand", None, "; fewer people pass by."),
        (
            "conversion",
            "navigation",
            "; as many people pass by, fewer of them use it; navigation faults rose before it.",
        ),
        ("unknown", None, "since 20 Oct 2026."),
    ],
)
def test_a_drop_tells_visitors_from_use_and_names_the_fault_before_it(demand, family, text):
    evidence = {"ratio": 0.4, "since_day": T - 11, "demand": demand, "fault_before": family}
    fell = Cap(code="DROP", value=49, reason="week", evidence=evidence)
    assert explain(scored(T, caps=(fell,), final=49.0), {}, {}, lang="en", policy=HEALTH).sentences[1].endswith(text)


def test_the_incident_that_mutes_measures_is_named():
    muted = MeasureScore(state="muted", why="incident", score=20.0, detail={"incident": ["firmware", "V6.9"]})
    said = explain(scored(T, B2=muted, C1=muted), {}, {}, lang="en", policy=HEALTH).sentences
    assert (
        "One incident of ours, firmware V6.9, affects several customers: momentum, fault burden do not count "
        "meanwhile, and no alarm is raised for this one alone."
    ) in said
    assert "固件 V6.9" in "".join(explain(scored(T, B2=muted), {}, {}, "zh", policy=HEALTH).sentences)


def test_a_change_that_nets_to_nothing_and_one_that_cannot_be_told_are_said():
    worse = MeasureScore(state="present", score=60.0, weight=EACH, lost=EACH * 0.4)
    better = MeasureScore(state="present", score=100.0, weight=EACH)
    said = explain(
        scored(T, B1=worse, C1=better), {7: scored(T - 7), 28: scored(T - 28)}, {}, lang="en", policy=HEALTH
    ).sentences
    assert f"Over 7 days 0.0: use per active robot −{EACH * 0.2:.1f}, fault burden +{EACH * 0.2:.1f}." in said
    assert "Over 7 days: no change." in explain(scored(T), {7: scored(T - 7)}, {}, lang="en", policy=HEALTH).sentences
    assert any("no score of a week" in one for one in explain(scored(T), {}, {}, lang="en", policy=HEALTH).sentences)


def test_what_is_not_counted_is_named_by_reason():
    shut = MeasureScore(state="muted", why="closed")
    said = explain(replace(scored(T, A2=shut, B1=shut), coverage=0.8), {}, {}, lang="en", policy=HEALTH).sentences
    assert "Not counted: active robots, use per active robot (the sites were closed)." in said[-1]


def test_sentences_name_contacts_and_the_evidence_keeps_their_ids():
    left = Cap(code="SINGLE", value=39, reason="contact_left", evidence={"contacts": ["c-1"], "since_day": T - 6})
    said = explain(scored(T, caps=(left,), final=39.0), {}, {}, "en", HEALTH, people={"c-1": "Li Wei"})
    assert "the last contact, Li Wei, left on" in " ".join(said.sentences)
    assert said.caps[0].evidence["contacts"] == ["c-1"]
