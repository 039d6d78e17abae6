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


def begun(store, *spans):
    """An account sold these spans one after the other, at a price with a one-off and a trial; one-offs and fees."""
    one_off = {"kind": "one_off", "name": "setup", "amount": "1000"}
    fee = {"kind": "fixed", "name": "fee", "amount": "300", "each": "account", "counting": "average"}
    billed.offer(store, price={"currency": "CNY", "trial_days": 10, "minimum": "0", "charges": [one_off, fee]})
    account = billed.an_account(store)
    for at, (from_day, to_day) in enumerate(spans):
        billed.sell(store, account, line=f"line-{at}", from_day=from_day, to_day=to_day)
    billed.close(store)
    lines = [line for sheet in billed.bills(store) for line in sheet.lines]
    return sum(float(line.amount) for line in lines if line.charge == "setup"), [
        line.amount for line in billed.bills(store)[-1].lines if line.charge == "fee"
    ]


def test_a_renewal_has_no_trial_and_no_one_off_charge(store):
    assert begun(store, (MAY - 100, MAY - 61), (MAY - 60, MAY - 1), (MAY, None)) == (1000, ["300.00"])


def test_after_more_than_ninety_days_without_it_a_skill_is_begun_anew(store):
    assert begun(store, (MAY - 200, MAY - 92), (MAY, None)) == (2000, ["203.23"])


def test_after_ninety_days_without_it_it_goes_on(store):
    assert begun(store, (MAY - 200, MAY - 91), (MAY, None)) == (1000, ["300.00"])


def test_a_trial_goes_on_in_the_renewal_which_has_the_one_off_charge_then(store):
    assert begun(store, (MAY, MAY + 3), (MAY + 4, None)) == (1000, ["203.23"])


def test_a_renewal_that_overlaps_by_a_day_is_billed_for_the_others(store):
    assert begun(store, (MAY - 100, MAY), (MAY, None)) == (1000, ["9.68", "290.32"])
    assert left_off(store) == []


def test_a_line_that_is_covered_whole_is_left_off(store):
    """The control of the test above."""
    assert begun(store, (MAY - 100, None), (MAY, MAY + 5)) == (1000, ["300.00"])
    assert [one.reason for one in left_off(store)] == ["overlaps"]
