"""StatsD over a real UDP socket."""

import contextlib
import os
import socket
from pathlib import Path

import pytest

from edge_agent.counting.readings import Refusal
from edge_agent.errors import ConfigError, SourceError
from edge_agent.sources.statsd import Options, StatsD
from tests.sources import Sink, around, running, until


def send(port, *packets):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for packet in packets:
            sender.sendto(packet, ("127.0.0.1", port))


async def test_a_burst_that_fits_the_receive_buffer_arrives_whole(tmp_path):
    sink, source = Sink(), StatsD("statsd", Options(port=0), around(tmp_path))
    async with running(source, sink):
        await source.listening.wait()
        send(source.port, *[b"wake_up:1|c"] * 1000)  # nobody reads meanwhile: the kernel holds them
        await until(lambda: sink.counted.get("wake_up") == 1000)
    assert not sink.refused


async def test_rubbish_is_counted_and_the_rest_goes_on(tmp_path):
    sink, source = Sink(), StatsD("statsd", Options(port=0), around(tmp_path))
    async with running(source, sink):
        await source.listening.wait()
        send(source.port, b"rubbish", b"\xff\xff", b"wake_up:1|c\nwake_up:-1|c\nwake_up:nan|c", b"", b"wake_up:1|c")
        await until(lambda: sink.counted.get("wake_up") == 2)
        await until(lambda: sink.refused == 4)


async def test_what_is_refused_is_named(tmp_path):
    sink, source = Sink(), StatsD("statsd", Options(port=0), around(tmp_path))
    async with running(source, sink):
        await source.listening.wait()
        send(source.port, b"tour.start:1|c\nwake_up:-1|c\n\xff", b"tour.start:1|c\nwake_up:-1|c\nnoise", b"\xff")
        await until(lambda: sink.refused == 5)
    names = [reading.name for reading in sink.readings if isinstance(reading, Refusal)]
    assert sorted(names) == ["", "", "", "tour.start", "wake_up"]


async def test_what_the_kernel_had_to_drop_is_counted(tmp_path):
    """The control of the burst that fits: a small buffer, and the event loop does not read meanwhile."""
    sink, source = Sink(), StatsD("statsd", Options(port=0, receive_buffer_kb=16), around(tmp_path))
    async with running(source, sink):
        await source.listening.wait()
        send(source.port, *[b"wake_up:1|c"] * 3000)
        await until(lambda: sink.refused > 0)
        await until(lambda: sink.counted.get("wake_up", 0) + sink.refused == 3000)


async def test_a_port_in_use_and_a_foreign_address_say_the_remedy(tmp_path):
    source = StatsD("statsd", Options(port=0), around(tmp_path))
    async with running(source, Sink()):
        await source.listening.wait()
        with pytest.raises(SourceError, match="set another port"):
            await StatsD("statsd", Options(port=source.port), around(tmp_path)).run(Sink().take)
    with pytest.raises(SourceError, match="not loopback"):
        await StatsD("statsd", Options(host="0.0.0.0"), around(tmp_path)).run(Sink().take)


def push(path, *packets):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        for packet in packets:
            sender.sendto(packet, str(path))


async def test_a_unix_socket_counts_beside_the_port_or_instead_of_it(tmp_path):
    path = tmp_path / "statsd.sock"
    sink, source = Sink(), StatsD("statsd", Options(port=0, socket=path), around(tmp_path))
    async with running(source, sink):
        await source.listening.wait()
        push(path, b"wake_up:2|c")
        send(source.port, b"wake_up:3|c")
        await until(lambda: sink.counted.get("wake_up") == 5)
    assert not path.exists()
    path.touch()  # as a crash leaves it
    port = source.port
    alone = StatsD("statsd", Options(port=port, udp=False, socket=path), around(tmp_path))
    async with running(alone, sink):
        await alone.listening.wait()
        push(path, b"wake_up:1|c")
        await until(lambda: sink.counted.get("wake_up") == 6)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", port))  # nobody listens there
        with pytest.raises(SourceError, match="another program listens"):
            await StatsD("statsd", Options(udp=False, socket=path), around(tmp_path)).run(Sink().take)


@contextlib.contextmanager
def as_stranger(*groups):
    """This process as another user, in these groups; nothing else may run meanwhile."""
    before = os.getgroups()
    os.setgroups(groups)
    os.setegid(4711)
    os.seteuid(4711)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(before)


@pytest.mark.skipif(os.getuid() != 0, reason="becomes another user")
async def test_only_who_may_write_to_the_unix_socket_counts_while_udp_takes_everybody(tmp_path):
    """The control is UDP: the same stranger counts there."""
    path, group = tmp_path / "statsd.sock", 4242
    for folder in (tmp_path, *tmp_path.parents):
        if folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o711)
    sink, source = Sink(), StatsD("statsd", Options(port=0, socket=path), around(tmp_path))
    async with running(source, sink):
        await source.listening.wait()
        os.chown(path, 0, group)
        with pytest.raises(PermissionError), as_stranger():
            push(path, b"wake_up:1|c")
        with as_stranger(group):
            push(path, b"foot_traffic:1|c")
        with as_stranger():
            send(source.port, b"interaction:1|c")
        await until(lambda: set(sink.counted) == {"foot_traffic", "interaction"})


@pytest.mark.parametrize(
    ("options", "remedy"),
    [({"udp": False}, "set socket to a path"), ({"mode": "rw"}, "write 0660")],
)
def test_a_table_that_cannot_work_says_the_remedy(tmp_path, options, remedy):
    with pytest.raises(ConfigError, match=remedy):
        StatsD("statsd", Options(**options), around(tmp_path))
