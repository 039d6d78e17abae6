"""`make demo`: everything on one machine, with real input, in one folder (./demo-state).

    embedded broker ◀── this machine's own agent ◀── StatsD client, OpenMetrics endpoint, a reader, the host
          │                       ▲ runs a skill that it fetched from the collector (simulators.demo_skills)
          │        ◀── a simulated fleet: 12 robots in four scenes, two days of history, then live
          │        ◀── customers with stories: eighteen months of ledger and use, scored (simulators.stories)
          ▼
      collector (SQLite) ──▶ pages and API on the printed address

All of it as processes that a user would start too; this file only starts, asks, shows and ends them.
Passwords and the token are made anew each time; everything listens on loopback only.
"""

import json
import secrets
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from simulators import reader, truth
from simulators.afternoon import afternoon
from simulators.children import Child, ChildFailed, Children, answers, free_port
from simulators.collector_api import CollectorApi
from simulators.demo_skills import BODY, SKILL, DemoSkills
from simulators.embedded import COLLECTOR
from simulators.errors import PlanError
from simulators.fleet import Orders, robots
from simulators.scenes import SCENES
from simulators.selling import tenants
from simulators.selling.desk import Desk
from simulators.selling.sales import Shop
from simulators.selling.tenants import Tenant
from simulators.stories import files
from simulators.stories.cast import CUSTOMERS
from simulators.stories.command import LIVE
from simulators.stories.loading import IMPORT_S
from simulators.stories.place import number
from simulators.stories.robots import robot_name

MACHINE = "this-machine"
WINDOW_S = 5  # of the live fleet
MACHINE_WINDOW_S = 2  # of this machine: its first counts are on the page a moment after the start
UPLOAD_S = 1
ARRIVES_S = 90.0  # a scrape, a window, an upload and an ack, with room for a busy machine
FIRST_S = 180.0  # on a machine that does other work too
STARTS_S = 120.0  # a process has begun to answer, on a busy machine too; one that ends is told at once
MARKER = ".fleetward-demo"
STORIES_DONE = "stories.day"
FLEET_TOLD = "fleet.json"  # the fleet whose past is in the store: --keep goes on with it
ACCOUNTS = {
    "exhibition_hall": ("harbour-museum", "Harbour Museum"),
    "ktv": ("star-ktv", "Star KTV"),
    "scenic_spot": ("lotus-lake", "Lotus Lake Scenic Area"),
    "conference": ("summit-hall", "Summit Conference Centre"),
}
PERSON = {"mail": "demo@example.com", "name": "Demo", "lang": "en", "roles": ["admin"]}
WORKSHOP = ("this-workshop", "This workshop")


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the user asked for. `for_s` None: until Ctrl-C."""

    folder: Path
    keep: bool
    for_s: float | None
    check: bool
    port: int
    robots: int
    days: float
    seed: int
    stories: bool = True


@dataclass(slots=True)
class Demo:
    """Start, fill, stay, end. `say` prints a line."""

    wishes: DemoOptions
    say: Callable[[str], None]
    children: Children = field(init=False)
    passwords: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # robot -> scene
    api: CollectorApi = field(init=False)
    zone: str = field(init=False)
    began_s: float = field(init=False)
    ports: dict[str, int] = field(default_factory=dict)
    machine: list[Child] = field(default_factory=list)
    is_going_on: bool = False  # the fleet of the demo before: its past is told, it only goes on
    before: dict[tuple[str, str, str], int] = field(default_factory=dict)  # what it and this machine counted then
    fleet: Child | None = None
    skills: DemoSkills = field(init=False)

    def __post_init__(self) -> None:
        self.children = Children(self.wishes.folder / "logs")
        self.skills = DemoSkills(self.wishes.folder)
        self.began_s = time.monotonic()
        self.zone = afternoon(datetime.now(UTC))

    def run(self) -> bool:
        """The whole demo. True unless a check found a difference."""
        try:
            self._prepare()
            self._start()
            self._fill()
            until_s = float("inf") if self.wishes.for_s is None else time.monotonic() + self.wishes.for_s
            if self.wishes.stories:
                self._tell_stories()
            self._stay(until_s)
            return self._checked() if self.wishes.check else True
        finally:
            for name in (signal.SIGINT, signal.SIGTERM):
                signal.signal(name, signal.SIG_IGN)  # an impatient second Ctrl-C would leave processes behind
            self.say("Stopping")
            self.children.stop_all()

    def _prepare(self) -> None:
        folder = self.wishes.folder
        if folder.exists() and not self.wishes.keep:
            if any(folder.iterdir()) and not (folder / MARKER).is_file():
                raise PlanError(f"{folder} is not empty and not a demo's: name another with --state")
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)  # a token, passwords and the store are in it
        (folder / MARKER).touch()
        self._go_on(folder / FLEET_TOLD)
        now_s = int(time.time())
        crew = robots(Orders(self.wishes.robots, self.wishes.seed, 0, now_s // 900 * 900, timezone=self.zone))
        self.names = {robot.name: robot.scene.key for robot in crew}
        told = [robot_name(customer, turn) for customer in CUSTOMERS for turn in range(customer.robots)]
        self.passwords = {name: secrets.token_urlsafe(18) for name in (COLLECTOR, MACHINE, *self.names, *told)}
        _private(folder / "passwords", "".join(f"{name}:{word}\n" for name, word in self.passwords.items()))
        _private(folder / "this-machine.password", self.passwords[MACHINE])
        self.ports = {name: free_port() for name in ("broker", "metrics")}
        self.ports["statsd"] = free_port(socket.SOCK_DGRAM)
        self.skills.prepare()
        self.ports["page"] = self.wishes.port
        if answers(self.wishes.port):
            self.ports["page"] = free_port()
            self.say(f"Port {self.wishes.port} is taken; the page is on {self.ports['page']}")

    def _go_on(self, told: Path) -> None:
        """Takes over the fleet of the demo before (--keep), in its zone. Raises PlanError where another is wanted."""
        mine = {"robots": self.wishes.robots, "seed": self.wishes.seed}
        if not told.exists():
            return
        of = json.loads(told.read_text(encoding="utf-8"))
        theirs = {key: of[key] for key in mine}
        if theirs != mine:
            raise PlanError(
                f"--keep goes on with the demo before, of {of['robots']} robots and seed {of['seed']}: "
                f"say --robots {of['robots']} --seed {of['seed']}, or leave out --keep"
            )
        self.zone, self.is_going_on = of["zone"], True

    def _start(self) -> None:
        folder, ports = self.wishes.folder, self.ports
        broker = f"127.0.0.1:{ports['broker']}"
        store = f"sqlite:///{folder.absolute() / 'fleet.db'}"
        self.say("Starting a broker, the collector, this machine's agent and a fleet")
        self.children.start(
            "broker", [*_python("simulators"), "broker", "--listen", broker, "--passwords", str(folder / "passwords")]
        )
        token = self._token(store)
        url = f"http://127.0.0.1:{ports['page']}"
        self.api = CollectorApi(url, token)
        self.children.wait_for("the broker", lambda: answers(ports["broker"]), STARTS_S)
        self.children.start(
            "collector",
            [*_python("collector"), "serve", "--listen", f"127.0.0.1:{ports['page']}", "--store", store],
            {
                "COLLECTOR_MQTT": f"mqtt://{COLLECTOR}:{self.passwords[COLLECTOR]}@{broker}",
                "COLLECTOR_BASE_TIMEZONE": self.zone,  # one day on every page
                **self.skills.collector_settings(),
            },
        )
        # A robot's first word gets lost while nobody listens, and is said again only after half a minute.
        self.children.wait_for("the collector", self.api.healthy, STARTS_S)
        if self.is_going_on:
            self.before = self.api.by_day([MACHINE, *self.names])
        self.fleet = self.children.start("fleet", self._fleet_command())
        of = {"robots": self.wishes.robots, "seed": self.wishes.seed, "zone": self.zone}
        (folder / FLEET_TOLD).write_text(json.dumps(of), encoding="utf-8")
        self.skills.publish(self.api)
        self._start_machine(url)

    def _start_machine(self, url: str) -> None:
        """This machine's agent and what it counts. The endpoint is there before the agent scrapes it; what counts
        begins when the agent listens, so that the check may ask for every single count.
        """
        folder, ports = self.wishes.folder, self.ports
        heard = folder / "count.sock"
        heard.unlink(missing_ok=True)  # of the demo before (--keep)
        visitor = [*_python("simulators.workshop"), f"{url}/healthz", str(ports["metrics"]), str(ports["statsd"])]
        self.machine.append(self.children.start("visitor", [*visitor, str(heard), str(folder / "visitor.json")]))
        self.children.wait_for("the workshop's endpoint", lambda: answers(ports["metrics"]), STARTS_S)
        (folder / "agent.toml").write_text(self._agent_settings(), encoding="utf-8")
        self.machine.append(self.skills.start_body(self.children, self.wishes.seed))
        agent = [*_python("edge_agent"), "run", "--skills-unconfined", "--config", str(folder / "agent.toml")]
        self.children.start("agent", agent)
        self.children.wait_for("this machine's agent", heard.exists, STARTS_S)
        reads = [sys.executable, "-c", reader.SCRIPT]
        documents = str(Path(__file__).parents[1] / "docs")
        self.machine.append(self.children.start("reader", [*reads, str(heard), documents, str(folder / "reader.json")]))

    def _token(self, store: str) -> str:
        maker = self.children.start(
            "token",
            [*_python("collector"), "token", "create", "--role", "admin", "--name", "demo", "--store", store],
        )
        code = maker.process.wait(STARTS_S)
        self.children.ended(maker)
        words = maker.log.read_text(encoding="utf-8").split()
        token = next((word for word in words if word.startswith("fw_")), "")
        maker.log.unlink()  # secrets do not stay in logs
        if code or not token:
            raise ChildFailed(f"the collector made no token (code {code}): {' '.join(words)[:400]}")
        _private(self.wishes.folder / "token", token)
        return token

    def _agent_settings(self) -> str:
        folder = self.wishes.folder.absolute()
        values = {
            "robot": MACHINE,
            "mqtt_url": f"mqtt://127.0.0.1:{self.ports['broker']}",
            "mqtt_password_file": str(folder / "this-machine.password"),
            "state_dir": str(folder),
            "runtime_dir": str(folder),
            "timezone": self.zone,
            **self.skills.agent_settings(),
        }
        lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
        lines += [f"sample_s = 1\nwindow_s = {MACHINE_WINDOW_S}\nupload_s = {UPLOAD_S}"]
        lines += ['[sources]\nenabled = ["system", "local", "statsd", "openmetrics"]']
        lines += [f"[sources.statsd]\nport = {self.ports['statsd']}"]
        lines += [
            'counters = { "workshop.visits" = "workshop.visits", "workshop.visits_failed" = "workshop.visits_failed" }'
        ]
        lines += [f'[sources.openmetrics]\nurl = "http://127.0.0.1:{self.ports["metrics"]}/metrics"']
        lines += [
            'counters = { workshop_pages_total = "workshop.pages", workshop_page_bytes_total = "workshop.page_bytes" }'
        ]
        return "\n".join(lines) + "\n"

    def _fleet_command(self) -> list[str]:
        wishes, folder = self.wishes, self.wishes.folder
        past = ("--days", "0") if self.is_going_on else ("--start", self._first_midnight().isoformat())
        return [
            *_python("simulators"), "run", "--json", "--live", "--skills", str(len(ACCOUNTS)), *past,
            *("--robots", str(wishes.robots), "--seed", str(wishes.seed)),
            *("--url", f"mqtt://127.0.0.1:{self.ports['broker']}", "--credentials", str(folder / "passwords")),
            *("--timezone", self.zone, "--truth", str(folder / "fleet-truth.csv")),
            *("--live-window-s", str(WINDOW_S), "--live-upload-s", str(UPLOAD_S)),
        ]  # fmt: skip

    def _fill(self) -> None:
        """Shows how counts arrive, until there are some of this machine and of every robot."""
        first_s: float | None = None
        deadline_s = time.monotonic() + FIRST_S
        while True:
            self.children.check()
            totals = self._counted_now()
            here = any(totals.get(MACHINE, {}).values())
            came = sum(1 for robot in totals if robot != MACHINE)  # a robot whose place is quiet comes with zeros
            if here and came and first_s is None:
                first_s = time.monotonic() - self.began_s
            values = sum(sum(sums.values()) for sums in totals.values())
            too = "too" if here else "not yet"
            self.say(f"  {came}/{len(self.names)} robots came, this machine {too}; {values:,} counted in all")
            if first_s is not None and came == len(self.names):
                break
            if time.monotonic() > deadline_s:
                raise ChildFailed(f"not all robots came within {FIRST_S:.0f} s; logs are in {self.children.logs}")
            time.sleep(0.5)
        self._give_robots_to_accounts()
        self.say(f"First counts of this machine and of the fleet after {first_s:.1f} s")
        self.skills.sell(self.api, WORKSHOP[0], self._today())
        self.skills.wish(self.api, MACHINE)
        took_s = self.skills.wait_active(self.api, self.children, MACHINE)
        self.say(f"The {SKILL} of this collector's repository runs on this machine, {took_s:.1f} s after it was wished")
        self.say("")
        self.say(f"  page and API   {self.api.url}      (API description: {self.api.url}/api/v1/openapi.json)")
        self.say(f"  sign in        {self.api.url}/sign-in      as {PERSON['mail']}, password {self._person()}")
        self.say(f"                 or {self.api.url}/sign-in#token={self.api.token}")
        self.say(f"  the fleet      {len(self.names)} simulated robots in {self.zone}; this machine is {MACHINE}")
        self.say(f"  state, logs    {self.wishes.folder}")
        self.say("")
        self._sell()
        self.say("Ctrl-C ends it." if self.wishes.for_s is None else f"It ends by itself in {self.wishes.for_s:.0f} s.")

    def _person(self) -> str:
        """The demo's administrator gets a new password: by the one-time link that an invitation is."""
        password = secrets.token_urlsafe(12)
        there = [one["id"] for one in self.api.get("/people?limit=1000")["items"] if one["mail"] == PERSON["mail"]]
        if there:
            link = self.api.post(f"/people/{there[0]}/link", {})["link"]
        else:
            link = self.api.post("/people", PERSON)["invitation"]["link"]
        self.api.set_password(link, password)
        return password

    def _counted_now(self) -> dict[str, dict[str, int]]:
        """Robot -> counter -> what arrived of this demo, without what one before counted."""
        found = self.api.totals([MACHINE, *self.names])
        for (robot, _, counter), n in self.before.items():
            sums = found.setdefault(robot, {})
            sums[counter] = sums.get(counter, 0) - n
        return found

    def _first_midnight(self) -> datetime:
        """Where the fleet's history begins: whole days are told, and its accounts have the robots from then on."""
        begins = datetime.now(ZoneInfo(self.zone)) - timedelta(days=self.wishes.days)
        return begins.replace(hour=0, minute=0, second=0, microsecond=0)

    def _give_robots_to_accounts(self) -> None:
        """Customers of the fleet with their contracts, and this machine's account, as files bring them."""
        if self.is_going_on:
            return
        api = self.api
        for kind, rows in tenants.ledger(self._tenants(), number(self._today())).kinds():
            path = f"/import/{kind}?history=true&new_robots=true&name={kind}.csv"
            api.send(path, files.sheet(rows), IMPORT_S)

    def _today(self) -> date:
        """The collector's own day."""
        return datetime.now(ZoneInfo(self.zone)).date()

    def _tenants(self) -> list[Tenant]:
        first, today = number(self._first_midnight().date()), number(self._today())
        made = []
        for scene, (key, name) in ACCOUNTS.items():
            robots = tuple(robot for robot, its in self.names.items() if its == scene)
            if robots:
                made.append(Tenant(key, name, scene, robots, first, self.zone))
        return [*made, Tenant(*WORKSHOP, "", (MACHINE,), today, self.zone)]

    def _sell(self) -> None:
        """All skills that ship, with prices; to the fleet's customers what their robots run."""
        if not self.skills.is_new:
            return
        self.skills.publish_others(self.api)
        shop = Shop(self.api, self.skills.offered, number(self._today()))
        shop.price()
        for one in self._tenants():
            if one.scene:
                shop.sell(one, SCENES[one.scene].model)
        self.say(f"{len(shop.offered)} skills are offered, with prices, and wished on the fleet's robots")

    def _tell_stories(self) -> None:
        """Customers with stories into the collector; shows what that process says, its table of scores last."""
        folder = self.wishes.folder
        done = folder / STORIES_DONE
        if done.exists():  # of the demo before (--keep): the robots' past cannot be told from another day on
            told = done.read_text(encoding="utf-8")
            self.say(f"Customers with stories were told of on {told}; leave out --keep to have them told anew")
            return
        # Written first: what a cut-off telling has sent must not be sent again by robots with another life.
        done.write_text(datetime.now(ZoneInfo(self.zone)).date().isoformat(), encoding="utf-8")
        self.say("")
        self.say("Telling the stories of a portfolio of customers")
        child = self.children.start("stories", self._stories_command(), {"COLLECTOR_TOKEN": self.api.token})
        self.children.follow(child, self.say, until=LIVE)
        self._at_the_desk()
        self.say(f"  (set COLLECTOR_TOKEN to what {folder / 'token'} holds)")
        self.say(f"Scored portfolio {time.monotonic() - self.began_s:.0f} s after the start")

    def _at_the_desk(self) -> None:
        """What people of customer success have done before the visitor comes."""
        newer = self.skills.publish_newer(self.api)
        if newer is None:
            return
        desk = Desk(self.api, self.skills.offered, number(self._today()))
        desk.licences()
        desk.views()
        desk.rollout(newer)

    def _stories_command(self) -> list[str]:
        return [
            *_python("simulators"), "stories", "--live", "--url", self.api.url, "--seed", str(self.wishes.seed),
            *("--mqtt", f"mqtt://127.0.0.1:{self.ports['broker']}", "--timezone", self.zone),
            *("--credentials", str(self.wishes.folder / "passwords")),
        ]  # fmt: skip

    def _stay(self, until_s: float) -> None:
        try:
            while time.monotonic() < until_s:
                self.children.check()
                time.sleep(0.2)
        except KeyboardInterrupt:
            self.say("")

    def _checked(self) -> bool:
        """Stops what counts, waits for the last windows, and compares."""
        equal = self._machine_equal()
        if self.fleet is not None:
            self.fleet.stop(60)
            self.children.ended(self.fleet)
        file = self.wishes.folder / "fleet-truth.csv"
        truth.add_to(file, {key: n for key, n in self.before.items() if key[0] != MACHINE})
        verify = self.children.start(
            "verify",
            [*_python("collector"), "verify", "--truth", str(file), "--url", self.api.url, "--settle", "30"],
            {"COLLECTOR_TOKEN": self.api.token},
        )
        code = verify.process.wait(120)
        self.children.ended(verify)
        self.say("The fleet: " + verify.last_words().strip())
        return equal and code == 0

    def _machine_equal(self) -> bool:
        wanted: dict[str, int] = {}
        seen: dict[str, int] = {}  # by the body, of its skill
        for child in self.machine:
            child.stop(ARRIVES_S)
            self.children.ended(child)
            counted = json.loads((self.wishes.folder / f"{child.name}.json").read_text(encoding="utf-8"))
            wanted |= counted
            if child.name == BODY:
                seen = counted
        deadline_s = time.monotonic() + ARRIVES_S
        while True:
            got = self._counted_now().get(MACHINE, {})
            differs = {key: (n, got.get(key, 0)) for key, n in wanted.items() if got.get(key, 0) != n}
            if not differs or time.monotonic() > deadline_s:
                break
            time.sleep(0.3)
        for key, (n, arrived) in sorted(differs.items()):
            self.say(f"This machine: {key}: {n} counted, {arrived} arrived")
        if not differs:
            self.say("This machine: equal: " + _listed({key: n for key, n in wanted.items() if key not in seen}))
            self.say(f"The {SKILL}, equal to what its body saw: {_listed(seen)}")
            there = self.api.account_sums(WORKSHOP[0], list(seen))
            self.say(f"  at the account {WORKSHOP[1]}: {_listed(there)}")
        return not differs


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{key} {n}" for key, n in sorted(counts.items()) if n)


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def _private(path: Path, text: str) -> None:
    """A file that only its owner can read, from its first byte on."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
