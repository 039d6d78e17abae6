"""OpenMetrics text -> totals and gauges by rule."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram, Summary, exposition, parser
from prometheus_client.openmetrics import exposition as openmetrics_exposition

from edge_agent.clock import Stamp
from edge_agent.counting.readings import Gauge, Total
from edge_agent.counting.sampler import Sampler
from edge_agent.errors import ConfigError
from edge_agent.sources.openmetrics import OpenMetrics, Options
from edge_agent.sources.openmetrics_text import SERIES_MAX, Reader, ScrapeFailed, Selector
from edge_agent.sources.options import parse
from tests.sources import Sink, around

SINCE_S = 1000.0
TEXT = """# TYPE tours counter
# HELP tours Tours given.
tours_total{lang="zh"} 7.0
tours_created{lang="zh"} 500.0
tours_total{lang="en"} 2.0
tours_created{lang="en"} 2000.0
# TYPE volume gauge
volume 0.5
# EOF
"""


def reader(since_s=SINCE_S, scraped=(), **table):
    options = parse(Options, table, "sources.openmetrics")
    return Reader(options.counters, options.gauges, since_s, scraped)


def test_each_series_is_followed_by_itself_and_its_life_named_by_created():
    readings, refused = reader(counters={"tours_total": "guided_tour"}).read(TEXT.encode(), openmetrics=True)
    assert [(r.value, r.epoch, r.from_zero) for r in readings] == [(7.0, "500.000", False), (2.0, "2000.000", True)]
    assert len({r.series for r in readings}) == 2
    assert not refused


def test_labels_choose_and_gauges_follow_rules():
    rules = {"counters": {'tours_total{lang="zh"}': "guided_tour"}, "gauges": {"volume": "Speaker.Volume"}}
    readings, _ = reader(**rules).read(TEXT.encode(), openmetrics=True)
    assert [type(r) for r in readings] == [Gauge, Total]
    assert readings[0] == Gauge("speaker.volume", 0.5)


def test_the_older_text_format_is_read_too():
    text = "# TYPE tours_total counter\ntours_total 4\n# TYPE tours_created gauge\ntours_created 2000\n"
    readings, _ = reader(counters={"tours_total": "guided_tour"}).read(text.encode(), openmetrics=False)
    assert [(r.value, r.epoch, r.from_zero) for r in readings] == [(4.0, "2000.000", True)]


def test_a_restarted_exporter_counts_on_from_zero_also_past_its_old_value():
    sink = Sink()
    for value, created in ((100, 500), (107, 500), (3, 2000), (5, 2000), (120, 3000)):
        text = f"# TYPE t counter\nt_total {value}\nt_created {created}\n# EOF\n"
        for reading in reader(counters={"t_total": "guided_tour"}).read(text.encode(), openmetrics=True)[0]:
            sink.take(reading)
    assert sink.counted == {"guided_tour": 7 + 3 + 2 + 120}


@pytest.mark.parametrize("value", ["NaN", "-1", "+Inf", "1e30"])
def test_values_that_are_no_count_are_refused_and_the_rest_goes_on(value):
    text = f'# TYPE t_total counter\nt_total{{a="1"}} {value}\nt_total{{a="2"}} 4\n# TYPE g gauge\ng {value}\n'
    readings, refused = reader(counters={"t_total": "guided_tour"}, gauges={"g": "g"}).read(
        text.encode(), openmetrics=False
    )
    assert [r.value for r in readings if isinstance(r, Total)] == [4.0]
    assert 1 <= len(refused) <= 2


@pytest.mark.parametrize("text", ["<html>no</html>", "tours_total", "tours_total one\n", "a{b=\n", '{"json": 1}'])
def test_what_is_no_metrics_text_fails_as_a_scrape(text):
    with pytest.raises(ScrapeFailed):
        reader(counters={"tours_total": "guided_tour"}).read(text.encode(), openmetrics=True)


def test_too_many_series_fail_as_a_scrape():
    text = "".join(f't_total{{i="{i}"}} 1\n' for i in range(SERIES_MAX + 1))
    with pytest.raises(ScrapeFailed, match="name labels"):
        reader(counters={"t_total": "guided_tour"}).read(text.encode(), openmetrics=False)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=100), st.booleans())
def test_any_text_gives_readings_or_a_failed_scrape(text, openmetrics):
    try:
        reader(counters={"a": "guided_tour"}, gauges={"b": "b"}).read(text.encode(), openmetrics=openmetrics)
    except ScrapeFailed:
        return


@pytest.mark.parametrize("pattern", ["", "a{", 'a{b="c"', "a b", "a{b=c}", "1a"])
def test_a_rule_that_names_no_metric_stops_the_start(pattern):
    with pytest.raises(ConfigError, match="label"):
        Selector.read(pattern, "x")


def test_when_it_first_looked_is_remembered_until_the_outbox_is_another(tmp_path):
    options = parse(Options, {"url": "http://127.0.0.1:1/metrics"}, "s")
    first = OpenMetrics("shop", options, around(tmp_path))._reader._since_s
    assert OpenMetrics("shop", options, around(tmp_path))._reader._since_s == first
    assert OpenMetrics("shop", options, around(tmp_path, outbox="other"))._reader._since_s > first


def scraped(reading_from, *texts):
    """What a sampler counts of these scrapes, in this order."""
    sink = Sink()
    for text in texts:
        for reading in reading_from.read(f"# TYPE t_total counter\n{text}".encode(), openmetrics=False)[0]:
            sink.take(reading)
    return sink.counted.get("guided_tour", 0)


TOURS = {"counters": {"t_total": "guided_tour"}}
FIRST = 't_total{kind="a"} 10\n'
LATER = ('t_total{kind="a"} 11\nt_total{kind="vip"} 3\n', 't_total{kind="a"} 12\nt_total{kind="vip"} 5\n')


def test_a_series_that_an_earlier_scrape_did_not_have_counts_from_zero():
    assert scraped(reader(**TOURS), FIRST, *LATER) == 2 + 5
    assert scraped(reader(**TOURS), "", FIRST) == 10, "none at all is an answer too"


def test_what_the_first_scrape_has_counts_from_its_first_value_on():
    """The control."""
    assert scraped(reader(**TOURS), *LATER) == 1 + 2


def test_a_scrape_that_failed_proves_nothing():
    source = reader(**TOURS)
    with pytest.raises(ScrapeFailed):
        source.read(b"<html>", openmetrics=False)
    assert scraped(source, *LATER) == 1 + 2


def test_a_series_without_a_value_in_the_first_scrape_counts_from_its_first_value_on():
    assert scraped(reader(**TOURS), 't_total{kind="a"} NaN\n', FIRST, 't_total{kind="a"} 12\n') == 2


def test_a_rule_proves_nothing_for_another_that_is_added_later():
    before = reader(counters={'t_total{kind="a"}': "guided_tour"})
    before.read(FIRST.encode(), openmetrics=False)
    again = reader(scraped=before.scraped, **TOURS)
    assert scraped(again, *LATER) == 1 + 2


def test_an_old_creation_time_stands_over_an_earlier_scrape():
    old = 't_total{kind="vip"} 9\n# TYPE t_created gauge\nt_created{kind="vip"} 500\n'
    assert scraped(reader(**TOURS), FIRST, old) == 0


@pytest.mark.parametrize("url", ["", "127.0.0.1:9100", "file:///etc/passwd"])
def test_an_address_that_is_none_stops_the_start(tmp_path, url):
    with pytest.raises(ConfigError, match="write http"):
        OpenMetrics("shop", Options(url=url), around(tmp_path))


def sampled(reading_from, *pages, openmetrics=False, **changed):
    """What a real sampler counts of these pages, one after the other. `changed`: of every total."""
    sampler = Sampler(Stamp(1, 1000, 1_800_014_400, "synced"), window_s=300)
    for page in pages:
        for reading in reading_from.read(page.encode(), openmetrics=openmetrics)[0]:
            sampler.take("shop", replace(reading, **changed))
    return (sampler.snapshot() or {"counts": {}})["counts"]


def tour_of(kind, times, monkeypatch):
    """One life of a program that counts tours, as the reference client exposes it. It begins at the second `times`."""
    registry = CollectorRegistry()
    monkeypatch.setattr("prometheus_client.metrics.time.time", lambda: float(times))
    if kind == "counter":
        tours = Counter("tour", "Tours.", registry=registry)
        for _ in range(times):
            tours.inc()
    else:
        tours = {"summary": Summary, "histogram": Histogram}[kind]("tour", "Lengths of tours.", registry=registry)
        for _ in range(times):
            tours.observe(1.0)
    return registry


@pytest.mark.parametrize("form", [exposition, openmetrics_exposition], ids=["classic", "openmetrics"])
@pytest.mark.parametrize(
    ("kind", "metric"),
    [
        ("counter", "tour_total"),
        ("summary", "tour_count"),
        ("summary", "tour_sum"),
        ("histogram", "tour_count"),
        ("histogram", "tour_sum"),
        ("histogram", 'tour_bucket{le="+Inf"}'),
    ],
)  # fmt: skip
def test_an_exporter_that_restarted_between_two_scrapes_counts_from_zero(form, kind, metric, monkeypatch):
    """Ten tours, then a new life with twelve: no value fell, only `_created` tells."""
    pages = [form.generate_latest(tour_of(kind, times, monkeypatch)).decode() for times in (10, 12)]
    openmetrics, rules = form is openmetrics_exposition, {"counters": {metric: "guided_tour"}}
    assert sampled(reader(since_s=4e9, **rules), *pages, openmetrics=openmetrics) == {}, "both lives older than we"
    assert sampled(reader(since_s=0, **rules), *pages, openmetrics=openmetrics) == {"guided_tour": 10 + 12}
    without = ["\n".join(line for line in page.split("\n") if "_created" not in line) for page in pages]
    control = sampled(reader(since_s=0, **rules), *without, openmetrics=openmetrics)
    assert control == {"guided_tour": 2}, "the control: without it ten are lost"


def test_a_classic_counter_without_a_suffix_has_its_created_too():
    pages = [f"# TYPE tours counter\ntours {n}\n# TYPE tours_created gauge\ntours_created {at}\n"
             for n, at in ((10, 2000), (12, 3000))]  # fmt: skip
    for rule in ("tours", "tours_total"):  # as the page writes it, and as the parser calls it
        assert sampled(reader(counters={rule: "guided_tour"}), *pages) == {"guided_tour": 22}
    both = "# TYPE tours gauge\ntours 5\n# TYPE tours_total counter\ntours_total 9\n"
    readings, _ = reader(counters={"tours_total": "guided_tour"}, gauges={"tours": "g"}).read(
        both.encode(), openmetrics=False
    )
    assert {type(reading): reading.value for reading in readings} == {Gauge: 5.0, Total: 9.0}


def driven(value, created=None):
    life = "" if created is None else f"# TYPE driven_seconds_created gauge\ndriven_seconds_created {created}\n"
    return f"# TYPE driven_seconds_total counter\ndriven_seconds_total {value}\n{life}"


DRIVEN = {"counters": {"driven_seconds_total": "driving_s"}}
ROUNDED = [1000.02, 1000.01] * 7


@pytest.mark.parametrize("created", [None, 2000], ids=["no _created", "_created"])
def test_a_counter_that_a_rounding_makes_dip_counts_nothing_again(created):
    pages = [driven(value, created) for value in (990, *ROUNDED, 1003)]
    since_s = 3000  # older than our first look: its first value is where we begin
    assert sampled(reader(since_s, **DRIVEN), *pages) == {"driving_s": 13, "readings_refused": 7}
    assert sampled(reader(since_s, **DRIVEN), *pages, fall="restart")["driving_s"] >= 7000, "the control"


def test_a_fall_under_one_created_is_never_a_restart_and_a_deep_one_without_it_is():
    """The control of the tolerance: without `_created` a fall that no rounding explains counts from zero."""
    values = (1000, 400, 410, 1005)
    assert sampled(reader(3000, **DRIVEN), *[driven(v, 2000) for v in values]) == {
        "driving_s": 5, "readings_refused": 1,
    }  # fmt: skip
    assert sampled(reader(3000, **DRIVEN), *map(driven, values)) == {"driving_s": 400 + 10 + 595}


def big_page(metrics=200, series=20):
    lines = ["# HELP thing Things.\n"]
    for metric in range(metrics):
        lines.append(f"# HELP thing_{metric}_total Things.\n# TYPE thing_{metric}_total counter\n")
        lines += [f'thing_{metric}_total{{queue="q{number}"}} {number}\n' for number in range(series)]
    return "".join(lines) + "# HELP tours_total Tours.\n# TYPE tours_total counter\ntours_total 4\n"


def test_only_what_a_rule_names_goes_through_the_parser(monkeypatch):
    parsed, original = [], parser.text_string_to_metric_families

    def spy(text):
        parsed.append(text)
        return original(text)

    monkeypatch.setattr(parser, "text_string_to_metric_families", spy)
    page = big_page()
    readings, _ = reader(counters={"tours_total": "guided_tour"}).read(page.encode(), openmetrics=False)
    assert [reading.value for reading in readings] == [4.0]
    assert parsed == ["# TYPE tours_total counter\ntours_total 4\n"]
    reader(counters={f"thing_{n}_total": "faces" for n in range(3)}).read(page.encode(), openmetrics=False)
    assert parsed[1].count("\n") == 3 * 21, "the control: what is named is parsed"


@pytest.mark.parametrize("line", ["<html>", '{"json": 1}', "thing_total", "thing_total one", "a b c", "thing{ 1"])
def test_a_line_that_no_rule_names_must_be_one_of_a_metrics_text_all_the_same(line):
    with pytest.raises(ScrapeFailed, match="no metrics text"):
        reader(counters={"tours_total": "guided_tour"}).read(f"tours_total 4\n{line}\n".encode(), openmetrics=False)


@settings(max_examples=60, deadline=None)
@given(
    names=st.sets(st.sampled_from(["a_total", "b", "c_count", "c_sum", 'c_bucket{le="+Inf"}', "d_total"]), min_size=1)
)
@pytest.mark.parametrize("form", [exposition, openmetrics_exposition], ids=["classic", "openmetrics"])
def test_what_is_left_out_of_the_parser_changes_nothing_of_what_is_read(form, names):
    """Against the same page read whole, with every family named by a rule."""
    registry = CollectorRegistry()
    Counter("a", "A.", ["kind"], registry=registry).labels("x").inc(3)
    Histogram("c", "C.", registry=registry).observe(2)
    Counter("d", "D with a \\ and a\nline.", ["q"], registry=registry).labels('"}{#').inc(7)
    page, openmetrics = form.generate_latest(registry), form is openmetrics_exposition
    every = dict.fromkeys(("a_total", "c_count", "c_sum", 'c_bucket{le="+Inf"}', "d_total"), "faces")
    whole = {reading.series: reading for reading in reader(counters=every).read(page, openmetrics=openmetrics)[0]}
    some = reader(counters=dict.fromkeys(names, "faces")).read(page, openmetrics=openmetrics)[0]
    assert len(some) == len(names - {"b"})
    assert all(whole[reading.series] == reading for reading in some)
