"""A small fleet with a story in a store, committed through the collector's own ingest; and its pages on a port.

hall-7   online, counts everything, complete; account ACME since day -20
ktv-2    dark since yesterday noon, an open fault, a power cut in its past; account BETA
park-1   cannot count foot traffic, switched off cleanly; ACME until day -3, then BETA
old-9    known only from imported history; ACME
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import aiohttp
from aiohttp import web
from sqlalchemy import Connection, insert, select

from collector import config, context
from collector.access import people, tokens
from collector.access.caller import OF_SOME_ACCOUNTS, THE_CLOCK, Role
from collector.access.passwords import HashingCost
from collector.accounts.ledger import writing
from collector.accounts.ledger.facts import Origin
from collector.accounts.ledger.kinds import who
from collector.accounts.ledger.kinds.registry import KINDS
from collector.backtest.background import Backtests
from collector.calendar import days
from collector.closing.runs import Runs
from collector.context import Services
from collector.exchange.imports.usage_history import Imported, commit, stage
from collector.exchange.imports.usage_staging import Staging
from collector.fleet.scope import account_id_of
from collector.ingest.decode import decode
from collector.ingest.metrics import IngestFigures
from collector.operations.rollouts import ALPHA
from collector.skillstore.review import writing as submissions
from collector.skillstore.review.reach import Reach
from collector.skillstore.review.submission import CheckOutcome, CheckProblem, Submission, SubmissionState
from collector.skillstore.rollouts import keeping
from collector.skillstore.rollouts.gate.draws import DrawRule
from collector.skillstore.rollouts.planning import RolloutOrders
from collector.store.engine import Store
from collector.store.tables.fleet import parked_count, robot
from collector.store.tables.people import person as person_table
from collector.store.watch import StoreWatch
from collector.success import saved_views
from collector.success import store as success
from collector.success.priority import Situation
from collector.success.proposals import Proposal
from collector.success.saved_views import ViewSaid
from collector.success.store import Case
from collector.web import server
from collector.web.api import ledger as api_ledger
from collector.web.api import openapi
from collector.web.parts import Parts
from protocol import codec, topics
from tests import batches, billed
from tests.groups import groups_of
from tests.plain_facts import BASE, an_account
from tests.policies import PLAYBOOKS, TERMS, a_closing

CHEAP = HashingCost(passes=1, memory_kib=8, lanes=1)  # of a password: tests try thousands
DAYS = 4  # of data before today
NOON = batches.NOON
TODAY = batches.DAY
HOUR = 3600
GAUGES = {"cpu_percent": [3.5, 12.25, 88.0], "disk_free_bytes": [9e9, 9e9, 9e9]}
COUNTABLE = ["foot_traffic", "solicitation", "wake_up", "interaction", "guided_tour", "operating_s", "delivery"]


def iso(days_from_today: int) -> str:
    return days.iso(TODAY + days_from_today)


@dataclass
class Writer:
    """Writes one robot's records in order and numbers them."""

    robot: str
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def seq(self) -> int:
        return len(self.rows) + 1

    def start(self, at: int, **detail: Any) -> None:
        self.rows.append(batches.lifecycle(self.seq, "start", detail, at=at))

    def stop(self, at: int) -> None:
        self.rows.append(batches.lifecycle(self.seq, "stop", at=at))

    def counts(self, at: int, hours: int, **counts: int) -> None:
        """One window an hour: `counts` in each of them."""
        for hour in range(hours):
            window = batches.window(
                self.seq, {**counts, "operating_s": 1800, "observed_s": 3600}, at=at + hour * HOUR, span=HOUR,
                mono=at - NOON + 30 * 86_400, gauges=GAUGES,
            )  # fmt: skip
            self.rows.append(window)

    def supports(self, at: int, unsupported: list[str]) -> None:
        detail = {"supported": [c for c in COUNTABLE if c not in unsupported], "unsupported": unsupported}
        self.rows.append(batches.lifecycle(self.seq, "counters", detail, at=at))

    def breaks(self, at: int, **fault: Any) -> None:
        self.rows.append(batches.fault(self.seq, "open", at=at, **fault) | {"mono": at - NOON + 30 * 86_400})

    def send(self, store: Store, received_s: int) -> None:
        for first in range(0, len(self.rows), 50):
            rows = self.rows[first : first + 50]
            outcome = batches.commit(store, batches.message(self.robot, rows, held=first + 1), received_s=received_s)
            assert not outcome.refused, outcome.refused


def presence(store: Store, robot: str, state: str, at: int, **more: Any) -> None:
    document = {"v": 1, "robot": robot, "epoch": batches.EPOCH, "session": at, "state": state, "at": at, **more}
    message = decode(topics.presence(robot), codec.encode(document))
    groups_of(store).commit({0: message}, at)


def story(store: Store) -> None:
    """Everything above, as of noon today (UTC)."""
    begin = NOON - DAYS * 24 * HOUR
    hall = Writer("hall-7")
    hall.start(begin, agent="0.1.0", clean=True, timezone="UTC", model="greetbot", rom="V9.7")
    hall.supports(begin, [])
    hall.counts(begin, DAYS * 24, foot_traffic=40, solicitation=12, wake_up=9, interaction=7, guided_tour=1)
    hall.send(store, NOON)
    presence(store, "hall-7", "online", NOON, backlog=2)

    ktv = Writer("ktv-2")
    ktv.start(begin, agent="0.1.0", clean=True, timezone="UTC", model="luckibot", rom="V9.1")
    ktv.supports(begin, [])
    ktv.counts(begin, 30, foot_traffic=5, delivery=6)
    ktv.start(begin + 36 * HOUR, agent="0.1.0", clean=False, timezone="UTC", model="luckibot", rom="V9.1")
    ktv.counts(begin + 36 * HOUR, DAYS * 24 - 36 - 24, foot_traffic=5, delivery=6)
    ktv.breaks(NOON - 26 * HOUR, family="navigation", code="lost", detail="not localised")
    ktv.send(store, NOON - 24 * HOUR)
    presence(store, "ktv-2", "offline", NOON - 24 * HOUR)

    park = Writer("park-1")
    park.start(begin, agent="0.1.0", clean=True, timezone="UTC", model="greetbot", rom="V6.4")
    park.supports(begin, ["foot_traffic"])
    park.counts(begin, DAYS * 24 - 4, wake_up=3)
    park.stop(NOON - 4 * HOUR)
    park.send(store, NOON - 4 * HOUR)
    presence(store, "park-1", "stopped", NOON - 4 * HOUR)

    groups_of(store).commit({0: decode(topics.up("hall-7"), b"\x28\xb5\x2f\xfdnot ours")}, NOON)
    with store.write() as connection:
        add(connection, "account", an_account(id="ACME", name="Acme Museum"), an_account(id="BETA", name="Beta KTV"))
        stays = (
            ("deployment-1", "hall-7", "ACME", TODAY - 20, None),
            ("deployment-2", "ktv-2", "BETA", TODAY - 20, None),
            ("deployment-3", "park-1", "ACME", TODAY - 20, TODAY - 3),
            ("deployment-4", "park-1", "BETA", TODAY - 2, None),
        )
        add(connection, "deployment", *(
            who.Deployment(id=key, robot=robot, account=account, from_day=first, to_day=last)
            for key, robot, account, first, last in stays
        ))  # fmt: skip
    history = ["account,robot,day,counter,value\n", f"ACME,old-9,{iso(-2)},foot_traffic,120\n"]
    with Staging() as staging:
        assert stage(BytesIO("".join(history).encode()), staging, NOON) is None
        with store.write() as connection:
            assert isinstance(commit(connection, staging, NOON, BASE), Imported)


def add(connection: Connection, kind: str, *facts: Any) -> None:
    """Write facts of one kind, as of noon today; none of them may be refused."""
    for outcome in writing.write(connection, KINDS[kind], facts, Origin("story", NOON), TERMS):
        assert outcome.did == "created", outcome


def one_fact_of_each_kind(store: Store) -> None:
    """The facts that the API's examples show, where the story has none with that id."""
    facts = openapi.examples()[api_ledger.FACTS]
    with store.write() as connection:
        for key, body in facts.items():
            if key != "deployment":
                said = [KINDS[key].adapter.validate_python(body)]
                (outcome,) = writing.write(connection, KINDS[key], said, Origin("story", NOON), TERMS)
                assert outcome.did in {"created", "corrected"}, outcome


def one_cta(store: Store) -> None:
    """What the examples of calls to action show: a late promise to ACME, for csm-1, the first of all."""
    with store.write() as connection:
        row_id = account_id_of(connection, "ACME")
        assert row_id is not None
        where = Situation(
            row_id=row_id, account="ACME", csm="csm-1", arr=1_200_000, due_day=TODAY + 45, cadence_days=90.0
        )
        late = Proposal(
            row_id=row_id, account="ACME", rule="PROMISE", reason="promise-1", severity=0.6,
            evidence={"promise": "promise-1", "due_day": TODAY - 3, "text": "Train the new shift."},
        )  # fmt: skip
        (cta_id,) = success.update(connection, TODAY - 1, [Case(where, (late,))], NOON, playbooks=PLAYBOOKS).opened
        assert cta_id == openapi.path_examples()["cta"]


def one_parked_count(store: Store) -> None:
    """Ten days ago park-1 reported more wake-ups than a robot can count; nobody has judged it."""
    with store.write() as connection:
        row_id = connection.scalar(select(robot.c.id).where(robot.c.name == "park-1"))
        at_s = NOON - 10 * 24 * HOUR
        row = {
            "robot_id": row_id, "day": TODAY - 10, "counter": "wake_up", "reason": "rate", "amount": str(2**53),
            "hours": f'{{"12":"{2**53}"}}', "windows": 1, "most": 36_000, "first_at": at_s, "last_at": at_s,
            "state": "waiting",
        }  # fmt: skip
        connection.execute(insert(parked_count).values(row))


def one_person(store: Store) -> int:
    """Li Wei, a CSM, with a password that nobody knows."""
    with store.write() as connection:
        person = people.add(
            connection, mail="li.wei@example.com", name="Li Wei", language="zh", roles=[Role.CSM], csm=None,
            account_ids=(), stamp="stamp", now_s=NOON,
        )  # fmt: skip
        assert person == openapi.path_examples()["person"]
        return person


def one_of_everything(store: Store) -> None:
    """The story, and what every route has something to show of."""
    story(store)
    one_fact_of_each_kind(store)
    one_cta(store)
    scored(store)
    one_parked_count(store)
    one_person(store)
    one_bill(store)
    one_rollout(store)
    one_submission(store)
    one_saved_view(store)


def one_submission(store: Store) -> None:
    """A package whose checks found something: it is refused, and its sheet says why."""
    with store.write() as connection:
        person = connection.execute(select(person_table.c.id, person_table.c.name).limit(1)).one()
        one = Submission(
            id=0, skill="lift", appid="acme_lift", publisher="acme", release=1, version="1.0", sha256="c" * 64,
            bytes=2_000, state=SubmissionState.SUBMITTED, notes_en="Calls lifts.", notes_zh="呼叫电梯。",
            submitter_id=person.id, submitter=person.name, submitted_at=NOON, changed_at=NOON,
        )  # fmt: skip
        found = CheckOutcome("names", (CheckProblem("Its name is taken: choose another.", "名称已被占用，请另选。"),))
        reach = Reach(("speak",), ("lift",), {}, {}, "", "")
        submission = submissions.add(connection, one)
        submissions.note_checks(connection, submission, [found], reach, SubmissionState.REFUSED, NOON)


def one_saved_view(store: Store) -> None:
    """Of the accounts, shared by the command line."""
    said = ViewSaid(of="accounts", filters={"band": "red", "whose": "mine"}, sort="-arr", columns=("arr", "due"))
    with store.write() as connection:
        view = saved_views.add(connection, "Red, large first", said, 0, "admin", shared=True, now_s=NOON)
        assert view == openapi.path_examples()["view"]


def one_rollout(store: Store) -> None:
    """One that asks the customers: nobody was drawn yet."""
    orders = RolloutOrders(
        rule=DrawRule.FEW_OF_EACH, percents=(10.0, 100.0), wave_days=7, uses=("guided_tour",), families=(), rise=2.0,
        fall=0.7, accounts=(), renewal_freeze_days=60, spares_escalated=True, blackouts=(),
        approval_until_day=TODAY + 7, alpha=ALPHA,
    )  # fmt: skip
    said = {
        "skill": "guide", "version": "2.0", "digest": "b" * 64, "settings": "null", "state": "asking", "seed": "1",
        "who": "admin", "made_at": NOON, "changed_at": NOON,
    }  # fmt: skip
    with store.write() as connection:
        keeping.add(connection, said, orders)


def one_bill(store: Store) -> None:
    """April of ACME is closed, and May is a draft."""
    billed.offer(store)
    with store.read() as connection:
        acme = account_id_of(connection, "ACME")
    assert acme is not None
    billed.sell(store, acme, from_day=TODAY - 40)
    billed.close(store, NOON)


def scored(store: Store) -> None:
    """Yesterday is closed: every account has a score."""
    a_closing(store=store, processes=1).close(TODAY - 1, NOON)


@dataclass
class Site:
    """A store's pages on a loopback port. `secrets` has a token for each role; `published` what robots were sent."""

    url: str
    store: Store
    parts: Parts
    client: aiohttp.ClientSession
    secrets: dict[str, str]
    published: list[tuple[str, bytes]]
    app: web.Application

    async def get(self, path: str, role: str = "staff") -> tuple[int, Any]:
        return await self.ask("GET", path, role)

    async def ask(self, method: str, path: str, role: str = "staff", **more: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.secrets[role]}"} | more.pop("headers", {})
        async with self.client.request(method, f"{self.url}/api/v1{path}", headers=headers, **more) as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def site(
    store: Store,
    runs: Runs | None = None,
    clock: Callable[[], float] = lambda: NOON,
    watch: StoreWatch | None = None,
    **settings: Any,
) -> AsyncIterator[Site]:
    """Serve `store` as of noon today."""
    published: list[tuple[str, bytes]] = []

    def publish(robot: str, document: bytes) -> bool:
        published.append((robot, document))
        return True

    backtests = Backtests()
    services = Services(
        publish=publish,
        runs=runs or Runs(a_closing(store=store, processes=1), clock),
        backtests=backtests,
        store_watch=watch or StoreWatch(),
        password_cost=CHEAP,
    )
    chosen = config.load({"store": store.url.render_as_string(hide_password=False), **settings})
    process = context.of(chosen, store, clock, THE_CLOCK, services)
    figures = IngestFigures(records=1234, connected=True)
    made = Parts(context=process, monotonic=lambda: 0.0, figures=figures, committed_at=lambda: NOON - 2)
    known = {}
    with store.write() as connection:
        for role in Role:
            known[role.value] = secrets.token_hex(8)
            account = "BETA" if role in OF_SOME_ACCOUNTS else None
            done = tokens.create(
                connection, known[role.value], name=role.value, role=role, account_external_id=account, now_s=NOON
            )
            if not isinstance(done, tokens.NewToken):  # a store without accounts has no customers
                known.pop(role.value)
    app = await server.build(made)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    socket = web.TCPSite(runner, "127.0.0.1", 0)
    await socket.start()
    port = runner.addresses[0][1]
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
            yield Site(f"http://127.0.0.1:{port}", store, made, client, known, published, app)
    finally:
        backtests.thread.close()
        await asyncio.to_thread(backtests.thread.join)
        await runner.cleanup()
