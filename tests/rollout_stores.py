"""A store with a fleet of one skill: accounts of a few robots, four weeks of days, and robots that obey at once."""

from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import insert, select

from collector import config
from collector import context as context_of
from collector.access.caller import COMMAND_LINE
from collector.accounts.ledger.kinds import who
from collector.context import Context, Services
from collector.ingest.decode import decode
from collector.operations import desired
from collector.operations.desired import WishFor
from collector.store.engine import Store
from collector.store.tables.fleet import fault_episode, robot, stream, usage_day
from protocol import codec, topics
from protocol.messages import Desired, DesiredSkill
from protocol.skill_proof import FACTS, proof
from tests.batches import commit
from tests.fleets import NOON, TODAY, add
from tests.plain_facts import an_account

DAY_S = 86_400
OLD, NEW = "a" * 64, "b" * 64
EPOCH = "00000000000000aa"


@dataclass
class Fleet:
    """`per_account` robots at each of `accounts` accounts, all with skill guide 1.0; the clock is the test's."""

    store: Store
    accounts: int
    per_account: int
    now_s: float = float(NOON)
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(5))
    sent: dict[str, Desired] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)  # robots whose faults are many

    @property
    def context(self) -> Context:
        services = Services(publish=self._publish)
        return context_of.of(
            config.load(self.settings), self.store, lambda: self.now_s, COMMAND_LINE, services
        )  # fmt: skip

    def _publish(self, name: str, document: bytes) -> bool:
        self.sent[name] = Desired.model_validate_json(document)
        return True

    @property
    def today(self) -> int:
        return int(self.now_s) // DAY_S

    @property
    def names(self) -> list[str]:
        return [f"r{at:03d}-{n}" for at in range(self.accounts) for n in range(self.per_account)]

    def made(self, digest: str = OLD) -> "Fleet":
        """Accounts, robots, the old version everywhere, four weeks of days."""
        with self.store.write() as connection:
            rows = [
                {"name": name, "first_seen_at": NOON - 60 * DAY_S, "model": "R1" if at % 3 else "R2", "timezone": "UTC",
                 "data_from_s": NOON - 60 * DAY_S}
                for at, name in enumerate(self.names)
            ]  # fmt: skip
            connection.execute(insert(robot), rows)
            accounts = [an_account(id=f"A{at:03d}", name=f"Account {at}") for at in range(self.accounts)]
            add(connection, "account", *accounts)
            stays = [
                who.Deployment(id=f"d-{name}", robot=name, account=f"A{name[1:4]}", from_day=TODAY - 60)
                for name in self.names
            ]
            add(connection, "deployment", *stays)
        old = DesiredSkill(skill="guide", version="1.0", digest=digest)
        for name in self.names:
            wish = WishFor(robot=name, skills=[old], settings={})
            made = desired.put_desired(self.context, wish)
            assert not hasattr(made, "reason"), made
        self.obey()
        self.live(TODAY - 40, TODAY - 1)
        return self

    def ids(self) -> dict[str, int]:
        with self.store.read() as connection:
            return {row.name: row.id for row in connection.execute(select(robot.c.name, robot.c.id))}

    def obey(self, *deaf: str) -> None:
        """Every robot reports that what it was sent is active; deaf ones say nothing."""
        for name, document in self.sent.items():
            if name in deaf:
                continue
            told = [{"skill": one.skill, **dict.fromkeys(FACTS, one.digest)} for one in document.skills]
            form = {"v": 1, "robot": name, "revision": document.revision, "skills": told, "proof": proof(told)}
            commit(self.store, decode(topics.reported(name), codec.encode(form)), received_s=int(self.now_s))
        self.sent = {name: one for name, one in self.sent.items() if name in deaf}

    def report(self, name: str, revision: int, why: str) -> None:
        """A robot says that the new version does not run there, or not now."""
        told = [{"skill": "guide", **dict.fromkeys(FACTS, NEW), "reason": why}]
        form = {"v": 1, "robot": name, "revision": revision, "skills": told, "proof": proof(told)}
        commit(self.store, decode(topics.reported(name), codec.encode(form)), received_s=int(self.now_s))

    def live(self, first: int, last: int) -> None:
        """Days pass: uses and faults of every robot, delivered."""
        ids = self.ids()
        with self.store.write() as connection:
            usage = [
                {"day": day, "robot_id": one, "totals": f'{{"guided_tour": {self.rng.poisson(6)}}}', "covered_s": 86400}
                for one in ids.values()
                for day in range(first, last + 1)
            ]
            connection.execute(insert(usage_day), usage)
            faults = [
                {"robot_id": one, "epoch": EPOCH, "seq": day * 1000 + n, "family": "tts", "code": "x",
                 "did": "could_not", "severity": "warning", "opened_at": day * DAY_S + 3600 + n}
                for name, one in ids.items()
                for day in range(first, last + 1)
                for n in range(self.rng.poisson(4.0 if name in self.broken else 0.3))
            ]  # fmt: skip
            connection.execute(insert(fault_episode), faults)
            end = {"last_end": (last + 1) * DAY_S, "received_at": (last + 1) * DAY_S, "first_at": NOON - 60 * DAY_S}
            connection.execute(stream.delete())
            connection.execute(insert(stream), [{"robot_id": one, "epoch": EPOCH, **end} for one in ids.values()])
        self.now_s = max(self.now_s, float((last + 1) * DAY_S + 43_200))
