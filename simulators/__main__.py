"""`fleet-sim`: simulated robots that count like real ones, and what they really counted."""

import asyncio
import json
import logging
import secrets
import signal
import sys
import time
from datetime import datetime
from pathlib import Path

import click

from simulators import embedded, truth
from simulators import faults as plans
from simulators.errors import SimulationError
from simulators.fleet import Fleet, Orders
from simulators.mqtt import Dialer
from simulators.report import progress_line, summary
from simulators.robot import GRID_S
from simulators.scenes import SCENES
from simulators.stories.portfolio import WIRE_DAYS

DAY_S = 86_400


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Simulated robots on real MQTT connections.

    A first run, against a broker on this machine:

      fleet-sim run --robots 20 --days 7 --seed 1 --url mqtt://127.0.0.1:1883 --truth truth.csv
      collector verify --truth truth.csv --store sqlite:///fleet.db
    """


@main.command()
@click.option("--robots", default=20, show_default=True, type=click.IntRange(1, 100_000), help="How many.")
@click.option("--days", default=7.0, show_default=True, help="History before --end, in days.")
@click.option("--seed", default=1, show_default=True, help="Same seed, start and end: same counts to the last one.")
@click.option("--speed", default="max", show_default=True, help="Simulated seconds per second; max: as acks permit.")
@click.option("--url", default="mqtt://127.0.0.1:1883", show_default=True, help="mqtt://[user:password@]host:port.")
@click.option("--truth", "truth_file", type=click.Path(path_type=Path), help="CSV of what was really counted.")
@click.option("--window-s", default=300, show_default=True, help="Length of a window; divides 900.")
@click.option("--upload-s", default=900, show_default=True, help="Time between uploads (with a finite --speed).")
@click.option("--batch", default=100, show_default=True, type=click.IntRange(1, 500), help="Records per batch.")
@click.option("--start", help="ISO time of the first window, instead of --days.")
@click.option("--end", help="ISO time of the last window; default and latest: now.")
@click.option("--prefix", default="sim", show_default=True, help="First part of the robots' names.")
@click.option("--timezone", default="Asia/Shanghai", show_default=True, help="Where the robots stand.")
@click.option("--scene", "scenes", multiple=True, type=click.Choice(list(SCENES)), help="Only these; repeatable.")
@click.option("--credentials", type=click.Path(exists=True, path_type=Path), help="Lines robot:password.")
@click.option("--mqtt", "version", default="auto", show_default=True, type=click.Choice(["auto", "5", "3.1.1"]))
@click.option("--connects-per-s", default=200.0, show_default=True, help="New connections per second, at most.")
@click.option("--live", is_flag=True, help="After the history go on in real time until interrupted.")
@click.option("--live-window-s", default=300, show_default=True, help="Length of a window once live.")
@click.option("--live-upload-s", default=900, show_default=True, help="Time between uploads once live.")
@click.option("--faults", help=f"Fault plan: {', '.join(plans.PLANS)}, or a TOML file.")
@click.option("--drain-s", default=30.0, show_default=True, help="How long to deliver after being interrupted.")
@click.option(
    "--skills", default=0, show_default=True, type=click.IntRange(0),
    help="So many robots live days of their own with all skills: a second or two of a core for each day.",
)  # fmt: skip
@click.option("--prepare", is_flag=True, help="Draw the whole history before connecting: measures draining alone.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON, and no progress.")
def run(
    *,
    robots: int,
    days: float,
    seed: int,
    speed: str,
    url: str,
    truth_file: Path | None,
    window_s: int,
    upload_s: int,
    batch: int,
    start: str | None,
    end: str | None,
    prefix: str,
    timezone: str,
    scenes: tuple[str, ...],
    credentials: Path | None,
    version: str,
    connects_per_s: float,
    live: bool,
    live_window_s: int,
    live_upload_s: int,
    faults: str | None,
    drain_s: float,
    skills: int,
    prepare: bool,
    as_json: bool,
) -> None:
    """Let N robots live through D days and deliver what they count.

    Simulated time ends now, never later. An interrupt (Ctrl-C, SIGTERM) stops the counting, delivers
    what was counted and writes the truth. Exit code 0: everything was acked; 3: something was not, and
    the summary says how much.
    """
    is_all_live, now_s = live and start is None and days == 0, int(time.time())
    grid_s = live_window_s if is_all_live else GRID_S if live else window_s
    end_s = min(_unix(end) if end else now_s, now_s) // grid_s * grid_s
    start_s = end_s if is_all_live else _begin(start, end_s, days)
    try:
        orders = Orders(
            robots=robots, seed=seed, start_s=start_s, end_s=end_s,
            speed=0.0 if speed == "max" else float(speed),
            live=live,
            window_s=window_s,
            upload_s=upload_s,
            live_window_s=live_window_s,
            live_upload_s=live_upload_s,
            batch=batch,
            prefix=prefix,
            timezone=timezone,
            scenes=scenes or tuple(SCENES),
            connects_per_s=connects_per_s,
            drain_s=drain_s,
            salt=secrets.token_hex(4) if live or faults else "",
            faults=plans.read(faults) if faults else plans.Plan(),
            skills=skills, prepare=prepare,
        )  # fmt: skip
        dialer = Dialer.of(url, version={"auto": 0, "5": 5, "3.1.1": 4}[version], passwords=_passwords(credentials))
        fleet = Fleet(orders, dialer)
    except (SimulationError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    asyncio.run(_run(fleet, None if as_json else f"{dialer.host}:{dialer.port}"))
    figures = summary(fleet)
    if truth_file:
        figures["truth_rows"] = truth.write(truth_file, fleet.counted())
    click.echo(json.dumps(figures, indent=2) if as_json else "\n" + _text(figures))
    sys.exit(0 if figures["undelivered_records"] == 0 else 3)


def _begin(start: str | None, end_s: int, days: float) -> int:
    return (_unix(start) if start else end_s - int(days * DAY_S)) // GRID_S * GRID_S


async def _run(fleet: Fleet, broker: str | None) -> None:
    """With the `broker`'s address: shows its progress."""
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, fleet.stop)

    def show(running: Fleet) -> None:
        click.echo(f"\r{progress_line(running, broker or '')}\x1b[K", nl=False, err=True)

    await fleet.run(show if broker else None)


def _text(figures: dict[str, object]) -> str:
    return "\n".join(f"{key.replace('_', ' '):>24}  {value}" for key, value in figures.items())


def _unix(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).astimezone().timestamp())
    except ValueError as error:
        raise click.ClickException(f"{text!r} is no time: write 2026-01-31T08:00:00+08:00") from error


def _passwords(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("#"))


@main.command()
@click.option("--listen", default="127.0.0.1:1883", show_default=True, help="Loopback host:port.")
@click.option("--passwords", required=True, type=click.Path(path_type=Path), help="Lines name:password.")
def broker(listen: str, passwords: Path) -> None:
    """Run the embedded broker: MQTT 3.1.1 on this machine, in memory, for a demo or a quick test.

    The client `collector` sees the fleet; a robot only its own topics, under its own name.
    """
    host, _, port = listen.rpartition(":")
    try:
        embedded.run(host, int(port), passwords, lambda: click.echo(f"broker on mqtt://{listen}"))
    except (SimulationError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--out", type=click.Path(path_type=Path), help="Write files into this folder, instead of --url.")
@click.option("--url", help="http(s)://host:port of a collector; COLLECTOR_TOKEN holds an admin's token.")
@click.option("--mqtt", default="mqtt://127.0.0.1:1883", show_default=True, help="The broker it listens to.")
@click.option("--credentials", type=click.Path(exists=True, path_type=Path), help="Lines robot:password.")
@click.option("--day", help="The day that the stories end on; default: the last one that is over.")
@click.option("--seed", default=1, show_default=True, help="Same seed, day and zone: the same to the last count.")
@click.option("--timezone", default="Asia/Shanghai", show_default=True, help="Where the customers are.")
@click.option(
    "--wire-days", default=WIRE_DAYS, show_default=True, type=click.IntRange(1, 120), help="Told by the robots."
)
@click.option("--live", is_flag=True, help="Then the robots go on in real time until interrupted.")
@click.option("--check", is_flag=True, help="Exit code 1 unless the collector sees every story as it is told.")
def stories(
    *, out: Path | None, url: str | None, mqtt: str, credentials: Path | None, day: str | None, seed: int,
    timezone: str, wire_days: int, live: bool, check: bool,
) -> None:  # fmt: skip
    """Customers with stories over eighteen months, as files or into a running collector, scored.

      fleet-sim stories --out portfolio
      COLLECTOR_TOKEN=fw_... fleet-sim stories --url http://127.0.0.1:8380 --mqtt mqtt://127.0.0.1:1883

    The ledger and the past's usage go through the import API, the newest weeks over MQTT as robots speak it.
    """
    from simulators.stories import command  # noqa: PLC0415 - `run` and `broker` need not pay for it

    if (out is None) == (url is None):
        raise click.UsageError("say --out FOLDER or --url ADDRESS")
    wishes = command.StoryOptions(day, seed, timezone, wire_days, check=check, live=live)
    seen = True
    try:
        if out is not None:
            command.write(wishes, out, click.echo)
        if url is not None:
            dialer = Dialer.of(mqtt, version=0, passwords=_passwords(credentials))
            logging.getLogger("asyncio").setLevel(logging.CRITICAL)
            seen = command.load(wishes, url, dialer, click.echo)
    except (SimulationError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    sys.exit(0 if seen else 1)


@main.command(name="rollout")
@click.option(
    "--accounts", default=400, show_default=True, type=click.IntRange(20, 20_000), help="Of five robots each."
)
@click.option("--faults", default=0.1, show_default=True, type=click.FloatRange(0, 100), help="Of a robot and day.")
@click.option("--uses", default=2.0, show_default=True, type=click.FloatRange(0, 10_000), help="Of a robot and day.")
@click.option("--faults-times", default=1.0, show_default=True, help="What the version does to faults.")
@click.option("--uses-times", default=1.0, show_default=True, help="What the version does to use.")
@click.option("--model-times", default=1.0, show_default=True, help="What it does to faults on one model in ten.")
@click.option("--drift", default=0.0, show_default=True, help="How far accounts change by themselves meanwhile.")
@click.option("--refusing", default=0.05, show_default=True, help="Share of robots that never install it.")
@click.option("--waves", default="5,15,100", show_default=True, help="Per cent of the robots after each wave.")
@click.option("--wave-days", default=7, show_default=True, type=click.IntRange(2, 30), help="Watched, each.")
@click.option("--seed", default=1, show_default=True)
def rollout_trial(
    *, accounts: int, faults: float, uses: float, faults_times: float, uses_times: float, model_times: float,
    drift: float, refusing: float, waves: str, wave_days: int, seed: int,
) -> None:  # fmt: skip
    r"""A whole rollout of a made-up version on a made-up fleet, judged by the collector's own gate, day by day.

    \b
      fleet-sim rollout                        a harmless version: how seldom is it halted?
      fleet-sim rollout --faults-times 2       twice the faults: on which day is it halted?
      fleet-sim rollout --uses-times 0.7       a version that people use less
      fleet-sim rollout --model-times 10       ten times the faults, on one model in ten only
      fleet-sim rollout --faults 0.02 --faults-times 2 --waves 2,100
                                               rare faults and a small canary: too few events

    Change --seed to see chance at work. Before the first day stands what a release manager is told: how likely a
    doubling of faults, or 30 % less use, would be halted with these waves. Needs the command `collector`.
    """
    from simulators import rollout_trial as trial  # noqa: PLC0415 - numpy, which `run` need not pay for

    try:
        percents = [float(one) for one in waves.split(",")]
        wishes = trial.TrialWishes(
            accounts=accounts, habit=(faults, uses, drift), harm=(faults_times, uses_times, model_times, refusing),
            percents=percents, wave_days=wave_days, seed=seed,
        )  # fmt: skip
        sys.exit(0 if trial.run(wishes, click.echo) else 1)
    except (SimulationError, ValueError) as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--state", default="demo-state", show_default=True, type=click.Path(path_type=Path), help="Its folder.")
@click.option("--keep", is_flag=True, help="Go on with the folder of the demo before.")
@click.option("--for", "for_s", type=float, help="End by itself after so many seconds; else with Ctrl-C.")
@click.option("--check", is_flag=True, help="At the end compare what was counted with what arrived; exit code 0 or 1.")
@click.option("--port", default=8380, show_default=True, help="Of the page and API.")
@click.option("--robots", default=12, show_default=True, type=click.IntRange(1, 500), help="Simulated robots.")
@click.option("--days", default=2.0, show_default=True, help="Their history.")
@click.option("--seed", default=1, show_default=True)
@click.option("--stories/--no-stories", default=True, help="A scored portfolio of customers, too.")
def demo(
    state: Path, keep: bool, for_s: float | None, check: bool, port: int, robots: int, days: float, seed: int,
    stories: bool,
) -> None:  # fmt: skip
    """Everything on this machine, with real input: broker, collector, this machine's agent, a fleet.

    Prints the address of the page and API, and what to sign in with. This machine's counts come from its
    host metrics, a StatsD client, an OpenMetrics endpoint and a skill that counts through the agent.
    """
    from simulators.demo import Demo, DemoOptions  # noqa: PLC0415 - `run` and `broker` need not pay for it

    wishes = DemoOptions(
        state, keep, 30.0 if check and for_s is None else for_s, check, port, robots, days, seed, stories
    )
    for name in (signal.SIGINT, signal.SIGTERM):  # both end it alike, also where a shell's `&` had SIGINT ignored
        signal.signal(name, signal.default_int_handler)
    try:
        equal = Demo(wishes, click.echo).run()
    except SimulationError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        equal = True
    sys.exit(0 if equal else 1)


if __name__ == "__main__":
    main()
