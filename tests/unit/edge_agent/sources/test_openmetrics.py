"""OpenMetrics text -> totals and gauges by rule."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.counting.readings import Gauge, Total
from edge_agent.errors import ConfigError
from edge_agent.sources.openmetrics import SERIES_MAX, OpenMetrics, Options, Reader, ScrapeFailed, Selector
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


def reader(since_s=SINCE_S, **table):
    return Reader(parse(Options, table, "sources.openmetrics"), since_s)


def test_each_series_is_followed_by_itself_and_its_life_named_by_created():
    readings, refused = reader(counters={"tours_total": "guided_tour"}).read(TEXT, openmetrics=True)
    assert [(r.value, r.epoch, r.from_zero) for r in readings] == [(7.0, "500.000", False), (2.0, "2000.000", True)]
    assert len({r.series for r in readings}) == 2
    assert not refused


def test_labels_choose_and_gauges_follow_rules():
    rules = {"counters": {'tours_total{lang="zh"}': "guided_tour"}, "gauges": {"volume": "Speaker.Volume"}}
    readings, _ = reader(**rules).read(TEXT, openmetrics=True)
    assert [type(r) for r in readings] == [Gauge, Total]
    assert readings[0] == Gauge("speaker.volume", 0.5)


def test_the_older_text_format_is_read_too():
    text = "# TYPE tours_total counter\ntours_total 4\n# TYPE tours_created gauge\ntours_created 2000\n"
    readings, _ = reader(counters={"tours_total": "guided_tour"}).read(text, openmetrics=False)
    assert [(r.value, r.epoch, r.from_zero) for r in readings] == [(4.0, "2000.000", True)]


def test_a_restarted_exporter_counts_on_from_zero_also_past_its_old_value():
    sink = Sink()
    for value, created in ((100, 500), (107, 500), (3, 2000), (5, 2000), (120, 3000)):
        text = f"# TYPE t counter\nt_total {value}\nt_created {created}\n# EOF\n"
        for reading in reader(counters={"t_total": "guided_tour"}).read(text, openmetrics=True)[0]:
            sink.take(reading)
    assert sink.counted == {"guided_tour": 7 + 3 + 2 + 120}


@pytest.mark.parametrize("value", ["NaN", "-1", "+Inf", "1e30"])
def test_values_that_are_no_count_are_refused_and_the_rest_goes_on(value):
    text = f'# TYPE t_total counter\nt_total{{a="1"}} {value}\nt_total{{a="2"}} 4\n# TYPE g gauge\ng {value}\n'
    readings, refused = reader(counters={"t_total": "guided_tour"}, gauges={"g": "g"}).read(text, openmetrics=False)
    assert [r.value for r in readings if isinstance(r, Total)] == [4.0]
    assert 1 <= len(refused) <= 2


@pytest.mark.parametrize("text", ["<html>no</html>", "tours_total", "tours_total one\n", "a{b=\n", '{"json": 1}'])
def test_what_is_no_metrics_text_fails_as_a_scrape(text):
    with pytest.raises(ScrapeFailed):
        reader(counters={"tours_total": "guided_tour"}).read(text, openmetrics=True)


def test_too_many_series_fail_as_a_scrape():
    text = "".join(f't_total{{i="{i}"}} 1\n' for i in range(SERIES_MAX + 1))
    with pytest.raises(ScrapeFailed, match="name labels"):
        reader(counters={"t_total": "guided_tour"}).read(text, openmetrics=False)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=100), st.booleans())
def test_any_text_gives_readings_or_a_failed_scrape(text, openmetrics):
    try:
        reader(counters={"a": "guided_tour"}, gauges={"b": "b"}).read(text, openmetrics=openmetrics)
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
        for reading in reading_from.read(f"# TYPE t_total counter\n{text}", openmetrics=False)[0]:
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
        source.read("<html>", openmetrics=False)
    assert scraped(source, *LATER) == 1 + 2


def test_a_series_without_a_value_in_the_first_scrape_counts_from_its_first_value_on():
    assert scraped(reader(**TOURS), 't_total{kind="a"} NaN\n', FIRST, 't_total{kind="a"} 12\n') == 2


def test_a_rule_proves_nothing_for_another_that_is_added_later():
    before = reader(counters={'t_total{kind="a"}': "guided_tour"})
    before.read(FIRST, openmetrics=False)
    again = Reader(parse(Options, TOURS, "s"), SINCE_S, before.scraped)
    assert scraped(again, *LATER) == 1 + 2


def test_an_old_creation_time_stands_over_an_earlier_scrape():
    old = 't_total{kind="vip"} 9\n# TYPE t_created gauge\nt_created{kind="vip"} 500\n'
    assert scraped(reader(**TOURS), FIRST, old) == 0


@pytest.mark.parametrize("url", ["", "127.0.0.1:9100", "file:///etc/passwd"])
def test_an_address_that_is_none_stops_the_start(tmp_path, url):
    with pytest.raises(ConfigError, match="write http"):
        OpenMetrics("shop", Options(url=url), around(tmp_path))
