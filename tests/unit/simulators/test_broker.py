"""The broker in memory behaves as MQTT says, so that what is tested on it holds on a real one."""

import asyncio

import pytest

from simulators.broker import Broker, Weather, matches
from simulators.errors import LinkDown
from simulators.link import Link, Will
from tests.waiting import DEADLINE_S


class Client:
    """What one client heard."""

    def __init__(self, broker: Broker, name: str, *filters: str, will: Will | None = None) -> None:
        self.broker, self.name, self.filters, self.will = broker, name, filters, will
        self.heard: list[tuple[str, bytes]] = []
        self.lost = False
        self.came = asyncio.Event()

    async def connect(self) -> Link:
        return await self.broker.dial(self.name, self.will, self.filters, self._heard, self._lost)

    async def has(self, messages: int) -> None:
        while len(self.heard) < messages:
            await self.came.wait()
            self.came.clear()

    def _heard(self, topic: str, payload: bytes) -> None:
        self.heard.append((topic, payload))
        self.came.set()

    def _lost(self) -> None:
        self.lost = True


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("filter_", "topic", "expected"),
    [
        ("a/+/c", "a/b/c", True),
        ("a/+", "a/b/c", False),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("#", "$SYS/x", False),
        ("+/b", "a/b", True),
        ("a/b", "a/b/", False),
    ],
)
def test_filters_match_as_the_standard_has_it(filter_: str, topic: str, expected: bool) -> None:  # noqa: FBT001 - a table of expectations
    assert matches(filter_, topic) is expected


async def test_a_message_reaches_every_matching_subscriber_once() -> None:
    broker = Broker()
    one, two, other = Client(broker, "1", "a/#"), Client(broker, "2", "a/+"), Client(broker, "3", "b")
    for client in (one, two, other):
        await client.connect()
    (await Client(broker, "p").connect()).publish("a/x", b"1")
    await settled()
    assert one.heard == two.heard == [("a/x", b"1")]
    assert other.heard == []


async def test_a_retained_message_waits_for_late_subscribers_until_it_is_cleared() -> None:
    broker = Broker()
    link = await Client(broker, "p").connect()
    link.publish("state", b"on", retain=True)
    await settled()
    late = Client(broker, "late", "state")
    await late.connect()
    await settled()
    assert late.heard == [("state", b"on")]
    link.publish("state", b"", retain=True)
    await settled()
    later = Client(broker, "later", "state")
    await later.connect()
    await settled()
    assert later.heard == []


async def test_a_will_speaks_for_who_vanished_and_not_for_who_said_goodbye() -> None:
    broker = Broker()
    watcher = Client(broker, "w", "will/+")
    await watcher.connect()
    polite = await Client(broker, "a", will=Will("will/a", b"gone")).connect()
    rude = await Client(broker, "b", will=Will("will/b", b"gone")).connect()
    polite.close()
    rude.close(politely=False)
    await settled()
    assert watcher.heard == [("will/b", b"gone")]


async def test_a_second_session_of_a_client_kicks_the_first() -> None:
    broker = Broker()
    first, second = Client(broker, "same", "x"), Client(broker, "same", "x")
    old = await first.connect()
    await second.connect()
    await settled()
    assert first.lost
    with pytest.raises(LinkDown):
        old.publish("x", b"1")


async def test_qos_1_survives_loss_and_qos_0_does_not() -> None:
    broker = Broker(inbound=Weather(seed=3, lost=0.5), outbound=Weather(seed=4, lost=0.5))
    sure, maybe = Client(broker, "1", "sure"), Client(broker, "0", "maybe")
    await sure.connect()
    await maybe.connect()
    link = await Client(broker, "p").connect()
    for n in range(40):
        link.publish("sure", bytes([n]), qos=1)
        link.publish("maybe", bytes([n]), qos=0)
    await asyncio.wait_for(sure.has(40), DEADLINE_S)
    assert {p for _, p in sure.heard} == {bytes([n]) for n in range(40)}
    assert 0 < len(maybe.heard) < 30


async def test_a_dead_broker_takes_its_links_with_it_and_comes_back() -> None:
    broker = Broker()
    client = Client(broker, "c", "x")
    await client.connect()
    broker.kill()
    await settled()
    assert client.lost
    with pytest.raises(LinkDown):
        await client.connect()
    broker.up = True
    (await client.connect()).publish("x", b"again")
    await settled()
    assert client.heard == [("x", b"again")]
