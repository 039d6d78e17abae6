"""docs/wire-format.md says what the code does: limits, reasons, constants of the stream."""

import re

from protocol import limits, stream, topics
from protocol.messages import Envelope, Fault, Lifecycle, Presence, SkillRecord, Window
from tests import ROOT
from tests.wire import Ack

PAGE = (ROOT / "docs" / "wire-format.md").read_text(encoding="utf-8")


def test_the_table_of_limits_is_the_limits_of_the_code():
    told = dict(re.findall(r"^\| `([A-Z_]+)` \| (\d+) \|", PAGE, re.MULTILINE))
    held = {name: str(value) for name, value in vars(limits).items() if isinstance(value, int)}
    assert told == held


def test_the_patterns_are_the_codes():
    assert f"`{limits.ROBOT_ID.pattern}`" in PAGE
    assert f"`{limits.COUNTER_KEY.pattern}`" in PAGE


def test_every_field_of_every_message_is_described():
    missing = [
        f"{model.__name__}.{name}"
        for model in (Envelope, Ack, Presence, Window, Fault, SkillRecord, Lifecycle)
        for name in model.model_fields
        if f"`{name}`" not in PAGE
    ]
    assert missing == []


def test_the_constants_of_the_stream_are_told():
    assert f"unanswered for {stream.ACK_TIMEOUT_S:.0f} s" in PAGE
    assert f"within {stream.ACK_TIMEOUT_S / 8} s" in PAGE
    assert f"At most {stream.WINDOW_BATCHES} batches" in PAGE
    assert f"at most {stream.BATCH_RECORDS} records" in PAGE
    assert f"owed for {stream.LIVENESS_S:.0f} s" in PAGE
    assert f"again after {stream.REFUSED_WAIT_S:.0f} s" in PAGE


def test_the_reasons_that_may_cost_a_record_are_the_ones_that_halve():
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| (halves|waits).* \|$", PAGE, re.MULTILINE))
    assert {reason for reason, does in rows.items() if does == "halves"} == stream.ABOUT_A_RECORD


def test_the_root_of_the_topics_is_the_codes():
    assert f"`{topics.ALL_UP}`" in PAGE


def test_the_shards_are_divided_without_rest_and_without_overlap():
    assert topics.up_filters(0, 1) == [topics.ALL_UP]
    parts = [set(topics.up_filters(part, 3)) for part in range(3)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == topics.SHARDS
    assert f"{topics.ROOT}/up/04/+" in parts[1]
    assert topics.shared(topics.ALL_UP) == "$share/collector/fw/1/up/+/+"
