"""Recordings played: at speed, in a loop, through restarts and through rubbish."""

import json

import pytest

from edge_agent.errors import SourceError
from edge_agent.sources.replay import Options, Replay
from tests.sources import Sink, around, running, until

LINES = [
    {"at_s": 0.0, "totals": {"wake_up": 1}, "source": "a"},
    {"at_s": 0.1, "totals": {"wake_up": 5}, "source": "a"},
    {"at_s": 0.2, "count": "interaction", "n": 2, "gauge": "volume", "value": 0.5},
    {"at_s": 0.3, "totals": {"wake_up": 2}, "source": "b"},  # the recorded program restarted
    {"at_s": 0.4, "fault": {"family": "touch", "code": "no_response", "active": True}},
    {"at_s": 0.5, "count": "interaction", "n": 1},
]
TRUTH = {"wake_up": 7, "interaction": 3}


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "recording.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    return path


def replay(folder, recording, **options):
    return Replay("replay", Options(file=recording, keep_s=0.02, **options), around(folder))


@pytest.mark.parametrize("speed", [0.0, 1.0, 100.0])
async def test_every_line_counts_once_at_any_speed(tmp_path, recording, speed):
    sink, source = Sink(), replay(tmp_path, recording, speed=speed)
    async with running(source, sink):
        await source.finished.wait()
    assert sink.counted == TRUTH
    assert sink.gauge("volume") == 0.5
    assert sink.open_conditions() == {"no_response"}


async def test_two_recorded_programs_add_up(tmp_path, recording):
    recording.write_text(
        "".join(
            json.dumps({"totals": {"wake_up": n}, "source": s}) + "\n"
            for s, n in zip("abab", (5, 3, 6, 9), strict=True)
        )
    )
    sink, source = Sink(), replay(tmp_path, recording)
    async with running(source, sink):
        await source.finished.wait()
    assert sink.counted == {"wake_up": 15}


@pytest.mark.parametrize(("source", "truth", "refused"), [({"source": "a"}, 110, 1), ({}, 215, 0)])
async def test_a_recorded_total_that_falls_is_a_restart_only_where_no_source_is_named(
    tmp_path, recording, source, truth, refused
):
    lines = [{"totals": {"wake_up": n}, **source} for n in (100, 105, 104, 110)]
    recording.write_text("".join(json.dumps(line) + "\n" for line in lines))
    sink, source = Sink(), replay(tmp_path, recording, speed=0.0)
    async with running(source, sink):
        await source.finished.wait()
    assert (sink.counted["wake_up"], sink.refused) == (truth, refused)


async def test_played_again_with_the_same_memory_it_counts_nothing_more(tmp_path, recording):
    sink = Sink()
    for _ in range(3):
        source = replay(tmp_path, recording, speed=0.0)
        async with running(source, sink):
            await source.finished.wait()
    assert sink.counted == TRUTH


async def test_another_recording_under_the_same_name_is_counted_too(tmp_path, recording):
    sink = Sink()
    for text in ('{"count": "wake_up"}\n', '{"count": "wake_up", "n": 2}\n'):
        recording.write_text(text)
        source = replay(tmp_path, recording)
        async with running(source, sink):
            await source.finished.wait()
    assert sink.counted == {"wake_up": 3}


async def test_a_loop_adds_lap_after_lap_through_restarts(tmp_path, recording):
    sink = Sink()
    for laps in (2, 4):
        source = replay(tmp_path, recording, speed=0.0, loop=True)
        async with running(source, sink):
            await until(lambda n=laps: sink.counted.get("interaction", 0) >= 3 * n)
    assert sink.counted["interaction"] >= 12
    kept = json.loads((tmp_path / "source-replay.json").read_text())
    assert sink.counted == kept["totals"]


async def test_rubbish_in_a_recording_is_counted_and_left(tmp_path, recording):
    rubbish = '{"totals": {"wa\n[]\n\n{"count": "wakeup"}\n{"gauge": "x", "value": NaN}\n\x00\n'
    recording.write_text(rubbish + recording.read_text() + '{"count": "wake')
    sink, source = Sink(), replay(tmp_path, recording, speed=0.0)
    async with running(source, sink):
        await source.finished.wait()
    assert sink.refused == 6
    assert {name: sink.counted[name] for name in TRUTH} == TRUTH


async def test_a_recording_that_is_not_there_says_the_remedy(tmp_path):
    with pytest.raises(SourceError, match="correct file"):
        await replay(tmp_path, tmp_path / "none.jsonl").run(Sink().take)
