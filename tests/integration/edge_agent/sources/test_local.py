"""The local endpoint over a real socket, its client library and the count command."""

import asyncio
import contextlib
import json
import os
import socket
import threading
from pathlib import Path

import pytest

from edge_agent.client import Counts, NotDurable, count_once, main, socket_path
from edge_agent.errors import SourceError
from edge_agent.sources.local import LINE_MAX_BYTES, Local, Options
from edge_agent.sources.sharing import Peer
from tests.sources import Sink, around, running, until
from tests.waiting import DEADLINE_S


def local(folder, **options):
    commit = options.pop("commit", None)
    return Local("local", Options(**options), around(folder, commit=commit) if commit else around(folder))


async def say(path, *lines):
    """Answers to raw lines, until the far side closes."""
    reader, writer = await asyncio.open_unix_connection(path)
    answers = []
    try:
        for line in lines:
            writer.write(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")
            await writer.drain()
            data = await reader.readline()
            if not data:
                break
            answers.append(json.loads(data))
    finally:
        writer.close()
    return answers


async def test_one_process_leaves_connections_to_the_others(tmp_path):
    """The control is the same number of connections of several processes, which all stay."""

    async def answered(pids):
        answers = iter([Peer(pid, 1000 + pid) for pid in pids])
        source = local(tmp_path, connections=8)
        source.peer_of = lambda _writer: next(answers)
        async with running(source, Sink()):
            await source.listening.wait()
            held = [await asyncio.open_unix_connection(source.path) for _ in pids]
            said = []
            for reader, writer in held:
                writer.write(b'{"count": "wake_up"}\n')
                said.append(json.loads(await reader.readline())["ok"])
            for _, writer in held:
                writer.close()
        return said

    assert await answered([7, 7, 7, 8]) == [True, True, False, True]
    assert await answered([7, 8, 9, 10]) == [True] * 4


async def test_sixty_processes_of_one_user_leave_connections_to_another_user(tmp_path):
    """The control: where every process has a user of its own, sixty of them and the one after them all count."""

    async def answered(peers):
        answers = iter(peers)
        source = local(tmp_path, connections=64)
        source.peer_of = lambda _writer: next(answers)
        async with running(source, Sink()):
            await source.listening.wait()
            held = [await asyncio.open_unix_connection(source.path) for _ in peers]
            said = []
            for reader, writer in held:
                with contextlib.suppress(ConnectionError):
                    writer.write(b'{"count": "wake_up"}\n')
                said.append(json.loads(await reader.readline()))
            for _, writer in held:
                writer.close()
        return said

    said = await answered([*(Peer(pid, 1) for pid in range(1, 61)), Peer(99, 2)])
    assert [answer["ok"] for answer in said] == [True] * 48 + [False] * 12 + [True]
    assert said[48]["error"] == "too many connections of this user: try again later"
    assert all(answer["ok"] for answer in await answered([Peer(pid, pid) for pid in range(1, 62)]))


async def test_the_kernel_says_who_counts(tmp_path):
    source = local(tmp_path)
    async with running(source, Sink()):
        await source.listening.wait()
        _, writer = await asyncio.open_unix_connection(source.path)
        await until(lambda: source._peers)
        assert source._peers == [Peer(os.getpid(), os.getuid())]
        writer.close()


async def test_many_threads_count_exactly_without_waiting_for_the_agent(tmp_path):
    sink, source = Sink(), local(tmp_path)
    async with running(source, sink):
        await source.listening.wait()
        counts = Counts(source.path, flush_s=0.01)

        def work():
            for _ in range(2000):
                counts.add("wake_up")
                counts.add("distance_m", 0.5)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            await asyncio.to_thread(thread.join)
        assert await asyncio.to_thread(counts.close)
    assert sink.counted == {"wake_up": 8000, "distance_m": 4000}


async def test_counts_made_while_the_agent_is_away_arrive_when_it_comes(tmp_path):
    sink, source = Sink(), local(tmp_path)
    counts = Counts(source.path, flush_s=0.01)
    counts.add("wake_up", 5)
    counts.fault("touch", "no_response", ref="screen")
    async with running(source, sink):
        await until(lambda: sink.counted.get("wake_up") == 5 and "no_response" in sink.open_conditions())
        counts.healed("touch", "no_response", ref="screen")
        counts.gauge("volume", 0.5)
        await until(lambda: not sink.open_conditions() and sink.gauge("volume") == 0.5)
        assert await asyncio.to_thread(counts.close)


async def test_an_agent_that_comes_back_is_told_totals_and_faults_again_although_nothing_is_new(tmp_path):
    first, second = Sink(), Sink()
    source = local(tmp_path)
    counts = Counts(source.path, flush_s=0.01)
    async with running(source, first):
        counts.add("wake_up", 5)
        counts.fault("touch", "no_response")
        await until(lambda: first.counted.get("wake_up") == 5 and first.open_conditions())
    async with running(local(tmp_path), second):
        await until(lambda: second.counted.get("wake_up") == 5 and second.open_conditions())
        assert await asyncio.to_thread(counts.close)


async def test_closing_waits_for_an_agent_that_is_about_to_come_and_can_be_tried_again(tmp_path):
    sink, source = Sink(), local(tmp_path)
    counts = Counts(source.path, flush_s=0.01)
    counts.add("wake_up", 5)
    assert not await asyncio.to_thread(counts.close, 0.05)
    closing = asyncio.create_task(asyncio.to_thread(counts.close, DEADLINE_S))
    async with running(source, sink):
        assert await closing
        assert await asyncio.to_thread(counts.close)
    assert sink.counted == {"wake_up": 5}


async def test_a_new_outbox_is_not_told_what_the_old_one_made_durable(tmp_path, monkeypatch):
    monkeypatch.setattr("opk_skills.runtime.counts.DURABLE_EVERY_S", 0.0)
    first, second = Sink(), Sink()
    counts = Counts(tmp_path / "count.sock", flush_s=0.01)
    async with running(local(tmp_path), first):
        counts.add("wake_up", 5)
        await until(lambda: counts._base == {"wake_up": 5})
    async with running(local(tmp_path), second):
        counts.add("wake_up", 2)
        counts.add("interaction", 3)
        await until(lambda: counts._base == {"wake_up": 7, "interaction": 3})
        counts.add("wake_up", 1)
        assert await asyncio.to_thread(counts.close)
    assert first.counted == {"wake_up": 5}
    assert second.counted == {"wake_up": 1, "interaction": 3}  # 7 is where the new outbox began to know the series


async def test_a_forked_child_counts_for_itself(tmp_path):
    sink, source = Sink(), local(tmp_path)
    async with running(source, sink):
        await source.listening.wait()
        counts = Counts(source.path, flush_s=0.01)
        counts.add("wake_up", 5)
        await until(lambda: sink.counted.get("wake_up") == 5)

        def child():
            pid = os.fork()
            if pid == 0:
                counts.add("wake_up", 2)
                os._exit(0 if counts.close() else 1)
            return os.waitpid(pid, 0)[1]

        assert await asyncio.to_thread(child) == 0
        assert await asyncio.to_thread(counts.close)
    assert sink.counted == {"wake_up": 7}


async def test_a_refused_name_is_told_to_the_client_and_stops_nothing_else(tmp_path):
    sink, source = Sink(), local(tmp_path)
    async with running(source, sink):
        await source.listening.wait()
        counts = Counts(source.path, flush_s=0.01)
        counts.add("wakeup")
        counts.add("wake_up")
        assert await asyncio.to_thread(counts.close)
    assert "registry" in counts.refused["wakeup"]
    assert sink.counted == {"wake_up": 1, "readings_refused": sink.refused}


def test_only_what_happened_can_be_counted(tmp_path):
    counts = Counts(tmp_path / "none.sock")
    for wrong in (-1, float("nan"), float("inf"), 2**53):
        with pytest.raises(ValueError, match="cannot grow"):
            counts.add("wake_up", wrong)
    assert counts.close(0.1)


def test_the_socket_is_found_where_the_agent_was_told_to_make_it(monkeypatch):
    names = ("FLEETWARD_COUNT_SOCKET", "EDGE_AGENT_RUNTIME_DIR", "EDGE_AGENT_STATE_DIR")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    assert str(socket_path()) == "/run/edge-agent/count.sock"
    for name, folder in zip(reversed(names[1:]), ("/state", "/run/here"), strict=True):
        monkeypatch.setenv(name, folder)
        assert str(socket_path()) == f"{folder}/count.sock"
    monkeypatch.setenv(names[0], "/x.sock")
    assert str(socket_path()) == "/x.sock"
    assert str(socket_path("/y.sock")) == "/y.sock"


async def test_one_shot_and_durable_lines_are_answered_after_the_commit_only(tmp_path):
    commits, gate = [], asyncio.Event()

    async def commit():
        await gate.wait()
        commits.append(dict(sink.counted))

    sink, source = Sink(), local(tmp_path, commit=commit)
    async with running(source, sink):
        await source.listening.wait()
        asked = asyncio.create_task(say(source.path, {"count": "wake_up", "n": 2}))
        await until(lambda: sink.counted == {"wake_up": 2})
        assert not asked.done()
        gate.set()
        assert await asked == [{"ok": True, "durable": True}]
    assert commits == [{"wake_up": 2}]


async def test_a_commit_that_fails_is_never_answered_with_ok(tmp_path):
    async def commit():
        raise OSError("No space left on device")

    source = local(tmp_path, commit=commit)
    async with running(source, Sink()):
        await source.listening.wait()
        (answer,) = await say(source.path, {"count": "wake_up"})
        assert answer["ok"] is False
        assert "No space left" in answer["error"]
        with pytest.raises(NotDurable, match="No space left"):
            await asyncio.to_thread(count_once, "wake_up", 1, source.path)


async def test_a_script_on_a_full_disk_is_told_not_to_count_again(tmp_path, capsys):
    async def commit():
        raise OSError("No space left on device")

    sink, source = Sink(), local(tmp_path, commit=commit)
    async with running(source, sink):
        await source.listening.wait()
        assert await asyncio.to_thread(main, ["wake_up", "--socket", str(source.path)]) == 3
        assert "counted, not yet durable: do not repeat" in capsys.readouterr().err
    assert sink.counted == {"wake_up": 1}


async def test_the_count_command_says_whether_it_counted(tmp_path, capsys):
    sink, source = Sink(), local(tmp_path)
    path = str(source.path)
    assert await asyncio.to_thread(main, ["wake_up", "--socket", path]) == 1
    assert "start it" in capsys.readouterr().err
    async with running(source, sink):
        await source.listening.wait()
        assert await asyncio.to_thread(main, ["wake_up", "--socket", path]) == 0
        assert await asyncio.to_thread(main, ["wake_up", "4", "--socket", path]) == 0
        assert await asyncio.to_thread(main, ["wakeup", "--socket", path]) == 1
        for wrong in ([], ["wake_up", "-1"], ["wake_up", "x"], ["a", "1", "2"], ["--help"]):
            assert await asyncio.to_thread(main, wrong) == 2
    assert sink.counted["wake_up"] == 5


async def test_rubbish_gets_a_reason_and_the_connection_goes_on(tmp_path):
    sink, source = Sink(), local(tmp_path)
    async with running(source, sink):
        await source.listening.wait()
        answers = await say(
            source.path,
            b"rubbish\n",
            b'{"totals": {"wake_up": NaN}, "source": "a"}\n',
            {"totals": {"wake_up": 1}},
            {"count": "wake_up", "n": -1},
            {"count": "wake_up", "n": 1},
        )
    assert [a["ok"] for a in answers] == [False, False, False, False, True]
    assert "source" in answers[2]["error"]
    assert "n" in answers[3]["refused"]["wake_up"]
    assert (sink.counted["wake_up"], sink.refused) == (1, 4)


async def test_an_oversize_line_is_answered_and_closes_only_its_connection(tmp_path):
    sink, source = Sink(), local(tmp_path)
    async with running(source, sink):
        await source.listening.wait()
        (answer,) = await say(source.path, b"x" * (LINE_MAX_BYTES + 10) + b"\n", {"count": "wake_up"})
        assert "longer than" in answer["error"]
        assert (await say(source.path, {"count": "wake_up"}))[0]["ok"]
    assert sink.refused == 1


async def test_a_truncated_line_is_refused(tmp_path):
    sink, source = Sink(), local(tmp_path)
    async with running(source, sink):
        await source.listening.wait()
        _, writer = await asyncio.open_unix_connection(source.path)
        writer.write(b'{"count": "wake_up"}')
        writer.write_eof()
        await until(lambda: sink.refused)
        writer.close()
    assert "wake_up" not in sink.counted


async def test_connections_and_sources_are_bounded(tmp_path):
    sink, source = Sink(), local(tmp_path, connections=2, sources=8)
    async with running(source, sink):
        await source.listening.wait()
        held = [await asyncio.open_unix_connection(source.path) for _ in range(2)]
        (answer,) = await say(source.path, b"")
        assert "too many connections" in answer["error"]
        for _, writer in held:
            writer.close()
        await until(lambda: not source._open)
        answers = await say(source.path, *[{"source": f"s{i}", "totals": {"wake_up": 1}} for i in (1, 2, 3, 1)])
    assert sink.counted["wake_up"] == 2
    assert [a["ok"] for a in answers] == [True, True, False, True]
    assert "raise sources" in answers[2]["error"]


async def test_loopback_tcp_serves_the_same_lines(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    sink, source = Sink(), local(tmp_path, port=port)
    async with running(source, sink):
        await source.listening.wait()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b'{"count": "wake_up"}\n')
        assert json.loads(await reader.readline())["ok"]
        writer.close()
    assert sink.counted == {"wake_up": 1}


async def test_a_socket_left_by_a_crash_is_taken_over_and_a_living_agent_is_not(tmp_path):
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "count.sock"))
    left.close()
    source = local(tmp_path)
    async with running(source, Sink()):
        await source.listening.wait()
        assert source.path.stat().st_mode & 0o777 == 0o660
        with pytest.raises(SourceError, match="another agent"):
            await local(tmp_path).run(Sink().take)
        assert source.path.exists()


@pytest.mark.parametrize(
    ("path", "remedy"), [("/" + "x" * 200, "shorter socket"), ("/proc/none/count.sock", "write access")]
)
async def test_a_socket_that_cannot_be_had_says_the_remedy(tmp_path, path, remedy):
    with pytest.raises(SourceError, match=remedy):
        await local(tmp_path, socket=Path(path)).run(Sink().take)
