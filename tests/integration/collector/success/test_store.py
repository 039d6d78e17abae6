"""Calls to action in both databases: a day's update, what people do with one, what a rule was worth."""

import pytest
from sqlalchemy import insert, select

from collector.accounts.ledger import facts
from collector.accounts.ledger.kinds.registry import KINDS
from collector.calendar import days
from collector.store.tables.fleet import account, robot
from collector.store.tables.success import cta
from collector.success import acts, ctas
from collector.success.acts import ByHand
from collector.success.ctas import CtaFilter
from collector.success.priority import Situation
from collector.success.proposals import Proposal
from collector.success.store import Case, Updated, update
from collector.values.refusal import Refused
from tests.plain_facts import a_csm, an_account
from tests.policies import PLAYBOOKS, ZONE

DAY = days.parse("2026-05-15")  # a Friday
NOW = days.hour_starts(DAY + 1, "Asia/Shanghai")[9]


@pytest.fixture
def rows(store):
    """Account rows by id: two CSMs with two accounts each."""
    with store.write() as connection:
        said = [a_csm(id="ana", name="Ana"), a_csm(id="bo", name="Bo")]
        facts.append(connection, KINDS["csm"], said, [None, None], facts.Origin("test", 1))
        found = {}
        for number, csm in enumerate(("ana", "ana", "bo", "bo")):
            made = account.insert().values(external_id=f"A-{number}", name="x", created_at=1).returning(account.c.id)
            found[f"A-{number}"] = connection.execute(made).scalar_one()
            said = an_account(id=f"A-{number}", name="x", csm=csm, timezone="Asia/Shanghai")
            facts.append(connection, KINDS["account"], [said], [found[f"A-{number}"]], facts.Origin("test", 1))
    return found


def case(rows, name, *wanted, csm="ana", arr=100):
    situation = Situation(row_id=rows[name], account=name, csm=csm, arr=arr, due_day=DAY + 20, cadence_days=90.0)
    proposals = tuple(
        Proposal(
            row_id=rows[name], account=name, rule=rule, reason=reason, severity=0.5,
            evidence={"due_day": DAY, "robots": [3, 4]},
        )
        for rule, reason in wanted
    )  # fmt: skip
    return Case(situation, proposals)


def run(store, day, *cases):
    with store.write() as connection:
        return update(connection, day, cases, NOW, playbooks=PLAYBOOKS)


def listed(store, **chosen):
    with store.read() as connection:
        return ctas.page(connection, CtaFilter(**chosen), limit=100, playbooks=PLAYBOOKS).items


def one(store, cta_id):
    with store.read() as connection:
        return ctas.one(connection, cta_id, playbooks=PLAYBOOKS)


def everything(store):
    with store.read() as connection:
        return sorted(tuple(row) for row in connection.execute(select(cta)))


def act(store, what, *arguments, **named):
    with store.write() as connection:
        return what(connection, *arguments, **named)


def test_a_day_opens_five_for_a_csm_and_keeps_the_rest_in_the_digest(store, rows):
    seven = [("PROMISE", f"p{n}") for n in range(7)]
    done = run(store, DAY, case(rows, "A-0", *seven), case(rows, "A-2", ("SILENT", "days_21"), csm="bo"))
    assert (len(done.opened), len(done.digest)) == (6, 2)
    assert len(listed(store, owner="ana", state="open")) == 5
    assert len(listed(store, owner="ana", state="digest")) == 2
    before = everything(store)
    again = run(store, DAY, case(rows, "A-0", *seven), case(rows, "A-2", ("SILENT", "days_21"), csm="bo"))
    assert (again.opened, again.digest) == ((), ())
    assert everything(store) == before
    following = run(store, DAY + 1, case(rows, "A-0", *seven))
    assert len(following.opened) == 2
    assert listed(store, state="digest") == []
    tasks = one(store, following.opened[0]).tasks
    assert [task.due_day for task in tasks] == ["2026-05-18", "2026-05-19"], "Sunday's are begun on Monday"
    assert tasks[0].text.zh.startswith("在客户询问之前")


def test_robots_of_the_evidence_are_named_and_not_told_by_their_rows(store, rows):
    with store.write() as connection:
        named = [{"id": number, "name": f"hall-{number}", "first_seen_at": 0, "timezone": "UTC"} for number in (3, 4)]
        connection.execute(insert(robot), named)
    (cta_id,) = run(store, DAY, case(rows, "A-0", ("DARK", "no_heartbeat"))).opened
    assert one(store, cta_id).cta.evidence["robots"] == ["hall-3", "hall-4"]
    assert listed(store)[0].evidence["robots"] == ["hall-3", "hall-4"]
    with store.read() as connection:
        assert ctas.some(connection, [cta_id], playbooks=PLAYBOOKS)[0].evidence["robots"] == ["hall-3", "hall-4"]


def test_one_call_to_action_shows_its_reason_dates_and_history(store, rows):
    (cta_id,) = run(store, DAY, case(rows, "A-0", ("PROMISE", "p1"))).opened
    found = one(store, cta_id)
    assert (found.cta.account, found.cta.owner, found.cta.state) == ("A-0", "ana", "open")
    assert found.cta.evidence == {"due_day": "2026-05-15", "robots": [3, 4]}
    assert (found.cta.opened_day, found.cta.due_day) == ("2026-05-15", "2026-05-19")
    assert [(event.event, event.author) for event in found.history] == [("opened", "collector")]
    assert one(store, 99) is None


def test_closing_asks_whether_it_was_useful_and_a_rule_below_half_is_flagged(store, rows):
    opened = run(store, DAY, case(rows, "A-0", *[("PROMISE", f"p{n}") for n in range(3)])).opened
    for useful, cta_id in zip((True, False, False), opened, strict=True):
        assert act(store, acts.close, cta_id, "resolved", "spoke to her", "eva", NOW, ZONE, useful=useful) is None
    with store.read() as connection:
        by_rule = {row.rule: row for row in ctas.precision(connection, playbooks=PLAYBOOKS)}
    assert (by_rule["PROMISE"].closed, by_rule["PROMISE"].useful, by_rule["PROMISE"].flagged) == (3, 1, True)
    assert (by_rule["SILENT"].share, by_rule["SILENT"].flagged) == (None, False)
    refused = act(store, acts.close, opened[0], "resolved", "", "eva", NOW, ZONE, useful=True)
    assert isinstance(refused, Refused)
    assert "2026-05-16" in refused.reason, "in the account's own time zone"
    assert run(store, DAY + 1, case(rows, "A-0", ("PROMISE", "p0"))).opened == (), "cooldown"
    assert len(run(store, DAY + 15, case(rows, "A-0", ("PROMISE", "p0"))).opened) == 1
    assert one(store, opened[0]).history[-1].detail["note"] == "spoke to her"


def test_a_snoozed_one_comes_back_on_its_day(store, rows):
    (cta_id,) = run(store, DAY, case(rows, "A-0", ("DROP", "week"))).opened
    for day in (DAY + 1, DAY + 92):  # today there, and too far
        assert isinstance(act(store, acts.snooze, cta_id, day, "", "eva", NOW, ZONE, PLAYBOOKS), Refused)
    assert act(store, acts.snooze, cta_id, DAY + 5, "holiday", "eva", NOW, ZONE, PLAYBOOKS) is None
    run(store, DAY + 4, case(rows, "A-0"))
    assert one(store, cta_id).cta.state == "snoozed"
    run(store, DAY + 5, case(rows, "A-0"))
    found = one(store, cta_id)
    assert found.cta.state == "open"
    assert [event.event for event in found.history] == ["opened", "snoozed", "woken"]
    assert found.cta.seen_day == "2026-05-15", "the rule did not hold any more"


def test_assigning_needs_a_csm_and_opens_what_waited_in_the_digest(store, rows):
    done = run(store, DAY, case(rows, "A-0", *[("PROMISE", f"p{n}") for n in range(6)]))
    (waiting,) = done.digest
    assert isinstance(act(store, acts.assign, waiting, "nobody", "eva", NOW, ZONE, PLAYBOOKS), Refused)
    assert act(store, acts.assign, 999, "bo", "eva", NOW, ZONE, PLAYBOOKS).kind == "not_found"
    assert act(store, acts.assign, waiting, "bo", "eva", NOW, ZONE, PLAYBOOKS) == Updated((waiting,))
    assert act(store, acts.assign, waiting, "bo", "eva", NOW, ZONE, PLAYBOOKS) == Updated(), "it is open already"
    found = one(store, waiting)
    assert (found.cta.state, found.cta.owner, len(found.tasks)) == ("open", "bo", 2)
    run(store, DAY + 1, case(rows, "A-0", *[("PROMISE", f"p{n}") for n in range(6)]))
    assert one(store, waiting).cta.owner == "bo", "a person's choice stands"


def test_a_task_is_ticked_off_once(store, rows):
    (cta_id,) = run(store, DAY, case(rows, "A-0", ("DROP", "week"))).opened
    assert act(store, acts.finish, cta_id, 2, "eva", NOW, ZONE) is None
    assert act(store, acts.finish, cta_id, 2, "leo", NOW, ZONE) is None
    assert act(store, acts.finish, cta_id, 9, "eva", NOW, ZONE).kind == "not_found"
    done = one(store, cta_id).tasks[1]
    assert (done.done_by, done.done_day) == ("eva", "2026-05-16")


def test_one_set_by_hand_is_open_at_once_and_is_ranked_by_the_next_day(store, rows):
    made = act(store, acts.add, ByHand(rows["A-2"], "Visit the new hall"), "eva", NOW, ZONE, PLAYBOOKS)
    assert isinstance(
        act(store, acts.add, ByHand(rows["A-2"], "Visit the new hall"), "eva", NOW, ZONE, PLAYBOOKS), Refused
    )
    assert isinstance(
        act(store, acts.add, ByHand(rows["A-2"], "x", owner="nobody"), "eva", NOW, ZONE, PLAYBOOKS), Refused
    )
    found = one(store, made).cta
    assert (found.title.en, found.owner, found.state) == ("Visit the new hall", "bo", "open")
    run(store, DAY + 1, case(rows, "A-2", csm="bo"))
    assert one(store, made).cta.priority > found.priority


def test_what_waited_and_is_no_longer_so_is_closed_without_a_person(store, rows):
    done = run(store, DAY, case(rows, "A-0", *[("PROMISE", f"p{n}") for n in range(6)]))
    run(store, DAY + 1, case(rows, "A-0"))
    assert one(store, done.digest[0]).cta.outcome == "no_longer_needed"
    assert len(listed(store, state="open")) == 5, "what a person has is closed by a person"


def test_pages_join_without_overlap_in_order_of_priority(store, rows):
    cases = [
        case(rows, f"A-{n}", *[("PROMISE", f"p{i}") for i in range(3)], csm=f"c{n}", arr=n * 100) for n in range(4)
    ]
    run(store, DAY, *cases)
    found, cursor = [], None
    while True:
        with store.read() as connection:
            page = ctas.page(connection, CtaFilter(), limit=5, cursor=cursor, playbooks=PLAYBOOKS)
        found += [(-each.priority, each.id) for each in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert len(found) == 12
    assert found == sorted(set(found))
    assert {each.account for each in listed(store, account_id=rows["A-1"], rule="PROMISE")} == {"A-1"}
