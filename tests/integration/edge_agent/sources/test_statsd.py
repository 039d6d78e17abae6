"""StatsD over a real UDP socket."""

import socket

import pytest

from edge_agent.counting.readings import Refusal
from edge_agent.errors import SourceError
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
