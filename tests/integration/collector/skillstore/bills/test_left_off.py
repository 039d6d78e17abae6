"""What was sold and is on no bill is named, each by itself: however much is left off, the account is billed."""

from decimal import Decimal

from collector.access.caller import Caller, Role
from collector.accounts.ledger import writing
from collector.accounts.ledger.facts import Origin
from collector.accounts.ledger.kinds.registry import KINDS
from collector.calendar.days import DAY_S
from collector.fleet.scope import Scope
from collector.operations import entitlements, skill_bills
from collector.operations.entitlements import EndEntitlement, Entitle
from collector.skillstore.entitlements.entitlement import EntitledBy
from collector.store.tables.fleet import deployment
from tests import billed, portfolio
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


def test_a_bill_names_what_had_no_price_and_has_no_line_of_zero_for_it(store):
    billed.offer(store)
    billed.offer(store, "other", from_day=MAY + 500)
    account = billed.an_account(store)
    billed.sell(store, account)
    span = billed.sell(store, account, "other", line="line-2")
    billed.close(store)
    (may,) = billed.bills(store)
    assert {one.skill for one in may.lines} == {"guide"}
    assert [(one.skill, one.reason, one.entitlement) for one in may.left_off] == [("other", "no_price", span)]
    (june,) = skill_bills.skill_bill_drafts(billed.a_desk(store), "ACME").drafts
    assert june.left_off == may.left_off


def test_a_customer_is_not_told_what_is_amiss_with_our_contract_lines(store):
    billed.offer(store, from_day=MAY + 10)
    account = billed.an_account(store)
    billed.sell(store, account)
    billed.offer(store, "other")
    billed.sell(store, account, "other", line="line-2")
    billed.close(store)
    theirs = Caller(0, "own", Role.CUSTOMER_ADMIN, Scope.of(account), roles=frozenset({Role.CUSTOMER_ADMIN}))
    (may,) = billed.bills(store)
    found = skill_bills.one_skill_bill(billed.a_desk(store, caller=theirs), may.bill.id)
    assert (found.left_off, len(may.left_off)) == ([], 1)


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


def withdrawn(store, at_day):
    """An account whose robot, which no fact places there, used a skill in May; its facts were withdrawn on a day."""
    billed.offer(store)
    account = billed.an_account(store, timezone="Asia/Shanghai")
    span = billed.sell(store, account)
    with store.write() as connection:
        connection.execute(deployment.update().values(fact_key=None))
    billed.count(store, "acme-0", {MAY: 10, MAY + 20: 4})
    with store.write() as connection:
        origin = Origin("ann", at_day * DAY_S)
        for kind, key in (("deployment", "ACME-acme-0"), ("site", "ACME-site"), ("account", "ACME")):
            done = writing.withdraw(connection, KINDS[kind], [key], origin)
            assert [one.did for one in done] == ["withdrawn"]
    return span


def test_what_an_account_used_before_it_was_withdrawn_is_billed_and_the_rest_is_named(store):
    span = withdrawn(store, MAY + 14)
    assert billed.close(store).failed == {}
    (may,) = billed.bills(store)
    assert [(line.charge, line.amount) for line in may.lines] == [
        ("fee", "145.16"),
        ("tours", "10.00"),
    ]  # 15 of 31 days
    assert may.timezone == "Asia/Shanghai", "its months end where it was"
    assert [(one.account, one.reason, one.entitlement) for one in left_off(store)] == [("ACME", "withdrawn", span)]
    billed.close(store, CLOSES + 30 * DAY_S)
    assert len(billed.bills(store)) == 1, "nothing of June is owed"


def test_an_account_that_is_in_the_ledger_again_is_billed_whole_by_a_delta(store):
    withdrawn(store, MAY + 14)
    billed.close(store)
    again = portfolio.an_account(id="ACME", name="ACME", timezone="Asia/Shanghai")
    portfolio.write(store, "account", again, at_s=CLOSES)
    billed.close(store, CLOSES + 30 * DAY_S)
    of_all = [line.amount for sheet in billed.bills(store) for line in sheet.lines]
    assert sum(map(Decimal, of_all)) == Decimal("611.34"), "May and June, with 14 tours"
    assert left_off(store) == []


def test_what_was_ended_before_the_withdrawal_is_not_named(store):
    span = withdrawn(store, MAY + 14)
    desk = billed.a_desk(store, CLOSES)
    entitlements.end_entitlement(desk, EndEntitlement(entitlement=span, last_day=MAY + 3, why="it left"))
    billed.close(store)
    assert left_off(store) == []
    assert [line.amount for line in billed.bills(store)[0].lines] == ["38.71", "10.00"]
