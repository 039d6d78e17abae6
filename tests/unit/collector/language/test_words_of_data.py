"""What stands in data as a key is said in words: causes of falls, industries, and what a line of a bill charges."""

import pytest

from collector.language import cta_evidence, fleet, names, skill_bills
from collector.language.catalogue import LANGUAGES
from collector.language.pages import Words


@pytest.mark.parametrize(
    ("cause", "value", "said"),
    [
        ("scene", "exhibition_hall", "展厅"), ("date", "2026-10-01", "2026年10月1日"), ("firmware", "V9.7", "V9.7"),
        ("region", "East", "East"),
    ],
)  # fmt: skip
def test_what_a_cause_names_is_in_the_readers_language(cause, value, said):
    assert fleet.incident(cause, value, "use", "", "zh").startswith(f"{names.cause(cause, 'zh')} {said}：")


def test_a_cause_that_is_a_skill_is_called_by_its_name_where_the_catalogue_knows_it():
    words = Words("zh")
    assert words.cause_value("skill", "delivery") == "delivery"
    words.skills = {"delivery": "送物"}
    said = [words.cause_value("skill", "delivery"), words.in_zone("Asia/Shanghai").skill_name("delivery")]
    assert (said, words.cause_value("model", "delivery")) == (["送物", "送物"], "delivery")


def test_whether_fewer_people_pass_by_is_said_also_where_it_is_not_known():
    assert cta_evidence.pairs({"demand": "unknown"}, "zh") == [("客流判断", "未知")]
    assert cta_evidence.pairs({"demand": "conversion"}, "zh") != cta_evidence.pairs({"demand": "unclear"}, "zh")


@pytest.mark.parametrize(("key", "said"), [("retail", "零售"), ("RETAIL", "零售"), ("Real estate", "房地产")])
def test_an_industry_is_said_however_it_was_written(key, said):
    assert names.scene(key, "zh") == said
    assert names.scene("Space Travel", "zh") == "Space Travel", "one that an installation made up stays"


def test_a_line_of_a_bill_is_said_in_the_readers_language_whoever_set_the_price():
    for maker in LANGUAGES:
        own = [Words(maker)(key) for key in ("line_once", "line_account", "line_robot", "line_seat", "line_use")]
        assert len(set(own)) == len(own), "no two of one name"
        assert [skill_bills.charge(one, "zh") for one in own] == ["开通费", "月费", "机器人", "席位", "使用"]
    assert skill_bills.charge("minimum", "zh") == "每月最低收费"
    assert skill_bills.charge("Tours by night", "zh") == "Tours by night", "what its maker wrote stays"
