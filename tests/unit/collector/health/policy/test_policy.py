"""The policy file: what it must say, and what a wrong one is told."""

import pickle
import re

import pytest
from pydantic import ValidationError

from collector.built_in import HEALTH as DEFAULT
from collector.health.errors import PolicyInvalid
from collector.health.measures.registry import GROUPS, MEASURES
from collector.health.policy.file import PROFILES, Policy
from opk_skills.catalogue import catalogue
from protocol.counters import COUNTERS, FAMILIES
from tests import ROOT


def edited(old: str, new: str) -> str:
    assert old in DEFAULT.text
    return DEFAULT.text.replace(old, new, 1)


def test_the_weights_are_those_of_the_model():
    names = [
        f"{group}{n}" for group, last in zip("ABCDEF", (2, 6, 3, 4, 3, 3), strict=True) for n in range(1, last + 1)
    ]
    points = (5, 10, 3, 14, 2.5, 2.5, 2, 6, 10, 6, 4, 4, 4, 4, 3, 4, 3, 3, 4, 3, 3)
    weights = dict(zip(names, points, strict=True))
    assert {name: DEFAULT.measures[name].weight for name in weights} == weights, "the model's page says these"
    assert set(DEFAULT.measures) == set(MEASURES)
    groups = {
        profile: [round(sum(DEFAULT.weights[profile][m] for m in GROUPS[g]), 9) for g in GROUPS] for profile in PROFILES
    }
    assert groups == {
        "onboarding": [35, 25, 20, 10, 5, 5], "growth": [10, 35, 20, 15, 10, 10],
        "mature": [5, 30, 20, 20, 15, 10], "renewal": [5, 25, 15, 25, 10, 20],
    }  # fmt: skip


def test_weights_inside_a_group_scale_along():
    points = {name: DEFAULT.measures[name].weight for name in GROUPS["F"]}
    renewal = {name: DEFAULT.weights["renewal"][name] for name in points}
    assert renewal == pytest.approx({name: 20 * one / sum(points.values()) for name, one in points.items()})
    assert renewal["F1"] / renewal["F2"] == pytest.approx(4 / 3)


def test_every_entry_has_a_unit_a_reason_and_a_source():
    assert len(DEFAULT.entries) > 150
    assert {entry.source.split(";")[0] for entry in DEFAULT.entries.values()} == {"RH-1", "choice", "vendor"}


def test_it_speaks_of_counters_families_and_skills_that_exist():
    counters = {counter for counts in DEFAULT.skills.values() for counter in counts}
    counters |= {scene.counter for scene in DEFAULT.scenes.values()}
    assert counters <= set(COUNTERS)
    assert set(DEFAULT.severity) == set(FAMILIES)
    assert set(DEFAULT.skills) == {manifest.key for manifest in catalogue()}


def test_the_hash_is_that_of_the_text():
    other = Policy.load(edited("value = 0.6, ", "value = 0.61, "))
    assert other.coverage.grey_below == 0.61
    assert other.hash != DEFAULT.hash == Policy.load(DEFAULT.text).hash


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[clock]", "[clocks]", r"no section \[clocks\]"),
        ("window_open_days", "window_days", r"\[clock\] has no window_days: its entries are"),
        ("settle_h = {", "# settle_h = {", r"\[clock\] lacks settle_h"),
        ('unit = "open days", reason = "four', 'reason = "four', r"\[clock\] window_open_days: write"),
        ("value = 28,", "value = 2.5,", "whole number"),
        ("value = 28,", 'value = "28",', "a number, not negative"),
        ("value = 28,", "value = -1,", "a number, not negative"),
        ("value = 28,", "value = 0,", "at least one open day"),
        ("value = 0.6, ", "value = 1.6, ", r"grey_below is a share: between 0 and 1"),
        ("A = 35.0, B = 25.0", "A = 36.0, B = 25.0", r"onboarding: the weights sum to 100"),
        ("A = 35.0, B", "G = 35.0, B", r"onboarding: a weight for each of A, B, C, D, E, F"),
        ("zero = 0.2, full = 0.8", "zero = 0.8, full = 0.8", "zero and full, and they differ"),
        ("yellow_from = { value = 40.0", "yellow_from = { value = 80.0", "`yellow_from` is below `green_from`"),
        ('value = ["B2"]', 'value = ["B9"]', "there is no measure B9"),
        ('value = ["B2"]', "value = 2", "a list of texts"),
        ("p_week =", "p_weak =", r"\[anomaly\] has no p_weak: its entries are p_week, "),
        ("p_week =", "# p_week =", r"\[anomaly\] lacks p_week: every entry must be there"),
        ("[anomaly]\n", "[anomalies]\n", r"no section \[anomalies\]: remove it"),
        ("[lapsed]\ncap = {", "# cap = {", r"there must be a section \[lapsed\]: add it"),
        (
            "zero = 0.2, full",
            "nil = 0.2, full",
            r"\[measures\.\w\d\] has no nil: its entries are weight, zero, full, peers",
        ),
        ("zero = 0.2, full", 'zero = "x", full', r"\[measures\.\w\d\] zero is a number, not negative"),
        ("[bands]", "[bands", "not TOML"),
        ("# Every weight", "loose = 1\n# Every weight", "stands in no section"),
    ],
)
def test_a_wrong_policy_is_named_with_its_remedy(old, new, said):
    text = edited(old, new)
    assert text != DEFAULT.text
    with pytest.raises(PolicyInvalid, match=said):
        Policy.load(text)


def test_a_whole_number_may_be_written_with_a_point():
    assert Policy.load(edited("value = 28,", "value = 28.0,")).clock.window_open_days == 28


def test_a_policy_travels_between_processes_with_its_weights():
    there = pickle.loads(pickle.dumps(DEFAULT))
    assert there == DEFAULT
    assert there.weights == DEFAULT.weights


def test_a_policy_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        DEFAULT.bands.days = 3
    with pytest.raises(ValidationError, match="frozen"):
        DEFAULT.bands = DEFAULT.bands


def test_the_file_is_part_of_the_package_and_says_nothing_twice():
    path = ROOT / "collector" / "health" / "policy" / "policy.toml"
    names = re.findall(r"^\[(\w+)\]$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(names) == len(set(names))
