"""The pages of rollouts: an empty list that teaches, one that runs, its acts with undo, both languages."""

import re

import pytest

from collector.operations import rollout_round, rollouts
from collector.skillstore.rollouts import looking, planning
from collector.skillstore.rollouts.gate.forecast import Effort
from tests import fleets
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
        assert await act(site, "pause") == (303, "/skills/rollouts/1?done=pause")
        paused = await read(site, "/skills/rollouts/1?done=pause")
        assert "/acts/rollouts/1/resume" in paused, "the undo"
        assert (await act(site, "resume"))[0] == 303
        assert (await act(site, "take-back", why=""))[0] == 422, "a reason is asked for"
        assert (await act(site, "take-back", why="arms drop"))[0] == 303
        taken = await read(site, "/skills/rollouts/1", "zh-CN")
        assert "已撤回" in taken
        assert "arms drop" in taken
        async with site.client.post(f"{site.url}/acts/rollouts/1/pause", data={"csrf": "x"}) as answer:
            assert answer.status == 403
