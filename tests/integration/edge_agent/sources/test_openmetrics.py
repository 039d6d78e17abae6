"""Scraping a real HTTP endpoint, made by the reference client, and endpoints that misbehave."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.openmetrics import exposition

from edge_agent.counting.readings import Total
from edge_agent.errors import DiskFull
from edge_agent.sources.openmetrics import OpenMetrics, Options
from tests.sources import Sink, around, nothing_to_commit, running, until
from tests.waiting import DEADLINE_S

RULES = {"tours_total": "guided_tour"}


@asynccontextmanager
async def endpoint(answer):
    """An HTTP server on loopback whose /metrics is `answer(request)`; yields its address."""
    application = web.Application()
    application.router.add_get("/metrics", answer)
    application.router.add_get("/elsewhere", good)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/metrics"
    finally:
        await runner.cleanup()


async def good(_):
    return web.Response(text="# TYPE tours_total counter\ntours_total 1\n")


async def hangs(_):
    await asyncio.sleep(3600)


async def drips(request):
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"#")
        await asyncio.sleep(0.02)


async def huge(_):
    return web.Response(body=b"# " + b"x" * 5_000_000)


async def redirects(_):
    raise web.HTTPFound("/elsewhere")


async def fails(_):
    return web.Response(status=500)


async def page(_):
    return web.Response(text="<html>login</html>", content_type="text/html")


async def bytes_only(_):
    return web.Response(body=b"\xff\xfe\x00")


async def test_a_real_exporter_is_counted_through_its_restart(tmp_path):
    registries = [CollectorRegistry(), CollectorRegistry()]
    tours = [Counter("tours", "Tours given.", ["lang"], registry=registry) for registry in registries]
    running_now = 0

    async def metrics(_):
        text = exposition.generate_latest(registries[running_now]).decode()
        return web.Response(body=text, headers={"Content-Type": exposition.CONTENT_TYPE_LATEST})

    sink = Sink()
    async with endpoint(metrics) as url:
        source = OpenMetrics("shop", Options(url=url, counters=RULES, every_s=0.01), around(tmp_path))
        tours[0].labels("zh").inc(100)  # created after the source first looked: wholly ours
        async with running(source, sink):
            await until(lambda: sink.counted.get("guided_tour") == 100)
            tours[0].labels("en").inc(2)
            tours[0].labels("zh").inc(3)
            await until(lambda: sink.counted.get("guided_tour") == 105)
            tours[1].labels("zh").inc(400)  # past the old value at once: only the new creation time tells
            running_now = 1
            await until(lambda: sink.counted.get("guided_tour") == 505)
    assert not sink.refused


@pytest.mark.parametrize(
    ("answer", "reason", "timeout_s"),
    [  # what answers has time to; what does not is given up soon
        (hangs, "no whole answer", 0.5),
        (drips, "no whole answer", 0.5),
        (huge, "larger than", DEADLINE_S),
        (redirects, "HTTP 302", DEADLINE_S),
        (fails, "HTTP 500", DEADLINE_S),
        (page, "no metrics text", DEADLINE_S),
        (bytes_only, "UTF-8", DEADLINE_S),
    ],
)
async def test_an_endpoint_that_misbehaves_is_a_condition_that_closes_when_it_mends(
    tmp_path, answer, reason, timeout_s
):
    mended = False

    async def metrics(request):
        return await (good(request) if mended else answer(request))

    sink = Sink()
    async with endpoint(metrics) as url:
        options = Options(url=url, counters=RULES, every_s=0.02, timeout_s=timeout_s, body_max_kb=1024)
        async with running(OpenMetrics("shop", options, around(tmp_path)), sink):
            await until(lambda: "scrape_failed" in sink.open_conditions())
            assert reason in next(
                r.detail for r in reversed(sink.readings) if getattr(r, "code", "") == "scrape_failed"
            )
            assert sink.refused
            mended = True
            await until(lambda: "scrape_failed" not in sink.open_conditions())
    assert "guided_tour" in sink.counted


async def through_a_restart(folder, commit=nothing_to_commit, url_of=str):
    """A series begins while the agent is away; what the agent that comes back has counted of it."""
    text, sink = "tours_total 4\n", Sink()

    async def metrics(_):
        return web.Response(text=f"# TYPE tours_total counter\n{text}")

    async with endpoint(metrics) as url:
        options = Options(url=url, counters=RULES, every_s=0.01)
        first = OpenMetrics("shop", options, around(folder, commit=commit))
        async with running(first, sink):
            await until(lambda: sum(isinstance(reading, Total) for reading in sink.readings) > 2)
        text = 'tours_total 4\ntours_total{kind="vip"} 3\n'
        again = OpenMetrics("shop", replace(options, url=url_of(url)), around(folder))
        async with running(again, sink):
            await until(lambda: len({r.series for r in sink.readings if isinstance(r, Total)}) == 2)
    return sink.counted["guided_tour"]


async def test_a_series_that_began_while_the_agent_was_away_counts_from_zero(tmp_path):
    assert await through_a_restart(tmp_path) == 3


async def test_a_scrape_that_never_became_durable_proves_nothing_to_the_next_process(tmp_path):
    async def refuse():
        raise DiskFull("no room")

    assert await through_a_restart(tmp_path, commit=refuse) == 0


async def test_another_endpoint_begins_anew_and_its_address_is_not_on_the_disk(tmp_path):
    assert await through_a_restart(tmp_path, url_of=lambda url: f"{url}?secret=1") == 0
    assert "secret" not in (tmp_path / "source-shop.json").read_text()


async def test_an_endpoint_that_is_not_there_is_a_condition(tmp_path):
    sink = Sink()
    options = Options(url="http://127.0.0.1:9/metrics", counters=RULES)
    async with running(OpenMetrics("shop", options, around(tmp_path)), sink):
        await until(lambda: "scrape_failed" in sink.open_conditions())
