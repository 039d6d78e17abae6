"""An outbox that faults have filled: counts are stored, figures stay, and the link still finds room for its notes."""

import json
import random
from collections import Counter

import pytest

from edge_agent.errors import OutboxFull
from edge_agent.outbox import Outbox, OutboxSettings, episode_merge, file
from edge_agent.outbox.start import peek
from protocol import records
from protocol.messages import Batch

BEGIN = 1_800_000_000
SIZE = 128 * 1024


async def _open(folder, max_bytes=SIZE):
    settings = OutboxSettings("robot", reserve_bytes=0, max_bytes=max_bytes)
    return await Outbox.open(folder / "outbox.db", settings=settings, hardware="h", boot_id="b", now_s=BEGIN)


def _stamp(second):
    return {"boot": 1, "mono": second, "at": BEGIN + second}


def _window(second, **counts):
    return records.window(**_stamp(second), span=300, counts=counts or {"touches": 1})


def _fault(state, second, code="stuck", family="touch", **rest):
    return records.fault(**_stamp(second), state=state, family=family, code=code, detail="d" * 300, **rest)


async def _all(outbox, chunk=100):
    """Everything in the outbox, as batches that the wire takes."""
    found, first = [], 1
    while outgoing := await outbox.batch(first, chunk):
        envelope = json.loads(outgoing.text)
        Batch.model_validate(envelope)
        found += envelope["records"]
        first = outgoing.last + 1
    return found


def _openings(found):
    """By family, of closed episodes; each close names an open record of its kind."""
    opened = {record["seq"]: record for record in found if record.get("state") == "open"}
    total = Counter()
    for record in found:
        if record.get("state") == "close":
            assert opened.pop(record["opened"])["code"] == record["code"]
            total[record["family"]] += record.get("openings", 1)
    return total, len(opened)


def _counts(found):
    return sum((Counter(record["counts"]) for record in found if record["kind"] == "window"), Counter())


async def _flood(outbox, steps, chance, open_=None):
    """Windows every five minutes, and faults without end between them; what was stored."""
    openings, counts, open_ = Counter(), Counter(), {} if open_ is None else open_
    for step in range(steps):
        made = []
        for _ in range(20):
            family = chance.choice(("touch", "navigation", "vision"))
            key = (family, f"c{chance.randrange(30)}")
            if key in open_:
                made.append(_fault("close", 300 * step, key[1], family))
                del open_[key]
                openings[family] += 1
            else:
                made.append(_fault("open", 300 * step, key[1], family))
                open_[key] = True
        made.append(records.skill(**_stamp(300 * step), skill="guide", version="1", state=f"s{step}"))
        amount = chance.randrange(1, 9)
        counts["touches"] += amount
        await outbox.append([_window(300 * step, touches=amount), *made])
    return openings, counts, len(open_)


@pytest.mark.parametrize("seed", range(4))
async def test_faults_are_merged_before_a_count_is_refused_and_every_figure_stays(tmp_path, seed):
    outbox = await _open(tmp_path)
    openings, counts, still_open = await _flood(outbox, 200, random.Random(seed))
    assert outbox.figures().merged > 1000
    found = await _all(outbox, chunk=7)
    assert _openings(found) == (openings, still_open)
    assert _counts(found) == counts
    assert [r["state"] for r in found if r["kind"] == "skill"][-1] == "s199"
    await outbox.close()
    again = await _open(tmp_path)
    assert again.epoch == outbox.epoch  # its numbers add up: nothing is taken for lost
    assert peek(tmp_path / "outbox.db").losses == ()
    await again.close()


async def test_what_was_delivered_on_the_way_and_what_is_left_add_up(tmp_path):
    chance = random.Random(7)
    outbox = await _open(tmp_path)
    delivered, sums, openings, open_ = [], Counter(), Counter(), {}
    for _ in range(6):
        more, counts, _ = await _flood(outbox, 60, chance, open_)
        openings += more
        sums += counts
        first = outbox.held
        for _ in range(chance.randrange(4)):
            outgoing = await outbox.batch(first, 20)
            delivered += json.loads(outgoing.text)["records"]
            first = outgoing.last + 1
            await outbox.forget(outgoing.last)
        epoch = outbox.epoch
        await outbox.close()
        outbox = await _open(tmp_path)
        assert outbox.epoch == epoch
    found = delivered + await _all(outbox)
    assert _counts(found) == sums
    assert _openings_of_any(found) == openings
    await outbox.close()


def _openings_of_any(found):
    return sum((Counter({r["family"]: r.get("openings", 1)}) for r in found if r.get("state") == "close"), Counter())


async def test_without_merging_episodes_counts_are_refused(tmp_path, monkeypatch):
    """The control."""
    monkeypatch.setattr(episode_merge, "_planned", lambda *_, **__: [])
    outbox = await _open(tmp_path)
    with pytest.raises(OutboxFull):
        await _flood(outbox, 200, random.Random(0))
    await outbox.close()


async def _filled_by_open_faults(outbox):
    """Nothing of it can be merged."""

    async def fill():
        for made in range(10_000):
            await outbox.append([_fault("open", made, code=f"c{made}")])

    with pytest.raises(OutboxFull):
        await fill()


async def test_a_full_outbox_has_room_for_what_the_link_must_note(tmp_path):
    outbox = await _open(tmp_path)
    await _filled_by_open_faults(outbox)
    for session in range(50):
        await outbox.set_note("session", {"session": session})
    outgoing = await outbox.batch(1, 100)
    await outbox.forget(outgoing.last)
    await outbox.append([_window(0)])
    await outbox.close()


async def test_without_the_links_pages_what_frees_room_needs_room(tmp_path, monkeypatch):
    """The control."""
    monkeypatch.setattr(file, "LINK_PAGES", 0)
    outbox = await _open(tmp_path)
    await _filled_by_open_faults(outbox)
    with pytest.raises(OutboxFull):
        await outbox.set_note("session", {"session": "x" * 2000})
    await outbox.close()


async def test_what_was_given_up_is_told_also_after_a_restart(tmp_path):
    outbox = await _open(tmp_path)
    await _filled_by_open_faults(outbox)
    outbox.dropped(12)
    await outbox.keep_dropped()
    await outbox.close()
    outbox = await _open(tmp_path)
    await outbox.forget((await outbox.batch(1, 500)).last)
    await outbox.append([_window(0)])
    lost = [r["detail"] for r in await _all(outbox) if r.get("event") == "lost"]
    assert [(detail["cause"], detail["records"]) for detail in lost] == [("full", 12)]
    await outbox.close()
    outbox = await _open(tmp_path)
    await outbox.append([_window(1)])
    assert sum(r.get("event") == "lost" for r in await _all(outbox)) == 1
    await outbox.close()
