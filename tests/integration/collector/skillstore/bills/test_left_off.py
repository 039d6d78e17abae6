"""What was sold and is on no bill is named, each by itself: however much is left off, the account is billed."""

from collector.operations import entitlements, skill_bills
from collector.operations.entitlements import EndEntitlement, Entitle
from collector.skillstore.entitlements.entitlement import EntitledBy
from tests import billed
from tests.billed import CLOSES, MAY


def left_off(store):
    return skill_bills.skills_left_off(billed.a_desk(store), None)


def entitled(store, last_day=None):
    """The same contract line again; taken back at once where `last_day` is given."""
    desk = billed.a_desk(store, CLOSES)
    wanted = Entitle(
        account="ACME", skill="guide", from_day=MAY, to_day=None, origin=EntitledBy.CONTRACT_LINE,
        contract_line="line-1",
    )  # fmt: skip
    made = entitlements.entitle(desk, wanted)
    if last_day is not None:
        entitlements.end_entitlement(desk, EndEntitlement(entitlement=made.id, last_day=last_day, why="mistyped"))
    return made.id


def test_what_was_taken_back_before_it_began_stops_no_bill_and_is_not_named(store):
    billed.offer(store)
    billed.an_account(store)
    billed.contract(store, "ACME")
    billed.count(store, "acme-0", {MAY: 10})
    for _ in range(2):
        entitled(store, MAY - 1)
    entitled(store)
    assert billed.close(store).failed == {}
    assert [sheet.bill.amount for sheet in billed.bills(store)] == ["310.00"]
    assert left_off(store) == []


def test_two_spans_of_one_line_without_a_price_are_named_both(store):
    billed.offer(store)
    billed.offer(store, "other", from_day=MAY + 500)
    account = billed.an_account(store)
    billed.sell(store, account)
    spans = [
        billed.sell(store, account, "other", line="line-2", from_day=MAY, to_day=MAY + 3),
        billed.sell(store, account, "other", line="line-2", from_day=MAY + 5),
    ]
    assert billed.close(store).failed == {}
    assert len(billed.bills(store)) == 1
    assert [(one.contract_line, one.reason, one.entitlement) for one in left_off(store)] == [
        ("line-2", "no_price", span) for span in spans
    ]


def test_what_mends_a_span_without_a_price_mends_it(store):
    """Taken back, and sold again from a day that has a price."""
    billed.offer(store, from_day=MAY + 10)
    account = billed.an_account(store)
    billed.contract(store, "ACME")
    span = billed.sell(store, account, from_day=MAY)
    billed.close(store)
    assert [one.entitlement for one in left_off(store)] == [span]
    desk = billed.a_desk(store, CLOSES)
    entitlements.end_entitlement(desk, EndEntitlement(entitlement=span, last_day=MAY - 1, why="it had no price"))
    billed.sell(store, account, from_day=MAY + 10)
    billed.close(store, CLOSES + 30 * 86_400)
    assert left_off(store) == []
    assert [sheet.bill.amount for sheet in billed.bills(store)] == ["203.23", "300.00"]  # 21 days of May; June
