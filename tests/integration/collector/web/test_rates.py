"""Rates, segments, capacity, cost ratio, lifecycle and activation over real HTTP, on both databases."""

import jsonschema
import pytest

from collector.calendar import days
from collector.web.api import lifecycle, openapi, rates, segments
from tests import fleets, portfolios
from tests.fleets import NOON, TODAY, iso
from tests.integration.collector.web.test_api import schema_of

YEAR = f"from={iso(-364)}&to={iso(0)}"


@pytest.fixture
async def site(store):
    fleets.story(store)
    portfolios.fill(store)
    async with fleets.site(store) as site:
        yield site


async def figures(site, query=""):
    status, answer = await site.get(f"/rates?{YEAR}{query}")
    assert status == 200, answer
    return {
        group["group"]: {value["figure"]: value for value in group["values"]} for group in answer["rates"]["groups"]
    }


async def test_the_answers_fit_their_schemas_and_a_customer_sees_none_of_them(site):
    document = openapi.document("1")
    for route in (*rates.ROUTES, *segments.ROUTES, *lifecycle.ROUTES):
        path = route.path.format(figure="nrr", account="ACME")
        status, answer = await site.get(path)
        assert status == 200, (path, answer)
        jsonschema.validate(answer, schema_of(document, route))
        assert (await site.get(path, "customer"))[0] == 403


async def test_the_rates_of_a_year(site):
    found = (await figures(site))[""]
    assert (found["renewal_customers"]["numerator"], found["renewal_customers"]["denominator"]) == (1, 3)
    assert found["renewal_gross"]["numerator"] == 300_000
    assert found["renewal_net"]["numerator"] == 360_000
    assert found["renewal_gross"]["denominator"] == 300_000 + 80_000 + 72_000
    assert found["nrr"]["value"] == pytest.approx(360_000 / 452_000)
    assert found["logo_churn"]["value"] == pytest.approx(2 / 3)
    assert found["referral_customers"]["numerator"] == 1
    assert found["referral_amount"]["numerator"] == 40_000
    assert (found["nps"]["value"], found["nps_response"]["value"]) == (1, 0.5)
    assert found["csat"]["why"] == "no answers"


async def test_the_report_says_rates_of_exchange_what_was_left_out_and_what_became_of_contracts(site):
    answer = (await site.get(f"/rates?{YEAR}"))[1]
    report = answer["rates"]
    assert [rate["currency"] for rate in report["exchange_rates"]] == ["EUR"]
    assert report["left_out"] == [{"currency": "GBP", "accounts": ["EURO"], "costs": [], "csms": []}]
    assert report["groups"][0]["fates"] == {"early": 1, "in_grace": 1, "lost": 1}
    worth = {each["figure"]: each for each in answer["economics"]}
    assert worth["cac"]["value"] == 20_000
    assert worth["ltv"]["inputs"]["gross_margin"] == 0.6


@pytest.mark.parametrize("chosen", ["csm=csm-anna", "reseller=north"])
async def test_customers_of_one_csm_or_reseller_have_no_cac_because_costs_are_everybodys(site, chosen):
    cac = (await site.get(f"/rates?{YEAR}&{chosen}"))[1]["economics"][0]
    assert (cac["figure"], cac["value"]) == ("cac", None)
    assert "ask for everybody or for a segment" in cac["why"]


async def test_the_parts_behind_a_figure_add_up_page_by_page(site):
    parts, cursor = [], ""
    while True:
        answer = (await site.get(f"/rates/nrr/accounts?{YEAR}&limit=1{cursor}"))[1]
        parts += answer["items"]
        if answer["next"] is None:
            break
        cursor = f"&cursor={answer['next']}"
    assert [part["account"] for part in parts] == ["ACME", "BETA", "EURO"]
    whole = (await figures(site))[""]["nrr"]
    assert sum(part["numerator"] for part in parts) == whole["numerator"]
    assert sum(part["denominator"] for part in parts) == whole["denominator"]


async def test_groups_and_filters(site):
    by_segment = await figures(site, "&by=segment")
    assert sorted(by_segment) == ["", "growth", "key", "strategic"], "a part of EURO has no rate: its size is not known"
    assert by_segment["growth"]["logo_churn"]["value"] == 1
    assert sorted(await figures(site, "&by=team")) == ["east", "west"]
    only = (await figures(site, "&csm=csm-ben"))[""]
    assert only["nrr"]["denominator"] == 152_000
    assert (await figures(site, "&reseller=north"))[""]["renewal_customers"]["denominator"] == 1
    assert (await figures(site, "&segment=key"))[""]["grr"]["value"] == 1
    chinese = (await site.get("/rates?language=zh"))[1]["rates"]["groups"][0]["values"][0]
    assert chinese["name"] == "续费率（按合同）"


async def test_as_of_an_earlier_day_only_what_was_known_then_counts(site):
    """Everything arrived today: yesterday nothing was known. By what its source recorded it is the same here."""
    before = (await site.get(f"/rates?to={iso(-1)}&as_of={iso(-1)}"))[1]["rates"]["groups"][0]
    assert (before["accounts"], before["opening_customers"]) == (0, 0)


async def test_wrong_days_and_figures_are_refused_with_the_remedy(site):
    status, answer = await site.get(f"/rates?from={iso(0)}&to={iso(-1)}")
    assert (status, answer["error"]["code"]) == (400, "bad_request")
    status, answer = await site.get("/rates/luck/accounts")
    assert status == 404
    assert "grr" in answer["error"]["remedy"]


async def test_segments_capacity_and_cost(site):
    places = (await site.get("/segments/accounts"))[1]["items"]
    assert {place["account"]: (place["segment"], place["tier"]) for place in places} == {
        "ACME": ("key", "top"), "BETA": ("standard", "none"), "EURO": ("standard", "none"),
        "NEW": ("strategic", "base"),
    }  # fmt: skip
    shown = {each["segment"]: each for each in (await site.get("/segments"))[1]}
    assert (shown["key"]["arr"], shown["key"]["hours_per_account"]) == (360_000, 80)
    plan = (await site.get("/capacity"))[1]
    assert (plan["hours_needed"], plan["people_needed"], plan["people_there"]) == (280, 1, 2)
    cost = {each["segment"]: each for each in (await site.get("/cost-ratio"))[1]}
    assert sum(each["cost"] for each in cost.values()) == pytest.approx(80_000)
    assert cost["key"]["paid"] == 10_000
    assert [lever["lever"] for lever in cost["key"]["levers"]] == [
        "cost_per_hour", "hours_per_account", "paid_revenue", "arr",
    ]  # fmt: skip


async def test_stages_and_their_history(site):
    listed = (await site.get("/lifecycle"))[1]["items"]
    assert [(each["account"], each["stage"], each["days"]) for each in listed] == [
        ("ACME", "maturity", 30), ("BETA", "churn", 1),
    ]  # fmt: skip
    assert [each["account"] for each in (await site.get("/lifecycle?stage=churn"))[1]["items"]] == ["BETA"]
    history = (await site.get("/accounts/ACME/lifecycle?language=zh"))[1]
    assert [(each["stage"], each["name"]) for each in history] == [("growth", "成长期"), ("maturity", "成熟期")]
    assert (await site.get("/accounts/NOBODY/lifecycle"))[0] == 404


async def test_handovers_and_activation_clocks(site):
    (handover,) = (await site.get("/lifecycle/handovers?open=true"))[1]["items"]
    assert {step["step"]: step["state"] for step in handover["steps"]} == {
        "csm_named": "done", "customer_told": "late", "promises_written": "overdue",
    }  # fmt: skip
    clocks = {each["deployment"]: each for each in (await site.get("/activation?account=ACME"))[1]["items"]}
    hall = clocks["deployment-1"]
    states = {step["step"]: (step["state"], step["seen_by"]) for step in hall["steps"]}
    assert states["account_opened"] == ("done", "person")
    assert states["basic_configuration"] == ("late", "person")
    assert states["solicitation_phrases"][1] == "robot"
    assert [each["state"] for each in hall["active_on"]] == ["unknown", "unknown", "ahead"]
    pages, cursor = [], ""
    while cursor is not None:
        answer = (await site.get(f"/activation?limit=1{cursor}"))[1]
        pages += [each["deployment"] for each in answer["items"]]
        cursor = f"&cursor={answer['next']}" if answer["next"] else None
    assert len(pages) == len(set(pages)) == 5
    assert pages[-1] == "deployment-3"
    assert days.of(NOON, "UTC") == TODAY


async def test_time_to_value_counts_those_who_wait(site):
    answer = (await site.get("/survival"))[1]
    assert (answer["customers"], answer["arrived"], answer["median_days"]) == (2, 0, None)
    assert answer["why"] == "fewer than half have arrived"
