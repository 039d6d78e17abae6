"""Dry run of a skill for one account with many robots: read from the store and planned, as the operation does it."""

import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from collector.skillstore.publishing.plan import Allowance, putting
from collector.skillstore.publishing.reading import robots_of_account
from collector.store.engine import open_store
from collector.store.lists import insert_all
from collector.store.tables.fleet import account, deployment, desired, presence, robot
from opk_skills.trust.releases import Needs, Release, path_of
from protocol.messages import Desired, DesiredSkill

ROBOTS, SKILLS = 100_000, 14
TARGET_S = 5.0
NOW_S = 1_800_000_000


def _release(number: int, digest: str) -> Release:
    needs = Needs("1.0.0", ("greetbot",), ("go_to",), (f"skill_{number}&start",), 2, 1)
    key, path = f"skill_{number}", path_of(f"fw_{number:032x}", 1)
    return Release(path, 2_000_000, digest, 1, 0, "1.0", key, needs)


def run() -> list[dict[str, Any]]:
    """Seconds for every robot of one account, each with thirteen other skills wished; one in ten is another model."""
    offered = {one.sha256: one for one in (_release(n, f"{n:064x}") for n in range(SKILLS))}
    others = [DesiredSkill(skill=one.key, version="1.0", digest=one.sha256) for one in list(offered.values())[1:]]
    document = Desired(revision=1, skills=others).model_dump_json()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'fleet.db'}")
        numbers = range(1, ROBOTS + 1)
        with store.write() as connection:
            connection.execute(insert(account).values(id=1, external_id="A", name="A", created_at=0))
            models = ("greetbot",) * 9 + ("mini",)
            insert_all(connection, robot, [
                {"id": n, "name": f"r-{n:06}", "model": models[n % 10], "first_seen_at": 0} for n in numbers
            ])  # fmt: skip
            insert_all(connection, deployment, [{"robot_id": n, "account_id": 1, "from_day": 0} for n in numbers])
            insert_all(connection, presence, [
                {"robot_id": n, "epoch": "e", "session": 1, "state": ("online", "offline")[n % 2], "at": 0,
                 "received_at": 0} for n in numbers
            ])  # fmt: skip
            insert_all(connection, desired, [
                {"robot_id": n, "revision": 1, "document": document, "at": 0, "account_id": 1, "own_revision": 1}
                for n in numbers
            ])  # fmt: skip
        began, began_cpu = time.perf_counter(), time.process_time()
        with store.read() as connection:
            looks = robots_of_account(connection, 1, NOW_S, "skill_0")
        names = frozenset(one.name for one in looks)
        plan = putting(offered[f"{0:064x}"], looks, names, offered, Allowance(lambda _: None, None), is_recalled=False)
        took_s, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
        store.close()
    assert len(plan.ready) == ROBOTS * 9 // 10, "the others are another model"
    name = f"dry run and plan: {ROBOTS:,} robots of one account, {SKILLS - 1} skills wished on each"
    return [
        {"name": name, "value": round(took_s, 2), "unit": "s", "target": f"≤ {TARGET_S:g}", "met": took_s <= TARGET_S},
        {"name": f"{name}; of it on the processor", "value": round(cpu_s, 2), "unit": "s"},
    ]
