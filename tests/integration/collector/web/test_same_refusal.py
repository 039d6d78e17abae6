"""What is refused is refused in the same words by the operation, the API and the command."""

import asyncio
import contextlib
import json

import pytest
from click.testing import CliRunner

from collector import config, context
from collector.__main__ import main_group
from collector.access.caller import COMMAND_LINE, Role
from collector.calendar import days
from collector.notifications.channels import NewChannel
from collector.operations import (
    anomalies,
    closing,
    ctas,
    lifecycle,
    notices,
    rates,
    scores,
    segments,
    tokens,
    usage,
    webhooks,
)
from collector.store.engine import open_store
from collector.values.refusal import Refused
from tests import fleets
from tests.fleets import NOON, TODAY, iso

LATE, EARLY = TODAY - 3, TODAY - 5
NEVER = days.parse("2999-01-01")
SPAN = f"from={iso(-3)}&to={iso(-5)}"
LONG = "x" * 121
FAR = "https://x.example/" + "x" * 2_000
TOKEN = ("token", "create", "--role", "reader", "--name")


def token(**changed):
    return tokens.CreateToken(**{"name": "a", "role": Role.READER} | changed)


def a_token(**changed):
    return "POST", "/tokens", {"name": "a", "role": "reader"} | changed


def a_cta(**changed):
    return "POST", "/ctas", {"account": "ACME", "title": "x"} | changed


def asked(path):
    return "GET", f"{path}?{SPAN}", None


CASES = {
    "name of a token": (tokens.create_token, token(name=LONG), a_token(name=LONG), (*TOKEN, LONG)),
    "no name of a token": (tokens.create_token, token(name=" "), a_token(name=" "), (*TOKEN, " ")),
    "expiry of a token": (
        tokens.create_token, token(expires_days=0), a_token(expires_days=0), (*TOKEN, "a", "--expires-days", "0"),
    ),
    "account of a token": (
        tokens.create_token, token(account="ACME"), a_token(account="ACME"), (*TOKEN, "a", "--account", "ACME"),
    ),
    "owner of a call to action": (
        ctas.add_cta, ctas.AddCta(account="ACME", title="x", owner=LONG), a_cta(owner=LONG),
        ("cta", "add", "ACME", "x", "--owner", LONG),
    ),
    "new owner": (
        ctas.assign_cta, ctas.AssignCta(cta=1, owner=" "), ("POST", "/ctas/1/assign", {"owner": " "}),
        ("cta", "assign", "1", "--owner", " "),
    ),
    "unknown owner": (
        ctas.list_ctas, ctas.ListCtas(owner="csm-9", limit=5), ("GET", "/ctas?owner=csm-9", None),
        ("cta", "list", "--owner", "csm-9"),
    ),
    "unknown rule": (
        ctas.list_ctas, ctas.ListCtas(rule="SILNT", limit=5), ("GET", "/ctas?rule=SILNT", None),
        ("cta", "list", "--rule", "SILNT"),
    ),
    "unknown segment": (
        segments.segments_accounts, segments.PlacesOn(segment="strategik", language="en", limit=5),
        ("GET", "/segments/accounts?segment=strategik", None), None,
    ),
    "unknown counter": (
        usage.sum_usage, usage.SumUsage(counters=["wake_ups"]), ("GET", "/usage/sums?counters=wake_ups", None), None,
    ),
    "days to close": (
        closing.close_days, closing.CloseDays(first=LATE, last=EARLY, basis="arrived"), None,
        ("score", "--from", iso(-3), "--to", iso(-5)),
    ),
    "severity": (
        ctas.add_cta, ctas.AddCta(account="ACME", title="x", severity=2.0), a_cta(severity=2), None,
    ),
    "address of a webhook": (
        webhooks.add_webhook, webhooks.AddWebhook(url=FAR), ("POST", "/webhooks", {"url": FAR}), None,
    ),
    "name of a channel": (
        notices.add_channel, NewChannel(name=LONG, url="json://x.example", language="en"),
        ("POST", "/notice-channels", {"name": LONG, "url": "json://x.example"}), None,
    ),
    "scores": (
        scores.account_scores, scores.ScoreVersions(account="ACME", first_day=LATE, last_day=EARLY, basis="arrived"),
        asked("/accounts/ACME/scores"), None,
    ),
    "anomalies": (
        anomalies.list_anomalies, anomalies.ListAnomalies(first_day=LATE, last_day=EARLY, limit=1),
        asked("/anomalies"), None,
    ),
    "survival": (
        lifecycle.survival, lifecycle.FirstValueOf(first_day=LATE, last_day=EARLY, scene="", segment=""),
        asked("/survival"), None,
    ),
    "currency in small letters": (
        rates.rates, rates.RatesOf(currency="kwd", basis="arrived", language="en"),
        ("GET", "/rates?currency=kwd", None),
        ("rates", "--currency", "kwd"),
    ),
    "no currency": (
        segments.segments, segments.SegmentsOn(currency="ZZZ", language="en"), ("GET", "/segments?currency=ZZZ", None),
        ("segments", "--currency", "ZZZ"),
    ),
    "due day": (
        ctas.add_cta, ctas.AddCta(account="ACME", title="x", due_day=EARLY), a_cta(due_day=iso(-5)),
        ("cta", "add", "ACME", "x", "--due", iso(-5)),
    ),
    "day that is not over": (
        closing.close_days, closing.CloseDays(first=NEVER, last=NEVER, basis="arrived"),
        ("POST", "/scores/run", {"day": days.iso(NEVER)}), ("score", "--day", days.iso(NEVER)),
    ),
    "usage of a robot": (
        usage.usage_by_day, usage.UsageOf(robot="hall-7", from_day=LATE, to_day=EARLY),
        asked("/robots/hall-7/usage"), None,
    ),
}  # fmt: skip
"""The operation, its request, the API's call, the command (None: there is none)."""

RANGED = ("days to close", "scores", "anomalies", "survival", "usage of a robot")


async def by_api(store):
    calls = {name: case[2] for name, case in CASES.items() if case[2] is not None}
    async with fleets.site(store) as site:
        return {name: await site.ask(way, path, "admin", json=sent) for name, (way, path, sent) in calls.items()}


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    """What the operation, the API and the command answered, by case."""
    url = f"sqlite:///{tmp_path_factory.mktemp('same')}/hall.db"
    with contextlib.closing(open_store(url)) as store:
        fleets.story(store)
        inside = context.of(config.load({"store": url}), store, lambda: NOON, COMMAND_LINE)
        said = {name: act(inside, wanted) for name, (act, wanted, _, _) in CASES.items()}
        shown = asyncio.run(by_api(store))
    told = {
        name: str(CliRunner().invoke(main_group, [*command, "--store", url]).exception)
        for name, (*_, command) in CASES.items()
        if command is not None
    }
    return said, shown, told


@pytest.mark.parametrize("name", CASES)
def test_every_door_refuses_in_the_same_words(doors, name):
    said, shown, told = doors
    refused = said[name]
    assert isinstance(refused, Refused), refused
    for answers in (shown, told):
        if name in answers:
            assert refused.reason in json.dumps(answers[name], ensure_ascii=False)
    other = next(one for one in said.values() if one.reason != refused.reason)
    assert other.reason not in json.dumps([shown.get(name), told.get(name)]), "the control: other words are not there"


def test_a_range_that_is_reversed_is_refused_in_one_wording(doors):
    assert {doors[0][name] for name in RANGED} == {doors[0]["scores"]}


UNREADABLE = {
    "grace": ("/rates?grace_days=5000", ("rates", "--grace-days", "5000"), "5000 is out of range",
              "write a number from 0 to 365"),
    "state": ("/ctas?state=foo", ("cta", "list", "--state", "foo"),
              "'foo' is none of digest, open, snoozed, closed", "write one of them"),
    "basis": ("/rates?basis=x", ("rates", "--basis", "x"), "'x' is none of arrived, recorded", "write one of them"),
    "limit": ("/ctas?limit=0", ("cta", "list", "--limit", "0"), "0 is out of range",
              "write a number from 1 to 1000"),
    "number": ("/ctas?limit=x", ("cta", "list", "--limit", "x"), "'x' is no whole number", "write digits: 30"),
}  # fmt: skip
"""The API's call, the command, the reason and the remedy of a value that no operation is asked with."""


@pytest.fixture(scope="module")
def unread(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('unread')}/hall.db"

    async def ask(store):
        async with fleets.site(store) as site:
            return {name: await site.get(path) for name, (path, *_) in UNREADABLE.items()}

    with contextlib.closing(open_store(url)) as store:
        fleets.story(store)
        return asyncio.run(ask(store))


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_value_that_cannot_be_read_is_refused_in_the_same_words(unread, name):
    _, command, reason, remedy = UNREADABLE[name]
    status, answer = unread[name]
    assert (status, answer["error"]["remedy"]) == (400, remedy)
    assert reason in answer["error"]["message"]
    done = CliRunner().invoke(main_group, [*command])
    assert (done.exit_code, f"{reason}; {remedy}" in done.output) == (2, True), done.output
    libraries = ("Input should", "is not one of", "not in the range", "valid integer")
    assert not any(words in str(answer) + done.output for words in libraries), "the control: the libraries' own words"
