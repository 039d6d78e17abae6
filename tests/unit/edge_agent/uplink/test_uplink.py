"""The pure parts of the uplink: its moment in the upload period, presence's rate, acks, desired documents."""

import asyncio
import json
import statistics
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.outbox.values import Outgoing
from edge_agent.uplink import desired as downlink
from edge_agent.uplink.acks import read_ack
from edge_agent.uplink.conversation import Conversation, upload_wait_s
from edge_agent.uplink.presence import BURST, Bucket, PresenceRate
from edge_agent.uplink.wording import described
from protocol import codec
from protocol.messages import Reported
from protocol.stream import Sender
from tests.waiting import DEADLINE_S

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True)


@given(NAMES, st.floats(0, 2e9), st.integers(1, 86_400))
def test_the_next_moment_is_ahead_and_within_one_period(robot, wall_s, upload_s):
    assert 0 < upload_wait_s(robot, wall_s, upload_s) <= upload_s


@given(NAMES, st.integers(0, 2_000_000_000), st.sampled_from([60, 900, 3600]))
def test_a_robot_keeps_its_moment(robot, wall_s, upload_s):
    after = wall_s + upload_wait_s(robot, wall_s, upload_s)
    assert upload_wait_s(robot, after + 1, upload_s) == pytest.approx(upload_s - 1, abs=0.001)


def test_a_fleet_is_spread_over_the_period():
    waits = [upload_wait_s(f"robot-{number}", 0.0, 900) for number in range(9000)]
    a_minute = [sum(1 for wait in waits if minute * 60 < wait <= minute * 60 + 60) for minute in range(15)]
    assert max(a_minute) < 1.25 * statistics.mean(a_minute)


def test_presence_tells_a_change_of_faults_at_once_but_not_without_end():
    rate = PresenceRate(every_s=300)
    rate.told(0, 0, 0.0)
    told = 0
    for second in range(3600):
        if rate.due(second % 2, 0, float(second)):
            rate.told(second % 2, 0, float(second))
            told += 1
    assert BURST - 1 <= told <= BURST + 3600 / 300


def test_presence_waits_exactly_until_it_may_tell():
    rate = PresenceRate(every_s=300)
    for _ in range(5):
        rate.told(0, 0, 0.0)
    wait_s = rate.waits_s(1, 0, 10.0)
    assert wait_s is not None
    assert not rate.due(1, 0, 10.0 + wait_s - 1)
    assert rate.due(1, 0, 10.0 + wait_s + 0.001)
    assert rate.waits_s(0, 0, 10.0) is None


def test_a_fault_that_flaps_all_day_brings_few_uploads_forward():
    bucket, taken = Bucket(every_s=600), 0
    for second in range(86_400):
        if bucket.wait_s(float(second)) == 0:
            bucket.take(float(second))
            taken += 1
    assert BURST <= taken <= BURST + 86_400 / 600


def test_a_drained_backlog_is_news_and_the_ordinary_rhythm_is_none():
    rate = PresenceRate(every_s=300)
    rate.told(0, 3, 0.0)
    assert not rate.due(0, 0, 100.0)
    rate.told(0, 5000, 100.0)
    assert rate.due(0, 0, 200.0)


@given(st.binary(max_size=200))
def test_no_payload_breaks_the_reading_of_acks(payload):
    read_ack(payload)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["epoch", "mark", "now_ms", "gap", "pause_s", "refused", "reason", "skills", "revision"]
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_json_arrives_is_judged_and_never_raises(value):
    payload = json.dumps(value).encode()
    ack = read_ack(payload)
    if ack is not None:
        assert ack.mark is None or 0 <= ack.mark <= 2**53
        assert 0 <= ack.pause_s <= 3600
    downlink.judge(payload, None)


def desired(revision=1, skills=None, **more):
    skills = [{"skill": "guide", "version": "1.0", "digest": "d"}] if skills is None else skills
    return codec.encode({"v": 1, "revision": revision, "skills": skills, **more})


def test_a_newer_revision_is_accepted_and_an_older_one_changes_nothing():
    kept = downlink.judge(desired(5), None)
    assert isinstance(kept, downlink.Accepted)
    assert downlink.judge(desired(5), kept.document) == downlink.Stale(5)
    assert downlink.judge(desired(4), kept.document) == downlink.Stale(4)
    assert isinstance(downlink.judge(desired(6), kept.document), downlink.Accepted)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"\x28\xb5\x2f\xfd",
        desired(-1),
        desired(True),
        desired("1"),
        desired(skills={}),
        desired(skills=[{}]),
        desired(skills=[{"skill": "a", "version": "1"}]),
        desired(skills=[{"skill": "a", "version": "1", "digest": "x" * 97}]),
        desired(skills=[{"skill": "a", "version": "1", "digest": "d", "settings": []}]),
        desired(skills=[{"skill": "a", "version": "1", "digest": "d"}] * 2),
        desired(skills=[{"skill": f"s{n}", "version": "1", "digest": "d"} for n in range(65)]),
        desired(settings=3),
        desired(settings={"x": "y" * 70_000}),
    ],
)
def test_a_document_that_is_not_right_is_refused_with_a_reason(payload):
    judged = downlink.judge(payload, None)
    assert isinstance(judged, downlink.Refused)
    assert judged.reason


def test_the_report_names_every_desired_skill_and_why_it_does_not_run():
    accepted = downlink.judge(desired(7), None)
    assert isinstance(accepted, downlink.Accepted)
    report = Reported.model_validate(downlink.report("r1", accepted.document))
    assert report.revision == 7
    assert [(s.skill, s.desired, s.active, s.reason) for s in report.skills] == [
        ("guide", "1.0", None, "this robot runs no skills: set skills in the agent's file")
    ]


async def test_several_records_that_travel_together_and_are_too_large_are_stuck_and_not_halved_for_ever():
    """A merge's range holds other records: asked for one, the outbox gives three."""

    async def batch(first, _count):
        await asyncio.sleep(0)
        text = json.dumps({"records": [{"seq": seq, "at": 0, "kind": "fault"} for seq in (4, 5, 6)]}).encode()
        return Outgoing(first, 6, first, 3, text)

    sender = Sender()
    sender.connected()
    talk = SimpleNamespace(
        connection=SimpleNamespace(packet_max_bytes=60),
        sender=sender,
        _outbox=SimpleNamespace(batch=batch),
        _settings=SimpleNamespace(robot="r1"),
        _senses=SimpleNamespace(monotonic_s=lambda: 1.0),
    )
    assert await asyncio.wait_for(Conversation._payload(talk, 4, 100), DEADLINE_S) is None
    assert sender.stuck == 6
    assert described(await batch(4, 1), 5).startswith("record 5 (fault, ")
