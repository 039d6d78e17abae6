"""The pages of rollouts: an empty list that teaches, one that runs, its acts with undo, both languages."""

import re
from urllib.parse import urlencode

import pytest

from collector.operations import rollout_round, rollouts
from collector.skillstore.rollouts import looking, planning
from collector.skillstore.rollouts.gate.forecast import Effort
from tests import fleets, skill_shops
from tests.rollout_stores import NEW, Fleet


@pytest.fixture
def fleet(store, monkeypatch):
    monkeypatch.setattr(looking, "EFFORT", Effort(placebos=5, draws=199, refusing=0.05, most_robots=5_000))
    monkeypatch.setattr(planning, "DRAWS_AGAIN_MOST", 199)
    return Fleet(store, accounts=6, per_account=3).made()


async def read(site, path, language="en"):
    async with site.client.get(site.url + path, headers={"Accept-Language": language}) as answer:
        assert answer.status == 200, path
        return await answer.text()


async def act(site, name, number=1, **fields):
    page = await read(site, f"/skills/rollouts/{number}")
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)[1]
    address = f"{site.url}/acts/rollouts/{number}/{name}"
    async with site.client.post(address, data={"csrf": csrf, **fields}, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", "")


async def test_a_rollout_is_walked_through_on_its_pages(fleet, store):
    async with fleets.site(store, clock=lambda: fleet.now_s) as site:
        async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets["admin"]}) as answer:
            assert answer.status == 200
        assert "No rollout yet" in await read(site, "/skills/rollouts")
        wish = rollouts.RolloutWish(
            skill="guide", digest=NEW, version="2.0", percents=(40, 100), wave_days=3, uses=("guided_tour",), rise=3.0,
            fall=0.4, renewal_freeze_days=60,
        )  # fmt: skip
        rollouts.start_rollout(fleet.context, wish)
        rollout_round.advance_rollouts(fleet.context, None)
        shown = await read(site, "/skills/rollouts/1?state=offered")
        assert "0 of 18 robots run it" in shown
        assert "The gate has not looked yet" in shown
        assert shown.count("/robots/r") == 8
        status, at = await act(site, "pause")
        assert (status, at.partition("?")[0]) == (303, "/skills/rollouts/1")
        paused = await read(site, at)
        assert "/acts/rollouts/1/resume" in paused, "the undo"
        assert (await act(site, "resume"))[0] == 303
        assert (await act(site, "take-back", why=""))[0] == 422, "a reason is asked for"
        assert (await act(site, "take-back", why="arms drop"))[0] == 303
        taken = await read(site, "/skills/rollouts/1", "zh-CN")
        assert "已撤回" in taken
        assert "arms drop" in taken
        async with site.client.post(f"{site.url}/acts/rollouts/1/pause", data={"csrf": "x"}) as answer:
            assert answer.status == 403


@pytest.fixture
def published(store, tmp_path, monkeypatch):
    """The lift boy is wished on three robots of BETA; its second release is what is rolled out."""
    monkeypatch.setattr(looking, "EFFORT", Effort(placebos=5, draws=199, refusing=0.05, most_robots=5_000))
    monkeypatch.setattr(planning, "DRAWS_AGAIN_MOST", 199)
    skill_shops.five_robots(store)
    return skill_shops.improved(store, tmp_path)


async def form_sent(site, **fields):
    page = await read(site, "/skills/rollouts/plan")
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)[1]
    async with site.client.post(f"{site.url}/acts/rollouts", data={"csrf": csrf, **fields}) as answer:
        return answer.status, str(answer.url.relative()), await answer.text()


async def test_a_rollout_is_planned_and_started_on_its_page(published, store, tmp_path):
    async with fleets.site(store, **skill_shops.settings_of(tmp_path)) as site:
        async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets["admin"]}) as answer:
            assert answer.status == 200
        asked = {"package": f"{published.key} {published.sha256}", "percents": "50, 100", "wave_days": "7"}
        shown = await read(site, f"/skills/rollouts/plan?{urlencode(asked | {'try': 1, 'fall': 'some'})}")
        assert "This cannot be read" in shown
        assert 'value="50, 100"' in shown, "what was typed stays"
        shown = await read(site, f"/skills/rollouts/plan?{urlencode(asked | {'try': 1})}")
        assert "3 robots of 1 account would get it" in shown
        assert "No rollout yet" in await read(site, "/skills/rollouts"), "a plan keeps nothing"
        status, at, text = await form_sent(site, **asked | {"percents": "100, 50"})
        assert (status, at) == (422, "/acts/rollouts")
        assert 'value="100, 50"' in text
        status, at, text = await form_sent(site, **asked)
        assert (status, at.partition("?")[0]) == (200, "/skills/rollouts/1")
        assert "of 3 robots run it" in text
        status, _, text = await form_sent(site, **asked)
        assert status == 422, "one of a skill at a time"
        assert "Rollout 1 of" in text
        assert "规划版本发布" in await read(site, "/skills/rollouts/plan", "zh-CN")


@pytest.mark.usefixtures("published")
async def test_the_plan_of_a_rollout_is_for_those_who_may_run_one(store, tmp_path):
    async with fleets.site(store, **skill_shops.settings_of(tmp_path)) as site:
        async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets["csm"]}) as answer:
            assert answer.status == 200
        async with site.client.get(f"{site.url}/skills/rollouts/plan") as answer:
            assert answer.status == 403
        assert "/skills/rollouts/plan" not in await read(site, "/skills/rollouts")


async def test_a_customer_is_asked_in_its_portal_and_changes_its_mind(published, store, tmp_path):
    async with fleets.site(store, **skill_shops.settings_of(tmp_path)) as site:
        status, begun = await site.ask("POST", "/rollouts", role="admin", json={
            "skill": published.key, "digest": published.sha256, "approval_days": 7
        })  # fmt: skip
        assert (status, begun["state"]) == (201, "asking")
        async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets["customer"]}) as answer:
            assert answer.status == 200
        shown = await read(site, "/portal/skills")
        assert "May version 0.3.0 of Lift come to 3 of your robots?" in shown
        csrf = re.search(r'name="csrf" value="([^"]+)"', shown)[1]
        for word, said in (("yes", "You agreed."), ("no", "You said: not now.")):
            fields = {"csrf": csrf, "account": "BETA", "rollout": str(begun["rollout"]), "approves": word}
            async with site.client.post(f"{site.url}/acts/rollout-answers", data=fields) as answer:
                assert said in await answer.text()
        assert "是否同意" in await read(site, "/portal/skills", "zh-CN")
        async with site.client.post(f"{site.url}/acts/rollout-answers", data=fields | {"account": "ACME"}) as answer:
            assert answer.status == 404
        status, asked = await site.get("/accounts/BETA/rollout-questions", role="customer")
        assert (status, [one["approves"] for one in asked]) == (200, [False])
        assert (await site.get("/accounts/ACME/rollout-questions"))[1] == []
        assert (await site.get("/accounts/ACME/rollout-questions", role="customer"))[0] == 404


async def test_a_long_list_of_accounts_is_taken_whole_or_refused(published, store, tmp_path):
    async with fleets.site(store, **skill_shops.settings_of(tmp_path)) as site:
        async with site.client.post(f"{site.url}/sign-in", data={"token": site.secrets["admin"]}) as answer:
            assert answer.status == 200
        asked = {"package": f"{published.key} {published.sha256}", "try": 1}
        names = ", ".join(["ACME"] * 200 + ["BETA"])
        shown = await read(site, f"/skills/rollouts/plan?{urlencode(asked | {'accounts': names})}")
        assert "3 robots of 1 account would get it" in shown, "the last name of a long list counts"
