"""Scraping a real HTTP endpoint, made by the reference client, and endpoints that misbehave."""

import asyncio
import threading
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, parser
from prometheus_client.openmetrics import exposition

from edge_agent.counting.readings import Notices, Supports, Total
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


async def test_a_page_is_parsed_beside_the_event_loop(tmp_path, monkeypatch):
    """The parser waits for the loop: were it in the loop, neither would go on."""
    entered, answered = threading.Event(), threading.Event()
    original = parser.text_string_to_metric_families

    def slow(text):
        entered.set()
        assert answered.wait(DEADLINE_S), "the loop did not run while a page was parsed"
        return original(text)

    monkeypatch.setattr(parser, "text_string_to_metric_families", slow)
    sink = Sink()
    async with endpoint(good) as url:
        source = OpenMetrics("shop", Options(url=url, counters=RULES, every_s=0.01), around(tmp_path))
        async with running(source, sink):
            await until(entered.is_set)
            answered.set()
            await until(lambda: any(isinstance(reading, Total) for reading in sink.readings))
    assert not sink.open_conditions()


def shop(folder, url, series=(), **counters):
    return OpenMetrics("shop", Options(url=url, counters=counters, every_s=0.01), around(folder, series=series))


async def scraped(sink, times=3):
    """Wait for so many more good scrapes."""
    before = sum(isinstance(reading, Notices) for reading in sink.readings)
    await until(lambda: sum(isinstance(reading, Notices) for reading in sink.readings) >= before + times)


async def test_a_rule_that_matches_nothing_is_noticed_and_supports_nothing_until_its_first_series(tmp_path):
    """A misspelt rule beside a right one, and one whose labelled series comes with its first event."""
    registry, sink = CollectorRegistry(), Sink()
    Counter("tours", "Tours given.", registry=registry)
    faults = Counter("faults", "Faults by kind.", ["kind"], registry=registry)

    async def metrics(_):
        return web.Response(
            body=exposition.generate_latest(registry), headers={"Content-Type": exposition.CONTENT_TYPE_LATEST}
        )

    rules = {
        "tours_total": "guided_tour",
        "turns_total": "dialog_turn",
        'faults_total{kind="lidar"}': "navigation_lidar",
    }
    async with endpoint(metrics) as url, running(shop(tmp_path, url, **rules), sink):
        assert sink.supports is None or not sink.supports.counters
        await scraped(sink)
        assert sink.supports == Supports(("guided_tour",), ("dialog_turn", "navigation_lidar"))
        missing = {notice.subject: notice.since_s for notice in sink.notices}
        assert list(missing) == ["turns_total = dialog_turn", 'faults_total{kind="lidar"} = navigation_lidar']
        faults.labels("lidar").inc()
        await until(lambda: "navigation_lidar" in sink.supports.counters)
        await scraped(sink)
        assert [(notice.subject, notice.since_s) for notice in sink.notices] == [
            ("turns_total = dialog_turn", missing["turns_total = dialog_turn"])
        ]
    assert "dialog_turn" not in sink.counted


async def test_what_was_heard_once_stays_supported_when_the_exporter_is_away_at_the_next_start(tmp_path):
    text, sink, again = "tours_total 4\n", Sink(), Sink()
    series = ["guided_tour|tours_total[]"]

    async def metrics(_):
        return web.Response(text=text)

    async with endpoint(metrics) as url:
        async with running(shop(tmp_path, url, tours_total="guided_tour"), sink):
            await scraped(sink)
        text = ""
        async with running(shop(tmp_path, url, series, tours_total="guided_tour"), again):
            await scraped(again)
        assert {reading for reading in again.readings if isinstance(reading, Supports)} == {Supports(("guided_tour",))}
        assert [notice.kind for notice in again.notices] == ["rule_unmatched"], "and still it is said"
        for folder, rules, known in (
            (tmp_path, {"tour_total": "guided_tour"}, series),
            (tmp_path, {'tours_total{kind="vip"}': "guided_tour"}, series),
            (tmp_path, {"tours_total": "guided_tour"}, []),
            (tmp_path / "new", {"tours_total": "guided_tour"}, series),
        ):  # the control: another rule, another outbox, another folder has heard nothing
            folder.mkdir(exist_ok=True)
            fresh = Sink()
            async with running(shop(folder, url, known, **rules), fresh):
                await scraped(fresh)
            assert fresh.supports == Supports((), ("guided_tour",)), (folder, rules, known)
