"""What a robot writes is what the collector's border accepts, in the fewest bytes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import codec, limits, records
from protocol.counters import COUNTERS
from protocol.messages import Batch, Envelope, Fault, Lifecycle, Presence, SkillRecord, Window, parse_record
from tests.bench.codec_samples import batches, presences
from tests.wire import Ack

STAMP = {"boot": 3, "mono": 900, "at": 1_767_225_600}
EPOCH = "00c0ffee00c0ffee"
STAMPS = st.fixed_dictionaries(
    {
        "boot": st.integers(0, 2**31),
        "mono": st.integers(0, limits.TIME_MAX_S),
        "at": st.integers(-limits.TIME_MAX_S, limits.TIME_MAX_S),
        "sync": st.sampled_from(["synced", "restamped", "unsynced"]),
    }
)
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=limits.CODE_MAX_CHARS)
COUNTS = st.dictionaries(st.sampled_from(sorted(COUNTERS)), st.integers(0, limits.COUNT_MAX))


def parsed(record: dict) -> object:
    return parse_record(json.loads(codec.encode(records.numbered(7, record))))


@given(STAMPS, st.integers(0, limits.WINDOW_MAX_SPAN_S), COUNTS)
def test_any_window_is_accepted_and_keeps_its_counts(stamp, span, counts):
    window = parsed(records.window(**stamp, span=span, counts=counts))
    assert isinstance(window, Window)
    assert window.counts == {key: n for key, n in counts.items() if n}
    assert {name: getattr(window, name) for name in stamp} == stamp
    assert window.span == span


@given(
    STAMPS,
    st.fixed_dictionaries({"family": TEXT, "code": TEXT, "ref": TEXT, "detail": TEXT}),
    st.sampled_from(["could_not", "wrong"]),
    st.sampled_from(["warning", "urgent", "critical", "fatal"]),
    st.none() | st.integers(1, limits.SEQ_MAX),
)
def test_any_fault_is_accepted_and_keeps_what_it_says(stamp, texts, did, severity, opened):
    state = "open" if opened is None else "close"
    fault = parsed(records.fault(**stamp, state=state, **texts, did=did, severity=severity, opened=opened))
    assert isinstance(fault, Fault)
    assert {name: getattr(fault, name) for name in texts} == texts
    assert (fault.state, fault.did, fault.severity, fault.opened) == (state, did, severity, opened)


@given(STAMPS, TEXT, TEXT)
def test_any_skill_state_is_accepted(stamp, version, reason):
    skill = parsed(records.skill(**stamp, skill="tour", version=version, state="active", reason=reason))
    assert isinstance(skill, SkillRecord)
    assert (skill.version, skill.reason, skill.digest) == (version, reason, "")


@pytest.mark.parametrize(
    ("record", "event", "detail"),
    [
        (
            records.start(**STAMP, agent="1.0", clean=False, timezone="Asia/Shanghai", model="guide-2"),
            "start",
            {"agent": "1.0", "clean": False, "timezone": "Asia/Shanghai", "model": "guide-2"},
        ),
        (records.stop(**STAMP), "stop", {}),
        (records.clock(**STAMP, step_s=-3600), "clock", {"step_s": -3600}),
        (records.configuration(**STAMP, settings={"window_s": 300}), "configuration", {"window_s": 300}),
        (
            records.supported(**STAMP, counters=["wake_up", "faces", "faces"], unsupported=["foot_traffic"]),
            "counters",
            {"supported": ["faces", "wake_up"], "unsupported": ["foot_traffic"]},
        ),
        (
            records.lost(**STAMP, epoch=EPOCH, first=3, last=9, cause="corrupt", records=7),
            "lost",
            {"epoch": EPOCH, "first": 3, "last": 9, "cause": "corrupt", "records": 7},
        ),
        (
            records.epoch(**STAMP, closes=EPOCH, cause="corrupt", salvaged=0, held=4),
            "epoch",
            {"closes": EPOCH, "cause": "corrupt", "salvaged": 0, "held": 4},
        ),
        (
            records.epoch(**STAMP, closes=None, cause="replaced", salvaged=0),
            "epoch",
            {"cause": "replaced", "salvaged": 0},
        ),
    ],
)
def test_a_lifecycle_record_says_what_the_page_says(record, event, detail):
    lifecycle = parsed(record)
    assert isinstance(lifecycle, Lifecycle)
    assert (lifecycle.event, lifecycle.detail) == (event, detail)


def test_defaults_travel_for_free():
    window = records.window(**STAMP, span=300, counts={"faces": 0})
    assert window == {"kind": "window", **STAMP, "span": 300, "counts": {}}
    assert records.presence(robot="r", epoch=EPOCH, session=1, state="online", at=1) == {
        "v": 1, "robot": "r", "epoch": EPOCH, "session": 1, "state": "online", "at": 1,
    }  # fmt: skip
    assert records.ack(epoch=EPOCH, mark=0) == {"v": 1, "epoch": EPOCH, "mark": 0}


def test_gauges_keep_least_mean_and_greatest():
    window = parsed(records.window(**STAMP, span=300, counts={}, gauges={"load": (0, 0.5, 2)}))
    assert isinstance(window, Window)
    assert window.gauges == {"load": (0, 0.5, 2)}


def test_a_salvaged_record_keeps_the_first_place_it_ever_had():
    record = records.numbered(5, records.stop(**STAMP))
    once = records.salvaged(2, record, EPOCH)
    assert (once["seq"], once["was"]) == (2, {"epoch": EPOCH, "seq": 5})
    twice = records.salvaged(9, once, "1111111111111111")
    assert (twice["seq"], twice["was"]) == (9, {"epoch": EPOCH, "seq": 5})
    assert parse_record(twice).seq == 9


def test_an_envelope_of_stored_texts_is_the_envelope_of_the_records():
    for batch in batches(11, (1, 3), 10):
        parts = {name: batch[name] for name in ("robot", "epoch", "first", "last", "held")}
        bodies = [codec.encode(record).decode() for record in batch["records"]]
        assert records.envelope_text(**parts, bodies=bodies) == codec.encode(batch)
        assert Batch.model_validate(batch).last == batch["last"]


def test_a_hello_is_an_empty_batch_beyond_the_mark():
    hello = Envelope.model_validate(records.hello(robot="r", epoch=EPOCH, mark=7, held=8))
    assert (hello.first, hello.last, hello.held, hello.records) == (8, 7, 8, [])
    assert records.envelope_text(robot="r", epoch=EPOCH, first=8, last=7, held=8, bodies=()) == codec.encode(
        records.hello(robot="r", epoch=EPOCH, mark=7, held=8)
    )


def test_acks_and_presence_are_accepted():
    ack = Ack.model_validate(
        records.ack(epoch=EPOCH, mark=4, now_ms=5, gap=True, pause_s=9, refused="0" * 16, reason="json: no")
    )
    assert (ack.mark, ack.now_ms, ack.gap, ack.pause_s, ack.reason) == (4, 5, True, 9, "json: no")
    for presence in presences(3, 20):
        assert Presence.model_validate(presence).session == presence["session"]
