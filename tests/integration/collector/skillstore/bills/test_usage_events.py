"""Usage events reach a billing system once, in its own shape; a bill is a file that sums to it."""

import asyncio
import csv
from io import BytesIO, StringIO
from urllib.parse import parse_qs

import orjson
import pytest
from aiohttp import web
from openpyxl import load_workbook
from sqlalchemy import update

from collector.calendar.days import DAY_S
from collector.operations import skill_bill_files
from collector.operations.skill_bill_files import ExportBill, SendUsageEvents, UsageEventsOf
from collector.skillstore.billing.usage_events import key_of
from collector.store.tables.skill_store import skill_entitlement
from collector.values.refusal import Refused
from tests import billed
from tests.billed import CLOSES, MAY
from tests.receivers import receiver

KEYS = {
    "lago": lambda event: event["transaction_id"],
    "openmeter": lambda event: (event["source"], event["id"]),
    "stripe": lambda event: event["identifier"],
}
VALUES = {
    "lago": lambda event: event["properties"]["value"],
    "openmeter": lambda event: event["data"]["value"],
    "stripe": lambda event: int(event["payload[value]"]),
}


@pytest.fixture
def bill(store):
    billed.offer(store)
    account = billed.an_account(store)
    billed.sell(store, account)
    billed.count(store, "acme-0", {MAY: 7, MAY + 1: 5, MAY + 2: 9})
    billed.close(store)
    return billed.bills(store)[0].bill.id


def read(form, body):
    """The events of one request, as the billing system reads them."""
    if form == "stripe":
        return [{name: values[0] for name, values in parse_qs(body).items()}]
    said = orjson.loads(body)
    return said["events"] if form == "lago" else said


def sent(store, bill, form, *answers, times=1):
    """What a sink on the loopback was sent, and what the sender said."""

    async def run():
        async with receiver(*answers) as sink:
            desk = billed.a_desk(store, deliver_to_private_networks=True)
            wanted = SendUsageEvents(bill, form, sink.url.removesuffix("/hook"), "secret-key")
            said = [await asyncio.to_thread(skill_bill_files.send_usage_events, desk, wanted) for _ in range(times)]
            return sink.taken, said

    return asyncio.run(run())


@pytest.mark.parametrize("form", list(KEYS))
def test_every_robot_day_arrives_with_its_count(store, bill, form):
    taken, (said,) = sent(store, bill, form)
    events = [event for _, body in taken for event in read(form, body)]
    assert said.events == len(events) == 3
    assert sum(VALUES[form](event) for event in events) == 21
    assert {headers["authorization"] for headers, _ in taken} == {"Bearer secret-key"}


@pytest.mark.parametrize("form", list(KEYS))
def test_what_is_sent_again_is_the_same_event(store, bill, form):
    taken, _ = sent(store, bill, form, times=2)
    keyed = {KEYS[form](event): VALUES[form](event) for _, body in taken for event in read(form, body)}
    assert sum(keyed.values()) == 21


def test_a_sink_that_does_not_look_at_keys_counts_twice(store, bill):
    """The control of the test above: without the keys the second run would be billed."""
    taken, _ = sent(store, bill, "lago", times=2)
    assert sum(VALUES["lago"](event) for _, body in taken for event in read("lago", body)) == 42


class KnowingSink:
    """Refuses what it has: Lago a whole batch for one event of it, Stripe each. Loses its answer to request `loses`."""

    def __init__(self, loses=0, *, knows=True):
        self.counted, self.requests, self.loses, self.knows = [], 0, loses, knows

    async def take(self, request):
        self.requests += 1
        form = "lago" if "batch" in request.path else "stripe"
        events = read(form, await request.text())
        keys = {KEYS[form](event) for event in events}
        if self.knows and keys & {KEYS[form](event) for event in self.counted}:
            if form == "lago":
                details = {"0": {"transaction_id": ["value_already_exist"]}}
                return web.json_response({"code": "validation_errors", "error_details": details}, status=422)
            said = "An event already exists with identifier x."
            return web.json_response({"error": {"message": said}}, status=400)
        self.counted += events
        if self.requests == self.loses:
            request.transport.abort()
        return web.json_response({})


def sent_to(store, bill, form, sink, times=1):
    async def run():
        app = web.Application()
        app.router.add_post("/{rest:.*}", sink.take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            desk = billed.a_desk(store, deliver_to_private_networks=True)
            url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
            wanted = SendUsageEvents(bill, form, url, "secret-key")
            return [await asyncio.to_thread(skill_bill_files.send_usage_events, desk, wanted) for _ in range(times)]
        finally:
            await runner.cleanup()

    return asyncio.run(run())


@pytest.mark.parametrize("form", ["lago", "stripe"])
def test_what_the_other_side_has_is_delivered(store, bill, form):
    """Also where the answer was lost: the retry is refused for what the first try brought."""
    sink = KnowingSink(loses=1)
    assert [said.events for said in sent_to(store, bill, form, sink, times=2)] == [3, 3]
    assert len(sink.counted) == 3


def test_of_a_batch_of_which_one_is_there_the_rest_arrives(store, bill):
    sink = KnowingSink()
    out = BytesIO()
    skill_bill_files.usage_events(billed.a_desk(store), UsageEventsOf(bill, "lago", out))
    sink.counted = [orjson.loads(out.getvalue().splitlines()[1])]
    (said,) = sent_to(store, bill, "lago", sink)
    assert said.events == 3
    assert sum(VALUES["lago"](event) for event in sink.counted) == 21


def test_a_sink_without_memory_takes_everything_again(store, bill):
    """The control: it is the other side's answer that keeps the second run from counting."""
    sink = KnowingSink(knows=False)
    sent_to(store, bill, "lago", sink, times=2)
    assert len(sink.counted) == 6


@pytest.mark.parametrize(("days", "stamped"), [(0, "day"), (30, "closing"), (90, "sending")])
def test_stripe_gets_no_event_that_is_too_old_when_it_is_sent(store, bill, days, stamped):
    now_s = CLOSES + days * DAY_S
    out = BytesIO()
    skill_bill_files.usage_events(billed.a_desk(store, now_s), UsageEventsOf(bill, "stripe", out))
    at = orjson.loads(out.getvalue().splitlines()[-1])["timestamp"]
    assert now_s - at < 35 * DAY_S
    of_day = (MAY + 2) * DAY_S + DAY_S // 2
    expected = {"day": of_day if now_s - of_day <= 34 * DAY_S else CLOSES, "closing": CLOSES, "sending": now_s}
    assert at == expected[stamped]


def test_events_of_all_bills_are_the_use_of_all_bills_also_when_a_subscription_is_gone(store, bill):
    """It was sold by mistake and taken back: the next bill takes its use back, and so do its events."""
    with store.write() as connection:
        connection.execute(update(skill_entitlement).values(to_day=MAY - 1))
    billed.close(store, CLOSES + 30 * DAY_S)
    sums = []
    for sheet in billed.bills(store):
        out = BytesIO()
        desk = billed.a_desk(store, CLOSES + 30 * DAY_S)
        skill_bill_files.usage_events(desk, UsageEventsOf(sheet.bill.id, "lago", out))
        events = [orjson.loads(line) for line in out.getvalue().splitlines()]
        use = sum(float(line.quantity) for line in sheet.lines if line.charge == "tours")
        assert sum(VALUES["lago"](event) for event in events) == use
        sums.append(use)
    assert sums == [21, -21]
    assert bill


def test_a_sink_that_fails_for_a_moment_is_asked_again(store, bill):
    taken, (said,) = sent(store, bill, "openmeter", 503, 200)
    assert said.events == 3
    assert len(taken) == 2
    assert taken[0][1] == taken[1][1]


@pytest.mark.parametrize("answers", [(400,), (302,), (500, 500, 500, 500)])
def test_what_was_not_taken_is_said(store, bill, answers):
    _, (said,) = sent(store, bill, "lago", *answers)
    assert isinstance(said, Refused)
    assert "0 events were taken" in said.reason


def test_addresses_of_the_inside_are_not_asked(store, bill):
    wanted = SendUsageEvents(bill, "lago", "http://127.0.0.1:9", "k")
    assert isinstance(skill_bill_files.send_usage_events(billed.a_desk(store), wanted), Refused)


def test_events_have_the_fields_that_their_systems_name(store, bill):
    found = {}
    for form in KEYS:
        out = BytesIO()
        skill_bill_files.usage_events(billed.a_desk(store), UsageEventsOf(bill, form, out))
        found[form] = orjson.loads(out.getvalue().splitlines()[0])
    assert set(found["lago"]) == {
        "transaction_id", "external_subscription_id", "code", "timestamp", "properties",
    }  # fmt: skip
    assert set(found["openmeter"]) >= {"specversion", "id", "source", "type", "subject", "time", "data"}
    assert found["openmeter"]["specversion"] == "1.0"
    assert set(found["stripe"]) == {"event_name", "identifier", "timestamp", "payload"}
    assert set(found["stripe"]["payload"]) == {"stripe_customer_id", "value"}
    assert all(len(str(KEYS[form](event))) <= 130 for form, event in found.items())
    assert callable(key_of)


def test_a_bill_as_a_file_sums_to_the_bill(store, bill):
    desk, amount = billed.a_desk(store), float(billed.bills(store)[0].bill.amount)
    out = BytesIO()
    skill_bill_files.export_skill_bill(desk, ExportBill(bill, "csv", out))
    rows = list(csv.DictReader(StringIO(out.getvalue().decode("utf-8-sig"))))
    assert sum(float(row["amount"]) for row in rows) == pytest.approx(amount)
    out = BytesIO()
    skill_bill_files.export_skill_bill(desk, ExportBill(bill, "xlsx", out))
    book = load_workbook(BytesIO(out.getvalue()))
    assert sum(row[9] for row in book["lines"].iter_rows(min_row=2, values_only=True)) == pytest.approx(amount)
    assert sum(row[4] for row in book["days"].iter_rows(min_row=2, values_only=True)) == 21
