"""collector skills submission submit | list | show | check | approve | refuse | take-back"""

from pathlib import Path
from typing import Any

import click

from collector.commands.door import Door, door_options
from collector.commands.options import Number
from collector.commands.skills import sent_package, skills
from collector.operations import skill_review as operations
from collector.operations.operation import Operation
from collector.skillstore.review.submission import SubmissionState

_PACKAGE = click.Path(path_type=Path, exists=True, dir_okay=False)
_LISTS = (
    "permissions_added", "permissions_dropped", "counters_added", "counters_dropped", "counters_raised",
    "intents_added", "intents_dropped",
)  # fmt: skip
_BEGIN = """\b
collector skills submission submit guide.opk --release 4 \\
  --notes-en 'Speaks louder in halls' --notes-zh "$(cat notes.zh.txt)"
collector skills submission list
collector skills submission approve 7
collector skills submission refuse 7 --why 'needs no microphone'
"""


@skills.group(epilog=_BEGIN)
def submission() -> None:
    """What publishers submit before it is published: checked by the collector, reviewed by people.

    Each act is a person's: use --url and a token that you made for yourself.
    """


@submission.command()
@click.argument("package", type=_PACKAGE)
@click.option("--release", type=Number(1), required=True, help="The number that it will be published under.")
@click.option("--notes-en", default="", help="What this version brings.")
@click.option("--notes-zh", default="", help="The same in Chinese.")
@door_options
def submit(package: Path, release: int, notes_en: str, notes_zh: str, door: Door) -> None:
    """Send a package and submit it for review; its checks run at once."""
    appid, sha256 = sent_package(package, release, door)
    body: dict[str, Any] = {
        "appid": appid, "release": release, "sha256": sha256, "notes_en": notes_en, "notes_zh": notes_zh,
    }  # fmt: skip
    found = door.ask(
        operations.submit_package, operations.SubmitPackage(**body), "POST", "/skills/submissions", body=body
    )
    door.say(found, "\n".join(_sheet(found)))


@submission.command(name="list")
@click.option("--state", type=click.Choice([one.value for one in SubmissionState]), help="Default: what is open.")
@door_options
def list_submissions(state: str | None, door: Door) -> None:
    """List submissions, the newest first."""
    wanted = operations.ListSubmissions(state=None if state is None else SubmissionState(state))
    query = {} if state is None else {"state": state}
    found = door.ask(operations.list_submissions, wanted, "GET", "/skills/submissions", query=query)
    lines = [f"{'no.':>5}  {'skill':<16} {'version':<16} {'release':>7}  {'state':<11} {'approved':>8}  submitted by"]
    lines += [
        f"{one['id']:>5}  {one['skill']:<16} {one['version']:<16} {one['release']:>7}  {one['state']:<11} "
        f"{one['approvals']:>8}  {one['submitter']}, {one['submitted_at']}"
        for one in found["items"]
    ]
    empty = "nothing is submitted: `collector skills submission submit` does it"
    door.say(found, "\n".join(lines) if found["items"] else empty)


@submission.command()
@click.argument("submission", type=Number(1))
@door_options
def show(submission: int, door: Door) -> None:
    """Show a submission: its checks, what it changes against the last published version, its reviews."""
    found = door.ask(operations.one_submission, submission, "GET", f"/skills/submissions/{submission}")
    door.say(found, "\n".join(_sheet(found)))


@submission.command()
@click.argument("submission", type=Number(1))
@door_options
def check(submission: int, door: Door) -> None:
    """Run the checks of a submission again, where the collector stopped before they ended."""
    found = door.ask(operations.check_submission, submission, "POST", f"/skills/submissions/{submission}/check")
    door.say(found, "\n".join(_sheet(found)))


@submission.command()
@click.argument("submission", type=Number(1))
@click.option("--why", default="", help="A remark that its publisher reads.")
@door_options
def approve(submission: int, why: str, door: Door) -> None:
    """Approve these bytes. Not by who submitted them."""
    _review(operations.approve_submission, "approve", submission, why, door)


@submission.command()
@click.argument("submission", type=Number(1))
@click.option("--why", required=True, help="The reason that its publisher reads.")
@door_options
def refuse(submission: int, why: str, door: Door) -> None:
    """Refuse a submission. One refusal is enough."""
    _review(operations.refuse_submission, "refuse", submission, why, door)


@submission.command(name="take-back")
@click.argument("submission", type=Number(1))
@door_options
def take_back(submission: int, door: Door) -> None:
    """Take back what you submitted."""
    path = f"/skills/submissions/{submission}/take-back"
    found = door.ask(operations.take_back_submission, submission, "POST", path)
    door.say(found, f"submission {submission} is taken back")


def _review(
    operation: Operation[operations.ReviewSubmission, operations.SubmissionSheet], word: str, submission: int, why: str,
    door: Door,
) -> None:  # fmt: skip
    wanted = operations.ReviewSubmission(submission=submission, reason=why)
    path = f"/skills/submissions/{submission}/{word}"
    found = door.ask(operation, wanted, "POST", path, body={"reason": why})
    door.say(found, "\n".join(_sheet(found)))


def _sheet(found: dict[str, Any]) -> list[str]:
    one, change = found["submission"], found["change"]
    lines = [f"{one['skill']} {one['version']}, release {one['release']}, submission {one['id']}: {one['state']}"]
    if one["reason"]:
        lines.append(f"  {one['reason']}")
    for outcome in found["checks"] or ():
        lines.append(f"  {outcome['check']:<10} {'found something' if outcome['problems'] else 'nothing found'}")
        lines += [f"    {each['en']}" for each in outcome["problems"]]
    if change is not None:
        lines += ["  the first version of it" if change["is_first"] else "  against the last published version:"]
        lines += [f"    {key.replace('_', ' ')}: {', '.join(change[key])}" for key in _LISTS if change[key]]
        lines += [f"    {name}: {old} → {new}" for name, (old, new) in change["limits_raised"].items()]
    lines += [f"  {each['person']}: {each['verdict']} {each['reason']}" for each in found["reviews"]]
    if found["reviews_missing"]:
        lines.append(f"  {found['reviews_missing']} of {found['reviews_needed']} people must still approve it")
    return lines
