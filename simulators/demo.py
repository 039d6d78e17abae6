"""`make demo`: everything on one machine, with real input, in one folder (./demo-state).

    embedded broker ◀── this machine's own agent ◀── StatsD client, OpenMetrics endpoint, a skill, the host
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
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from simulators import guide
from simulators.afternoon import afternoon
from simulators.children import Child, ChildFailed, Children, answers, free_port
from simulators.collector_api import ApiRefused, CollectorApi
from simulators.embedded import COLLECTOR
from simulators.errors import PlanError
from simulators.fleet import Orders, robots
from simulators.stories.cast import CUSTOMERS
from simulators.stories.command import LIVE
from simulators.stories.robots import robot_name

MACHINE = "this-machine"
WINDOW_S = 5  # of the live fleet
MACHINE_WINDOW_S = 2  # of this machine: its first counts are on the page a moment after the start
UPLOAD_S = 1
ARRIVES_S = 90.0  # a scrape, a window, an upload and an ack, with room for a busy machine
FIRST_S = 60.0
STARTS_S = 120.0  # a process has begun to answer, on a busy machine too; one that ends is told at once
MARKER = ".fleetward-demo"
STORIES_DONE = "stories.day"
ACCOUNTS = {
    "exhibition_hall": ("harbour-museum", "Harbour Museum"),
    "ktv": ("star-ktv", "Star KTV"),
    "scenic_spot": ("lotus-lake", "Lotus Lake Scenic Area"),
    "conference": ("summit-hall", "Summit Conference Centre"),
}
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
    fleet: Child | None = None

    def __post_init__(self) -> None:
        self.children = Children(self.wishes.folder / "logs")
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
        now_s = int(time.time())
        crew = robots(Orders(self.wishes.robots, self.wishes.seed, 0, now_s // 900 * 900, timezone=self.zone))
        self.names = {robot.name: robot.scene.key for robot in crew}
        told = [robot_name(customer, turn) for customer in CUSTOMERS for turn in range(customer.robots)]
        self.passwords = {name: secrets.token_urlsafe(18) for name in (COLLECTOR, MACHINE, *self.names, *told)}
        _private(folder / "passwords", "".join(f"{name}:{word}\n" for name, word in self.passwords.items()))
        _private(folder / "this-machine.password", self.passwords[MACHINE])
        self.ports = {name: free_port() for name in ("broker", "metrics")}
        self.ports["statsd"] = free_port(socket.SOCK_DGRAM)
        self.ports["page"] = self.wishes.port
        if answers(self.wishes.port):
            self.ports["page"] = free_port()
            self.say(f"Port {self.wishes.port} is taken; the page is on {self.ports['page']}")

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
            {"COLLECTOR_MQTT": f"mqtt://{COLLECTOR}:{self.passwords[COLLECTOR]}@{broker}"},
        )
        # A robot's first word gets lost while nobody listens, and is said again only after half a minute.
        self.children.wait_for("the collector", self.api.healthy, STARTS_S)
        self.fleet = self.children.start("fleet", self._fleet_command())
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
        agent = [*_python("edge_agent"), "run", "--config", str(folder / "agent.toml")]
        self.children.start("agent", agent)
        self.children.wait_for("this machine's agent", heard.exists, STARTS_S)
        skill = [sys.executable, "-c", guide.SCRIPT]
        documents = str(Path(__file__).parents[1] / "docs")
        self.machine.append(self.children.start("guide", [*skill, str(heard), documents, str(folder / "guide.json")]))

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
            "model": "workshop",
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
        return [
            *_python("simulators"), "run", "--json", "--live",
            *("--robots", str(wishes.robots), "--days", str(wishes.days), "--seed", str(wishes.seed)),
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
            totals = self.api.totals([MACHINE, *self.names])
            counted = {robot: sums for robot, sums in totals.items() if any(sums.values())}
            here = MACHINE in counted
            if here and len(counted) > 1 and first_s is None:
                first_s = time.monotonic() - self.began_s
            values = sum(sum(sums.values()) for sums in counted.values())
            too = "too" if here else "not yet"
            self.say(f"  {len(counted)}/{len(self.names) + 1} robots counted, this machine {too}; {values:,} in all")
            if first_s is not None and len(counted) > len(self.names):
                break
            if time.monotonic() > deadline_s:
                raise ChildFailed(f"not all robots counted within {FIRST_S:.0f} s; logs are in {self.children.logs}")
            time.sleep(0.5)
        self._give_robots_to_accounts()
        self.say(f"First counts of this machine and of the fleet after {first_s:.1f} s")
        self.say("")
        self.say(f"  page and API   {self.api.url}      (API description: {self.api.url}/api/v1/openapi.json)")
        self.say(f"  sign in        {self.api.url}/sign-in#token={self.api.token}")
        self.say(f"  the fleet      {len(self.names)} simulated robots in {self.zone}; this machine is {MACHINE}")
        self.say(f"  state, logs    {self.wishes.folder}")
        self.say("")
        self.say("Ctrl-C ends it." if self.wishes.for_s is None else f"It ends by itself in {self.wishes.for_s:.0f} s.")

    def _give_robots_to_accounts(self) -> None:
        first_day = (datetime.now(ZoneInfo(self.zone)) - timedelta(days=self.wishes.days + 1)).date().isoformat()
        owner = {robot: ACCOUNTS[scene] for robot, scene in self.names.items()} | {MACHINE: WORKSHOP}
        scenes = {account: scene for scene, account in ACCOUNTS.items()}
        for key, name in dict.fromkeys(owner.values()):
            body = {"id": key, "name": name, "timezone": self.zone, "scene": scenes.get((key, name), "")}
            self._unless_there("/accounts", body)
        for robot, (key, _) in owner.items():
            self._unless_there("/deployments", {"robot": robot, "account": key, "from_day": first_day})

    def _unless_there(self, path: str, body: dict[str, str]) -> None:
        try:
            self.api.post(path, body)
        except ApiRefused:
            if not self.wishes.keep:
                raise

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
        self.say(f"  (set COLLECTOR_TOKEN to what {folder / 'token'} holds)")
        self.say(f"Scored portfolio {time.monotonic() - self.began_s:.0f} s after the start")

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
        truth = str(self.wishes.folder / "fleet-truth.csv")
        verify = self.children.start(
            "verify",
            [*_python("collector"), "verify", "--truth", truth, "--url", self.api.url, "--settle", "30"],
            {"COLLECTOR_TOKEN": self.api.token},
        )
        code = verify.process.wait(120)
        self.children.ended(verify)
        self.say("The fleet: " + verify.last_words().strip())
        return equal and code == 0

    def _machine_equal(self) -> bool:
        wanted: dict[str, int] = {}
        for child in self.machine:
            child.stop(ARRIVES_S)
            self.children.ended(child)
            wanted |= json.loads((self.wishes.folder / f"{child.name}.json").read_text(encoding="utf-8"))
        deadline_s = time.monotonic() + ARRIVES_S
        while True:
            got = self.api.totals([MACHINE]).get(MACHINE, {})
            differs = {key: (n, got.get(key, 0)) for key, n in wanted.items() if got.get(key, 0) != n}
            if not differs or time.monotonic() > deadline_s:
                break
            time.sleep(0.3)
        for key, (n, arrived) in sorted(differs.items()):
            self.say(f"This machine: {key}: {n} counted, {arrived} arrived")
        if not differs:
            self.say("This machine: equal: " + ", ".join(f"{key} {n}" for key, n in sorted(wanted.items())))
        return not differs


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def _private(path: Path, text: str) -> None:
    """A file that only its owner can read, from its first byte on."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
