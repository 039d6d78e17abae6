"""Usage events reach a billing system once, in its own shape; a bill is a file that sums to it."""

import asyncio
import csv
from io import BytesIO, StringIO
from urllib.parse import parse_qs

import orjson
import pytest
from openpyxl import load_workbook

from collector.operations import skill_bill_files
from collector.operations.skill_bill_files import ExportBill, SendUsageEvents, UsageEventsOf
from collector.skillstore.billing.usage_events import key_of
from collector.values.refusal import Refused
from tests import billed
from tests.billed import MAY
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
