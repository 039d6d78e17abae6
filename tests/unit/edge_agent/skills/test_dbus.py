"""The few calls over D-Bus: two at a time each get their own answer."""

import asyncio

from edge_agent.skills.starters.dbus import Bus, message, read

WHERE = ("org.example", "/org/example", "org.example.Manager")
SERIAL, REPLY_TO, RETURN = 0, 5, 2


async def answers(reader, writer):
    """A bus that says back, after a moment, the text of each call."""
    await reader.readline()
    writer.write(b"OK 1234\r\n")
    await reader.readline()
    serial = 0
    while True:
        try:
            _, _, body = await read(reader)
        except (EOFError, OSError):
            break
        serial += 1
        await asyncio.sleep(0)
        said = body[0] if body else ":1.1"
        writer.write(message(RETURN, serial, [(REPLY_TO, "u", serial)], "s", [said]))
        await writer.drain()
    writer.close()


async def test_calls_of_two_tasks_take_turns(tmp_path):
    path = tmp_path / "bus"
    ended = asyncio.Event()

    async def answered(reader, writer):
        await answers(reader, writer)
        await writer.wait_closed()
        ended.set()

    server = await asyncio.start_unix_server(answered, path)
    bus = Bus(path)
    said = [f"{n}" for n in range(20)]
    found = await asyncio.gather(*(bus.call(WHERE, "Echo", "s", one) for one in said))
    assert found == [[one] for one in said]
    bus.close()
    await ended.wait()
    server.close()
