"""A list that is narrowed to what there is not, or to days in the wrong order, is refused with what is near."""

import asyncio

import pytest

from collector.operations import filters
from collector.values.refusal import Refusal
from tests import fleets

CASES = [
    ("/ctas?owner=csm-9", "there is no owner csm-9", "did you mean csm-1?"),
    ("/ctas?rule=SILNT", "there is no rule SILNT", "did you mean SILENT"),
    ("/rates?csm=csm-9", "there is no CSM csm-9", "did you mean csm-1?"),
    ("/rates?reseller=R-9", "there is no reseller R-9", "leave it away"),
    ("/rates?segment=strategicc", "there is no segment strategicc", "did you mean strategic"),
    ("/segments/accounts?segment=nothing_such", "there is no segment nothing_such", "there are: "),
    ("/survival?segment=strategicc", "there is no segment strategicc", "did you mean strategic"),
    ("/survival?scene=moon", "there is no scene moon", ""),
    ("/accounts?csm=csm-9", "there is no csm csm-9", "did you mean csm-1?"),
    ("/accounts?industry=cultur", "there is no industry cultur", "did you mean culture?"),
    ("/deployments?robot=hall-8", "there is no robot hall-8", "did you mean hall-7"),
    ("/usage/sums?counters=wake_ups", "there is no counter wake_ups", "did you mean wake_up"),
    ("/usage?robot=hall-8", "there is no robot hall-8", "list them"),
    ("/parked?robot=hall-8", "there is no robot hall-8", "did you mean hall-7"),
    ("/parked-counts?robot=hall-8", "there is no robot hall-8", "did you mean hall-7"),
    ("/portfolio?csm=csm-9", "there is no CSM csm-9", "did you mean csm-1?"),
    ("/portfolio?tag=nothing", "there is no tag nothing", "leave it away"),
    ("/portfolio?field=tier%3Dgold", "there is no field tier", "leave it away"),
    ("/skills/catalogue?scene=moon", "there is no scene moon", ""),
    ("/skills/catalogue?industry=cultur", "there is no industry cultur", ""),
    ("/faults?family=navigatoin", "there is no family navigatoin", "did you mean navigation"),
]


@pytest.fixture
async def site(store):
    fleets.story(store)
    async with fleets.site(store) as site:
        await site.ask("POST", "/csms", json={"id": "csm-1", "name": "Ann Smith"})
        await site.ask("PUT", "/accounts/ACME", json={"name": "Acme", "csm": "csm-1", "industry": "culture"})
        yield site


async def test_an_unknown_word_is_refused_with_the_nearest_ones(site):
    for path, reason, remedy in CASES:
        status, answer = await site.get(path)
        assert (status, answer["error"]["message"]) == (404, reason), path
        assert remedy in answer["error"]["remedy"], (path, answer)


async def test_control_what_there_is_may_be_asked_for_although_nothing_is_found(site):
    for path in (
        "/ctas?owner=csm-1", "/ctas?rule=SILENT", "/ctas?rule=manual", "/rates?csm=csm-1", "/rates?segment=strategic",
        "/segments/accounts?segment=strategic", "/accounts?csm=csm-1&industry=culture", "/deployments?robot=park-1",
        "/usage?robot=park-1", "/parked?robot=park-1", "/parked-counts?robot=park-1", "/portfolio?csm=csm-1",
        "/portfolio?csm=-", "/portfolio?search=nothing", "/usage/sums?counters=wake_up,guide.tour",
        "/faults?family=touch",
    ):  # fmt: skip
        assert (await site.get(path))[0] == 200, path


async def test_an_act_that_is_none_is_refused_and_one_that_nobody_did_is_not(site):
    status, answer = await site.get("/audit?act=create_tokn", "admin")
    assert (status, answer["error"]["message"]) == (404, "there is no act create_tokn")
    assert "did you mean" in answer["error"]["remedy"]
    assert (await site.get("/audit?act=create_token", "admin"))[0] == 200


async def test_scores_of_a_day_to_come_are_refused(site):
    status, answer = await site.get("/scores?day=9000-01-01")
    assert (status, answer["error"]["message"]) == (400, "9000-01-01 has not been yet")
    assert (await site.get("/scores?day=2020-01-01"))[0] == 200, "the control: of a day before any there are none"


async def test_a_range_that_ends_before_it_begins_is_refused_by_every_list_that_has_days(site):
    reversed_days = "from=2026-05-02&to=2026-05-01"
    paths = [
        f"/{path}?{reversed_days}"
        for path in ("touches", "contracts", "anomalies", "rates", "survival", "export/usage", "robots/hall-7/usage",
                     "usage", "usage/sums", "accounts/ACME/scores", "tickets", "deployments")
    ]  # fmt: skip
    answers = await asyncio.gather(*(site.get(path) for path in paths))
    assert {status for status, _ in answers} == {400}
    assert {answer["error"]["message"] for _, answer in answers} == {"from 2026-05-02 is after to 2026-05-01"}


def test_near_words_are_named_whatever_their_letter_case_and_many_are_cut_off():
    with pytest.raises(Refusal) as near:
        filters.known("owner", "ANNA", ["anna", "ben"])
    assert near.value.refused.remedy == "did you mean anna?"
    with pytest.raises(Refusal) as many:
        filters.known("owner", "x", [f"csm-{n:02}" for n in range(40)])
    assert many.value.refused.remedy.endswith("csm-19, …")
    filters.known("owner", None, [])
    filters.known("owner", "", [])
