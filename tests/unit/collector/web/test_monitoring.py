"""The alert rules and the dashboard that ship ask for metrics that there are, and both are well formed."""

import json
import re
from pathlib import Path

import yaml

from collector.closing.clock_guard import FOLLOWS
from collector.ingest.metrics import IngestFigures
from collector.store.watch import TAKES
from collector.values.store_state import PortfolioFigures, StoreFigures
from collector.web.metrics import IngestMetrics, StoreMetrics

ROOT = Path(__file__).parents[4]
RULES = ROOT / "deploy" / "prometheus" / "fleetward.rules.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "fleetward.json"
NAME = re.compile(r"fleetward_collector_\w+")
PORTFOLIO = PortfolioFigures({"red": 2, "green": 5}, 3, 100, {"open": 4}, {("webhook", "dead"): 1})


def figures(portfolio):
    return StoreMetrics(lambda: StoreFigures(0, 0, portfolio, 160.0), lambda: 200.0)


def samples(collector):
    return {(one.name, *one.labels.values()): one.value for family in collector.collect() for one in family.samples}


def exposed():
    shown = [IngestMetrics(IngestFigures(), lambda: 0.0, lambda: FOLLOWS, lambda: TAKES), figures(PORTFOLIO)]
    found = {name for one in shown for name, *_ in samples(one)}
    return found | {"fleetward_collector_parked_total", "fleetward_collector_ack_latency_seconds_bucket"}


def rules():
    (group,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return group["rules"]


def dashboard():
    return json.loads(DASHBOARD.read_text(encoding="utf-8"))


def test_every_alert_is_of_a_metric_that_there_is_and_says_what_to_do():
    assert len({rule["alert"] for rule in rules()}) == len(rules()) > 8
    for rule in rules():
        asked = set(NAME.findall(rule["expr"]))
        assert asked | {"up"} > {"up"} or rule["expr"].startswith("up{"), rule["alert"]
        assert asked <= exposed(), rule["alert"]
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert {"summary", "description"} <= set(rule["annotations"])
    assert {"fleetward_collector_nothing"} - exposed(), "the control"


def test_every_panel_of_the_dashboard_asks_for_a_metric_that_there_is():
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 10
    expressions = [target["expr"] for panel in panels for target in panel["targets"]]
    assert all(NAME.search(expression) for expression in expressions)
    assert {name for expression in expressions for name in NAME.findall(expression)} <= exposed()


def test_the_portfolio_is_told_by_label_and_a_collector_that_closed_no_day_has_no_age():
    told = samples(figures(PORTFOLIO))
    assert told["fleetward_collector_accounts", "red"] == 2
    assert told["fleetward_collector_accounts", "yellow"] == 0
    assert told["fleetward_collector_accounts", "unscored"] == 3
    assert told["fleetward_collector_open_calls", "open"] == 4
    assert told["fleetward_collector_undelivered", "webhook", "dead"] == 1
    assert told["fleetward_collector_undelivered", "notice", "waiting"] == 0
    assert told["fleetward_collector_closing_age_seconds",] == 60
    none = samples(figures(PortfolioFigures({}, 3, None, {}, {})))
    assert ("fleetward_collector_closing_age_seconds",) not in none
