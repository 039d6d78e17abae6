"""Declared is not heard: what a source claims, as far as the collector's API."""

import pytest
from prometheus_client import CollectorRegistry, Counter, exposition

from edge_agent.clock import Stamp
from edge_agent.counting.readings import Supports, Total
from edge_agent.counting.sampler import Sampler
from edge_agent.sources.openmetrics import OpenMetrics, Options
from protocol import records
from tests import batches, fleets
from tests.fleets import NOON
from tests.integration.edge_agent.sources.test_openmetrics import endpoint, web
from tests.sources import Sink, around, running, until

RULES = {"tours_total": "guided_tour", "turns_total": "dialog_turn"}  # the exporter's is `dialog_turns_total`


async def heard(folder):
    """What a source with a misspelt rule says after it has scraped a real exporter, and a declared claim."""
    registry, sink = CollectorRegistry(), Sink()
    Counter("tours", "Tours.", registry=registry)
    Counter("dialog_turns", "Turns.", registry=registry).inc(7)

    async def metrics(_):
        return web.Response(body=exposition.generate_latest(registry))

    async with endpoint(metrics) as url:
        options = Options(url=url, counters=RULES, every_s=0.01)
        async with running(OpenMetrics("shop", options, around(folder)), sink):
            await until(lambda: sink.supports is not None and sink.supports.unsupported)
    return [reading for reading in sink.readings if not isinstance(reading, Supports)], sink.supports


@pytest.mark.parametrize("declared", [False, True], ids=["heard", "declared"])
async def test_a_misspelt_rule_is_no_true_zero_at_the_api(tmp_path, store, declared):
    """The control: were every rule declared, the API would say 0 turns."""
    readings, support = await heard(tmp_path)
    if declared:
        support = Supports(tuple(sorted(RULES.values())))
    began = NOON - 3600
    sampler = Sampler(Stamp(1, 1000, began, "synced"), window_s=300)
    for reading in (support, *readings):
        if isinstance(reading, Total | Supports):
            sampler.take("shop", reading)
    closed = sampler.close(Stamp(1, 1300, began + 300, "synced")).records
    sent = [records.numbered(number, record) for number, record in enumerate(closed, 1)]
    batches.commit(store, batches.message("r1", sent), received_s=NOON - 3000)
    async with fleets.site(store) as site:
        (row,) = (await site.get(f"/robots/r1/usage?from={fleets.iso(0)}&to={fleets.iso(0)}"))[1]
    today = row["counts"]
    assert today["guided_tour"] == {"value": 0}, "heard, and nothing happened: a true zero"
    assert today["dialog_turn"] == ({"value": 0} if declared else {"value": None, "why": "unsupported"})
