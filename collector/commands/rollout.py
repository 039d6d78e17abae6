"""collector rollout plan | start | list | show | robots | looks | pause | resume | abort | take-back | retry | …"""

import functools
import urllib.parse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from collector.calendar import days
from collector.commands.door import Door, door_options, plain
from collector.commands.given_file import object_in
from collector.operations import recalls, rollout_answers, rollout_reads, rollout_trial, rollouts
from collector.operations.operation import Operation
from collector.skillstore.rollouts.gate.draws import DrawRule

_TURNS = {
    "": "nobody's", "rollout": "goes on with its waves", "robot": "the robot goes on by itself",
    "site": "whoever is at the site", "engineer": "a fleet engineer", "wisher": "whoever runs the rollout",
    "publisher": "its publisher", "csm": "whoever looks after the account", "customer": "the customer",
}  # fmt: skip


@click.group()
def rollout() -> None:
    """Bring a version to many robots in waves, judged by what customers feel (docs/rollouts.md)."""


def _wish(command: Callable[..., Any]) -> Callable[..., Any]:
    """What is planned or started."""

    @click.argument("skill")
    @click.argument("digest")
    @click.option("--version", default="", help="Its name, where there is no repository.")
    @click.option("--settings", type=click.Path(exists=True, path_type=Path), help="JSON; default: each robot's own.")
    @click.option("--whole-accounts", is_flag=True, help="Draw accounts whole instead of up to three robots of each.")
    @click.option("--waves", default="5,25,100", show_default=True, help="Per cent of the robots after each wave.")
    @click.option("--wave-days", default=14, show_default=True, type=click.IntRange(2, 60), help="Watched at least.")
    @click.option("--use", "uses", multiple=True, help="A counter that counts a use of the skill; repeatable.")
    @click.option("--family", "families", multiple=True, help="Of faults that count; repeatable; default: all.")
    @click.option("--rise", default=2.0, show_default=True, help="Of faults, that the gate should not miss.")
    @click.option("--fall", default=0.7, show_default=True, help="Of use, that the gate should not miss.")
    @click.option("--account", "accounts", multiple=True, help="Only these; repeatable.")
    @click.option("--renewal-freeze-days", default=60, show_default=True, help="Before a renewal nothing changes.")
    @click.option("--also-escalated", is_flag=True, help="Also accounts with an urgent ticket.")
    @click.option("--blackout", "blackouts", multiple=True, help="DAY or DAY:DAY on which nobody is told.")
    @click.option("--ask-days", type=click.IntRange(1, 60), help="Customers are asked so long before the draw.")
    @functools.wraps(command)
    def with_options(
        *, skill: str, digest: str, version: str, settings: Path | None, whole_accounts: bool, waves: str,
        wave_days: int, uses: tuple[str, ...], families: tuple[str, ...], rise: float, fall: float,
        accounts: tuple[str, ...], renewal_freeze_days: int, also_escalated: bool, blackouts: tuple[str, ...],
        ask_days: int | None, **more: Any,
    ) -> Any:  # fmt: skip
        try:
            percents = [float(one) for one in waves.split(",")]
            closed = [_blackout(one) for one in blackouts]
        except ValueError as error:
            raise click.UsageError(f"{error}: write 5,25,100 and 2026-12-24:2026-12-26") from error
        given: dict[str, Any] = {
            "skill": skill, "digest": digest, "version": version,
            "settings": None if settings is None else object_in(settings),
            "rule": DrawRule.WHOLE_ACCOUNTS if whole_accounts else DrawRule.FEW_OF_EACH, "percents": percents,
            "wave_days": wave_days, "uses": list(uses), "families": list(families), "rise": rise, "fall": fall,
            "accounts": list(accounts), "renewal_freeze_days": renewal_freeze_days,
            "spares_escalated": not also_escalated, "approval_days": ask_days,
        }  # fmt: skip
        body = given | {"rule": given["rule"].value, "blackouts": [[days.iso(a), days.iso(b)] for a, b in closed]}
        return command(rollouts.RolloutWish(**given, blackouts=closed), body, **more)

    return with_options


def _blackout(text: str) -> tuple[int, int]:
    first, _, last = text.partition(":")
    return days.parse(first), days.parse(last or first)


@rollout.command()
@_wish
@door_options
def plan(wish: rollouts.RolloutWish, body: Mapping[str, Any], door: Door) -> None:
    """Show what a rollout of the package DIGEST of SKILL would do; nothing is kept."""
    found = door.ask(rollouts.plan_rollout, wish, "POST", "/rollouts/plan", body=body)
    lines = [f"{found['skill']} {found['version']}: {found['robots']} robots at {found['accounts']} accounts"]
    lines += [
        f"  wave {one['wave']}  {one['robots']:>6} robots  {one['accounts']:>5} accounts"
        + ("" if one["judged"] else "  nobody left to compare with")
        for one in found["waves"]
    ]
    lines += [f"  left out: {n} {reason}" for reason, n in found["left_out"].items()]
    lines += [f"  {_forecast(one)}" for one in found["forecasts"]]
    door.say(found, "\n".join(lines))


@rollout.command()
@_wish
@door_options
def start(wish: rollouts.RolloutWish, body: Mapping[str, Any], door: Door) -> None:
    """Draw the robots and start; with --ask-days ask the customers first."""
    found = door.ask(rollouts.start_rollout, wish, "POST", "/rollouts", body=body)
    door.say(found, f"rollout {found['rollout']} is {found['state']}")


@rollout.command(name="list")
@door_options
def listed(door: Door) -> None:
    """List rollouts, the newest first."""
    found = door.ask(rollout_reads.list_rollouts, None, "GET", "/rollouts")
    form = "{:>5}  {:<16} {:<12} {:<11} {:>5} {:>7} {:>7}  {}"
    lines = [form.format("id", "skill", "version", "state", "wave", "robots", "done", "gate")]
    lines += [
        form.format(
            one["id"], one["skill"], one["version"], one["state"], f"{one['wave']}/{one['waves']}", one["robots"],
            one["done"], one["answer"] or "–",
        )
        for one in found
    ]  # fmt: skip
    door.say(found, "\n".join(lines) if found else "there is no rollout yet")


@rollout.command()
@click.argument("number", type=int)
@door_options
def show(number: int, door: Door) -> None:
    """Show one rollout: waves, who is left out, what the gate sees."""
    one = door.ask(rollout_reads.one_rollout, number, "GET", f"/rollouts/{number}")
    why = " ".join(part for part in (one["reason"], one["why"]) if part)
    lines = [f"{one['skill']} {one['version']} is {one['state']}{f': {why}' if why else ''}"]
    for wave in one["waves"]:
        robots = ", ".join(f"{n} {state}" for state, n in wave["robots"].items())
        lines.append(f"  wave {wave['wave']}  offered {wave['offered_at'] or 'not yet'}  {robots}")
    lines += [f"  left out: {n} {reason}" for reason, n in one["left_out"].items()]
    lines += [f"  {_forecast(each)}" for each in one["forecasts"]]
    if one["look"] is not None:
        lines += [f"  {line}" for line in _look(one["look"])]
    door.say(one, "\n".join(lines))


@rollout.command()
@click.argument("number", type=int)
@click.option("--state", default="", help="Of this state only.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@click.option("--cursor", help="`next` of the page before, as --json shows it.")
@door_options
def robots(number: int, state: str, limit: int, cursor: str | None, door: Door) -> None:
    """List the robots of a rollout, each with why it stands so and whose turn it is."""
    wanted = rollout_reads.RobotsOfRollout(rollout=number, state=state, limit=limit, cursor=cursor)
    query = {"state": state, "limit": limit, "cursor": cursor}
    found = door.ask(rollout_reads.rollout_robots, wanted, "GET", f"/rollouts/{number}/robots", query=query)
    lines = [
        f"{one['robot']:<20} {one['account'] or '–':<14} {one['wave'] or '–':>4} {one['state']:<10} "
        f"{one['code'] or '–':<14} {_TURNS.get(one['turn'], one['turn'])}"
        for one in found["items"]
    ]
    door.say(found, "\n".join(lines) if lines else "no robot")


@rollout.command()
@click.argument("number", type=int)
@door_options
def looks(number: int, door: Door) -> None:
    """Show what the gate answered, day by day."""
    found = door.ask(rollout_reads.rollout_looks, number, "GET", f"/rollouts/{number}/looks")
    door.say(found, "\n".join(line for one in found for line in _look(one)) if found else "no day counts yet")


def _changing(name: str, act: Operation[Any, Any], about: str) -> None:
    """One command that changes how a rollout stands."""

    @click.argument("number", type=int)
    @click.option("--why", default="", help="People read it beside the rollout.")
    @door_options
    def change(number: int, why: str, door: Door) -> None:
        wanted = rollouts.ChangeRollout(rollout=number, why=why)
        found = door.ask(act, wanted, "POST", f"/rollouts/{number}/{name}", body={"why": why})
        door.say(found, f"rollout {found['rollout']} is {found['state']}; {found['robots']} robots changed")

    change.__doc__ = about
    rollout.command(name=name, help=about)(change)


_changing("pause", rollouts.pause_rollout, "Offer it to nobody more; looks go on.")
_changing("resume", rollouts.resume_rollout, "Let a paused rollout go on.")
_changing("abort", rollouts.abort_rollout, "End it here; who has the version keeps it.")
_changing("take-back", rollouts.take_back_rollout, "End it; every robot goes back to what it had. Needs --why.")
_changing("retry", rollouts.retry_rollout, "Ask robots that failed again now.")


@rollout.command(name="next-wave")
@click.argument("number", type=int)
@click.argument("wave", type=click.IntRange(1, rollouts.WAVES_MOST))
@click.option("--why", required=True, help="People read it beside the rollout.")
@door_options
def next_wave(number: int, wave: int, why: str, door: Door) -> None:
    """Begin wave WAVE, the next one, before the gate has seen enough."""
    wanted = rollouts.BeginWave(rollout=number, wave=wave, why=why)
    body = {"wave": wave, "why": why}
    found = door.ask(rollouts.begin_next_wave, wanted, "POST", f"/rollouts/{number}/next-wave", body=body)
    door.say(found, f"wave {wave} of rollout {found['rollout']} begins")


@rollout.command()
@click.argument("number", type=int)
@click.argument("account")
@click.option("--yes/--no", "approves", required=True)
@door_options
def answer(*, number: int, account: str, approves: bool, door: Door) -> None:
    """Note a customer's word on a version for its robots, while the rollout asks."""
    wanted = rollout_answers.AnswerRollout(rollout=number, account=account, approves=approves)
    body = {"account": account, "approves": approves}
    found = door.ask(rollout_answers.answer_rollout, wanted, "POST", f"/rollouts/{number}/answers", body=body)
    door.say(found, f"noted for rollout {found['rollout']}")


@rollout.command()
@click.argument("account")
@door_options
def questions(account: str, door: Door) -> None:
    """List the versions about which the customer ACCOUNT is asked now."""
    path = f"/accounts/{urllib.parse.quote(account, safe='')}/rollout-questions"
    found = door.ask(rollout_answers.rollout_questions, account, "GET", path)
    said = {None: "not answered", True: "approved", False: "not approved"}
    lines = [
        f"rollout {one['rollout']}  {one['skill']} {one['version']}  {one['robots']} robots  until {one['until']}  "
        f"{said[one['approves']]}"
        for one in found
    ]
    door.say(found, "\n".join(lines) if found else f"{account} is asked about no version")


@rollout.command()
@click.argument("skill")
@click.argument("digest")
@door_options
def recall(skill: str, digest: str, door: Door) -> None:
    """Take the package DIGEST of SKILL from every robot, now; each goes back to what it had before."""
    wanted = recalls.RecallPackage(skill=skill, digest=digest)
    body = {"skill": skill, "digest": digest}
    found = door.ask(recalls.recall_package, wanted, "POST", "/skills/recalls", body=body)
    door.say(found, f"{found['told']} robots were told; {found['had']} ever were to run it")


@rollout.command()
@click.argument("digest")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@click.option("--cursor", help="`next` of the page before, as --json shows it.")
@door_options
def recalled(digest: str, limit: int, cursor: str | None, door: Door) -> None:
    """Show of every robot whether a package is gone, and what proves it."""
    wanted = recalls.RecallOf(digest=digest, limit=limit, cursor=cursor)
    query = {"limit": limit, "cursor": cursor}
    found = door.ask(recalls.recall_stands, wanted, "GET", f"/skills/recalls/{digest}", query=query)
    lines = [
        f"{one['robot']:<20} {'gone' if one['is_gone'] else 'not gone':<9} {one['proof'][:8] or '–':<8} "
        f"{one['reason']:<14} {_TURNS.get(one['turn'], one['turn']) if one['reason'] else ''}".rstrip()
        for one in found["items"]
    ]
    door.say(found, "\n".join(lines) if lines else "no robot was ever to run it")


@rollout.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@door_options
def trial(file: Path, door: Door) -> None:
    """Say what the gate would have done with the days in FILE; `fleet-sim rollout` writes such files.

    JSON of account, scene and model (a name for each robot), percents, wave_days and seed: draws the robots. With
    faults and uses (robots × days), too: judges them, look by look.
    """
    form = object_in(file)
    names = ("account", "scene", "model", "percents", "wave_days", "seed")
    if missing := [name for name in names if name not in form]:
        raise click.UsageError(f"{file} says no {', '.join(missing)}")
    robots = rollout_trial.TrialRobots(**{name: form[name] for name in names})
    if "faults" not in form:
        drawn = plain(door.do(rollout_trial.draw_trial, robots))
        door.say(drawn, "\n".join(f"wave {at}: {len(one)} robots" for at, one in enumerate(drawn["waves"], 1)))
        return
    days_ = rollout_trial.TrialDays(robots=robots, faults=form["faults"], uses=form["uses"])
    found = plain(door.do(rollout_trial.judge_trial, days_))
    lines = [f"day {one['day']:>3}  {one['answer']}  {', '.join(one['halted_by'])}" for one in found["looks"]]
    door.say(found, "\n".join([*lines, *(_forecast(one) for one in found["forecasts"])]))


def _forecast(one: Mapping[str, Any]) -> str:
    what = f"{one['test']} × {one['factor']:g}: {one['power'][-1]:.0%} halted by the last look"
    if one["enough_days"] is not None:
        return f"{what}; enough {one['enough_days']} days after the offer"
    return what if one["robots"] is None else f"{what}; {one['robots']} robots would be enough"


def _look(one: Mapping[str, Any]) -> list[str]:
    lines = [f"{one['day']}  look {one['look']} of {one['looks']}  {one['answer']}"]
    if one["reasons"] or one["halted_by"]:
        lines.append(f"    {', '.join([*one['reasons'], *one['halted_by']])}")
    for name in ("faults", "use"):
        if (change := one[name]) is not None:
            span = f"{change['low']:+.0%} to {change['high']:+.0%}"
            lines.append(f"    {name} {change['seen']:+.0%} ({span}); not excluded {change['not_excluded']:+.0%}")
    if one["until_day"] or one["needs_robots"]:
        lines.append(f"    enough about {one['until_day'] or '–'}, or with {one['needs_robots'] or '–'} robots")
    if one["robots"]:
        lines.append(f"    carried by {', '.join(one['robots'])}{' on ' + one['model'] if one['model'] else ''}")
    return lines
