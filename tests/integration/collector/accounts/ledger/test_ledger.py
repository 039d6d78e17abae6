"""The ledger in both databases: what is written, corrected, withdrawn, ended; what was known when."""

from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from collector.accounts.ledger import claims, reading, writing
from collector.accounts.ledger.facts import NOW, Knowledge, Origin, known, newest, row_ids
from collector.accounts.ledger.kinds import money, relations, who
from collector.accounts.ledger.kinds.registry import KINDS
from collector.calendar import days
from collector.store.tables import fleet as t
from tests.batches import NOON
from tests.plain_facts import a_contract, a_csm, an_account
from tests.policies import TERMS

HOUR = 3600
DAY = days.of(NOON, "UTC")
ACCOUNT, DEPLOYMENT, TOUCH, CONTACT, CONTRACT, LINE, CSM = (
    KINDS[key] for key in ("account", "deployment", "touch", "contact", "contract", "line", "csm")
)


def at(hours, **more):
    return Origin("test", NOON + hours * HOUR, **more)


def acme(**more):
    return an_account(id="ACME", name="Acme Museum", **more)


def stay(key, account, first, last=None, robot="hall-7", **more):
    return who.Deployment(id=key, account=account, robot=robot, from_day=DAY + first,
                          to_day=None if last is None else DAY + last, **more)  # fmt: skip


def touch(key="t-1", account="ACME", **more):
    return relations.Touch(id=key, account=account, day=DAY, direction="out", channel="email", summary="spoke", **more)


def did(outcomes):
    return [outcome.did for outcome in outcomes]


def why(outcomes):
    return [complaint.text for outcome in outcomes for complaint in outcome.complaints]


@pytest.fixture
def books(store):
    """A connection in one transaction, with two accounts and a robot."""
    with store.write() as connection:
        connection.execute(insert(t.robot).values(name="hall-7", first_seen_at=NOON))
        writing.write(connection, ACCOUNT, [acme(), an_account(id="BETA", name="Beta KTV")], at(0), TERMS)
        yield connection


def ledger(connection, knowledge=NOW, account="ACME"):
    row = row_ids(connection, [account])[account]
    return known(connection, [row], knowledge).get(row)


def rows(connection):
    wanted = select(t.deployment.c.fact_key, t.deployment.c.from_day, t.deployment.c.to_day)
    return sorted((key, first - DAY, None if last is None else last - DAY)
                  for key, first, last in connection.execute(wanted))  # fmt: skip


def test_a_correction_is_a_new_version_and_what_was_known_before_stays(books):
    (first,) = writing.write(books, TOUCH, [touch()], at(1), TERMS)
    (again,) = writing.write(books, TOUCH, [touch()], at(2), TERMS)
    (corrected,) = writing.write(books, TOUCH, [touch(answered="yes")], at(3), TERMS)
    assert did([first, again, corrected]) == ["created", "unchanged", "corrected"]
    assert (first.version, again.row_id, corrected.version) == (1, first.row_id, 2)
    assert ledger(books, Knowledge(NOON, "arrived")).touches == ()
    assert [said.answered for said in ledger(books, Knowledge(NOON + HOUR, "arrived")).touches] == ["no"]
    assert [said.answered for said in ledger(books, Knowledge(NOON + 3 * HOUR, "arrived")).touches] == ["yes"]
    assert [entry.said.answered for entry in reading.history(books, TOUCH, "t-1", limit=9).items] == ["yes", "no"]


def test_a_withdrawal_says_that_it_never_was_so_and_what_was_known_before_stays(books):
    writing.write(books, TOUCH, [touch()], at(1), TERMS)
    (gone,) = writing.withdraw(books, TOUCH, ["t-1"], at(2))
    assert (gone.did, gone.version) == ("withdrawn", 2)
    assert did(writing.withdraw(books, TOUCH, ["t-1"], at(3))) == ["unchanged"]
    assert ledger(books).touches == ()
    assert len(ledger(books, Knowledge(NOON + HOUR, "arrived")).touches) == 1
    (back,) = writing.write(books, TOUCH, [touch()], at(4), replace(TERMS, correct=False))
    assert (back.did, back.version) == ("created", 3)
    assert len(ledger(books).touches) == 1


def test_what_others_name_is_not_withdrawn(books):
    writing.write(books, CSM, [a_csm(id="m-1", name="CSM 1")], at(1), TERMS)
    writing.write(books, ACCOUNT, [acme(csm="m-1")], at(1), TERMS)
    contract = a_contract(id="c-1", account="ACME", starts=DAY, ends=DAY + 364)
    writing.write(books, CONTRACT, [contract], at(1), TERMS)
    writing.write(books, LINE, [money.ContractLine(id="l-1", account="ACME", contract="c-1", amount=100)], at(1), TERMS)
    for kind, key, by in (
        (CONTRACT, "c-1", "line l-1"),
        (CSM, "m-1", "account ACME"),
        (ACCOUNT, "ACME", "contract c-1"),
    ):
        assert by in why(writing.withdraw(books, kind, [key], at(2)))[0]
    assert did(writing.withdraw(books, LINE, ["l-1"], at(2))) == ["withdrawn"]
    assert did(writing.withdraw(books, CONTRACT, ["c-1"], at(2))) == ["withdrawn"]
    assert did(writing.withdraw(books, ACCOUNT, ["ACME"], at(2))) == ["withdrawn"]
    assert ledger(books) is None


def test_facts_may_name_each_other_in_one_write_but_not_a_refused_one(books):
    def contract(key, renews=None, ends=364):
        return a_contract(id=key, account="ACME", starts=DAY, ends=DAY + ends, renews=renews)

    good = [contract("c-2", renews="c-1"), contract("c-1")]
    assert did(writing.judge(books, CONTRACT, good, TERMS)) == ["created", "created"]
    chain = [contract("c-3", renews="c-2"), contract("c-2", renews="c-1"), contract("c-1", ends=-1), contract("c-4")]
    assert did(writing.write(books, CONTRACT, chain, at(1), TERMS)) == ["refused", "refused", "refused", "created"]
    assert newest(books, CONTRACT, "c-4") is None  # one refused: nothing is written
    writing.write(books, CONTRACT, chain, at(1), TERMS, partial=True)
    assert newest(books, CONTRACT, "c-4") is not None
    assert newest(books, CONTRACT, "c-3") is None
    assert "there is no contract c-9" in why(writing.judge(books, CONTRACT, [contract("c-5", renews="c-9")], TERMS))[0]
    assert did(writing.judge(books, CONTRACT, [contract("c-5", renews="c-9")], replace(TERMS, coming=["c-9"]))) == [
        "created"
    ]


def test_an_id_is_there_once_and_belongs_to_one_account(books):
    twice = writing.write(books, TOUCH, [touch(), touch(answered="yes")], at(1), TERMS, partial=True)
    assert did(twice) == ["created", "refused"]
    contact = who.Contact(id="p-1", account="ACME", name="Front desk")
    writing.write(books, CONTACT, [contact], at(1), TERMS)
    assert "belongs to ACME" in why(writing.judge(books, CONTACT, [replace(contact, account="BETA")], TERMS))[0]
    assert (
        "belongs to account ACME" in why(writing.judge(books, TOUCH, [touch(account="BETA", contact="p-1")], TERMS))[0]
    )
    assert "exists already" in why(writing.judge(books, CONTACT, [contact], replace(TERMS, correct=False)))[0]


def test_an_imported_past_is_known_since_it_was_recorded(books):
    old = replace(touch(), day=DAY - 100)
    writing.write(books, TOUCH, [old], at(1), TERMS, recorded=[writing.recorded_by_history(TOUCH, old)])
    then = (DAY - 99) * 86_400
    assert ledger(books, Knowledge(then, "arrived")) is None
    writing.write(books, ACCOUNT, [acme(region="East")], at(1), TERMS, recorded=[0])  # told later, and about earlier
    past = ledger(books, Knowledge(then, "recorded"))
    assert (past.account.region, len(past.touches)) == ("East", 1)
    assert ledger(books, Knowledge(NOON + HOUR - 1, "arrived")).account.region == ""


def test_two_writers_whose_clocks_disagree_leave_one_version_at_every_moment(books):
    writing.write(books, TOUCH, [touch()], at(5), TERMS)
    writing.write(books, TOUCH, [touch(answered="yes")], at(3), TERMS)
    assert ledger(books, Knowledge(NOON + 4 * HOUR, "arrived")).touches == ()
    assert [said.answered for said in ledger(books, Knowledge(NOON + 5 * HOUR, "arrived")).touches] == ["yes"]


def test_an_account_is_called_as_its_newest_version_says(books):
    writing.write(books, ACCOUNT, [an_account(id="ACME", name="Acme Art Museum")], at(1), TERMS)
    names = books.execute(select(t.account.c.external_id, t.account.c.name).order_by(t.account.c.id)).all()
    assert [tuple(row) for row in names] == [("ACME", "Acme Art Museum"), ("BETA", "Beta KTV")]


def test_a_contradicting_claim_waits_until_the_other_one_ends(books):
    writing.write(books, DEPLOYMENT, [stay("d-1", "ACME", -20)], at(1), TERMS)
    (kept,) = writing.write(books, DEPLOYMENT, [stay("d-2", "BETA", -5)], at(2), TERMS)
    assert (kept.did, kept.conflicts) == ("created", ("d-1",))
    assert rows(books) == [("d-1", -20, None)]
    (found,) = claims.conflicts(books, limit=9).items
    assert (found.robot, found.stands.id, found.waits.id, found.from_day) == ("hall-7", "d-1", "d-2", days.iso(DAY - 5))
    for account in ("ACME", "BETA"):
        assert claims.conflicts(books, row_ids(books, [account])[account], limit=9).items == [found]
    assert len(ledger(books, account="BETA").deployments) == 1
    writing.write(books, DEPLOYMENT, [stay("d-1", "ACME", -20, -6)], at(3), TERMS)
    assert rows(books) == [("d-1", -20, -6), ("d-2", -5, None)]
    assert claims.conflicts(books, limit=9).items == []


def test_withdrawing_the_claim_that_stands_lets_the_other_one_stand(books):
    writing.write(books, DEPLOYMENT, [stay("d-1", "ACME", -20), stay("d-2", "BETA", -5)], at(1), TERMS)
    writing.withdraw(books, DEPLOYMENT, ["d-1"], at(2))
    assert rows(books) == [("d-2", -5, None)]


def test_a_contradiction_is_refused_where_none_is_wanted_with_the_remedy(books):
    writing.write(books, DEPLOYMENT, [stay("d-1", "ACME", -20)], at(1), TERMS)
    (refused,) = writing.write(
        books, DEPLOYMENT, [stay("d-2", "BETA", -5)], at(2), replace(TERMS, keep_conflicts=False)
    )
    assert refused.complaints[0].clash
    assert f"end that deployment on {days.iso(DAY - 6)}" in refused.complaints[0].remedy
    (twice,) = writing.judge(books, DEPLOYMENT, [stay("d-3", "ACME", -5)], TERMS)  # the same account: nothing to keep
    assert twice.did == "refused"


def test_a_deployment_made_from_imported_usage_gives_way_to_a_stated_one(books):
    derived = stay("usage:hall-7:1", "ACME", -90)
    writing.rewrite(books, DEPLOYMENT, [(derived, False)], at(1))
    writing.write(books, DEPLOYMENT, [stay("d-1", "ACME", -30, -10)], at(2), TERMS)
    assert rows(books) == [("d-1", -30, -10), ("usage:hall-7:1", -90, -31)]
    assert newest(books, DEPLOYMENT, derived.id).said.to_day == DAY - 31
    writing.write(books, DEPLOYMENT, [stay("d-1", "ACME", -95, -10)], at(3), TERMS)
    assert rows(books) == [("d-1", -95, -10)]
    assert newest(books, DEPLOYMENT, derived.id).withdrawn


def test_a_robot_that_has_not_connected_is_named_or_made(books):
    claim = stay("d-1", "ACME", 0, robot="new-1")
    assert "there is no robot new-1" in why(writing.judge(books, DEPLOYMENT, [claim], TERMS))[0]
    assert did(writing.write(books, DEPLOYMENT, [claim], at(1), replace(TERMS, new_robots=True))) == ["created"]
    assert rows(books) == [("d-1", 0, None)]


def test_rewriting_restores_what_stood_before(books):
    writing.write(books, DEPLOYMENT, [stay("d-1", "ACME", -20)], at(1), TERMS)
    writing.write(books, DEPLOYMENT, [stay("d-1", "ACME", -20, -3), stay("d-2", "BETA", -2)], at(2), TERMS)
    writing.rewrite(books, DEPLOYMENT, [(stay("d-2", "BETA", -2), True), (stay("d-1", "ACME", -20), False)], at(3))
    assert rows(books) == [("d-1", -20, None)]
    assert len(reading.history(books, DEPLOYMENT, "d-1", limit=9).items) == 3


def test_lists_are_paged_without_gaps_and_filtered(books):
    facts = [replace(touch(f"t-{n:03}", "ACME" if n % 2 else "BETA"), day=DAY - n // 4) for n in range(40)]
    writing.write(books, TOUCH, facts, at(1), TERMS)
    for wanted, count in (
        (reading.ALL, 40),
        (reading.FactFilter(account_id=row_ids(books, ["ACME"])["ACME"]), 20),
        (reading.FactFilter(from_day=DAY - 2, to_day=DAY - 1), 8),
    ):
        found, cursor = [], None
        while True:
            page = reading.listed(books, TOUCH, wanted, NOW, limit=7, cursor=cursor)
            found += [version.said for version in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert len({said.id for said in found}) == len(found) == count
        assert [said.day for said in found] == sorted((said.day for said in found), reverse=True)


def test_accounts_are_found_by_name_and_by_their_fields(books):
    writing.write(books, ACCOUNT, [acme(region="East", industry="museum")], at(1), TERMS)

    def ids(**wanted):
        return [v.said.id for v in reading.listed(books, ACCOUNT, reading.FactFilter(**wanted), NOW, limit=9).items]

    assert ids(search="museum") == ["ACME"]
    assert ids(search="bet") == ["BETA"]
    assert ids(search="%") == []
    assert ids(fields={"region": "East"}) == ["ACME"]
    assert ids(fields={"region": ""}) == ["BETA"]
    assert ids() == ["ACME", "BETA"]
    eastern = reading.FactFilter(fields={"region": "East"})
    before = reading.listed(books, ACCOUNT, eastern, Knowledge(NOON, "arrived"), limit=9)
    assert before.items == []


def test_deployments_of_a_robot_are_found_also_those_that_wait(books):
    writing.write(books, DEPLOYMENT, [stay("d-1", "ACME", -20), stay("d-2", "BETA", -5)], at(1), TERMS)
    wanted = reading.FactFilter(fields={"robot": "hall-7"})
    for knowledge in (NOW, Knowledge(NOON + HOUR, "arrived")):
        assert [v.said.id for v in reading.listed(books, DEPLOYMENT, wanted, knowledge, limit=9).items] == [
            "d-2",
            "d-1",
        ]
    assert reading.listed(books, DEPLOYMENT, reading.FactFilter(fields={"robot": "x"}), NOW, limit=9).items == []


def test_a_claim_that_is_corrected_goes_on_standing_before_one_that_waits(books):
    writing.write(books, DEPLOYMENT, [stay("d-1", "ACME", -20), stay("d-2", "BETA", -5)], at(1), TERMS)
    writing.write(books, DEPLOYMENT, [stay("d-1", "ACME", -20, -3)], at(2), TERMS)
    assert rows(books) == [("d-1", -20, -3)]
    assert len(claims.conflicts(books, limit=9).items) == 1
