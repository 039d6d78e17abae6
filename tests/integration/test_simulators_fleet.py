"""A fleet on a real Mosquitto, with a collector that only keeps marks and sums."""

from simulators.fleet import Fleet, Orders
from simulators.mqtt import Dialer
from tests.brokers import Mosquitto
from tests.collectors import FakeCollector, truth

START_S = 1_760_000_400
DAY = Orders(robots=8, seed=7, start_s=START_S, end_s=START_S + 86_400, connects_per_s=500)


async def test_a_fleet_delivers_exactly_what_it_counted(mosquitto: Mosquitto) -> None:
    async with FakeCollector(mosquitto.url) as committed:
        fleet = Fleet(DAY, Dialer.of(mosquitto.url))
        await fleet.run()
    assert fleet.undelivered() == 0
    assert dict(committed.totals) == truth(fleet.counted())
    assert committed.broken == 0
    assert {p["state"] for p in committed.presence.values()} == {"stopped"}
