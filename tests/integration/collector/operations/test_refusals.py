"""The law of every operation: what is refused leaves the store as it was."""

import importlib
import io
import pkgutil
from dataclasses import replace

import pytest
from sqlalchemy import func, insert, select

from collector import config, context, operations
from collector.access.caller import COMMAND_LINE, Role
from collector.access.id_tokens import ProvedIdentity
from collector.access.web_sessions import Holder
from collector.accounts.ledger.kinds.registry import KINDS
from collector.closing.clock_guard import ClockState
from collector.notifications.channels import NewChannel
from collector.operations import (
    account_handover,
    attachments,
    catalogue,
    clock,
    closing,
    ctas,
    custom_values,
    desired,
    entitlements,
    fleet,
    imports,
    kept_backtest,
    ledger,
    mentions,
    notices,
    pairing,
    parked_counts,
    people,
    portal,
    profile,
    promises,
    put_back,
    recalls,
    robots,
    rollout_answers,
    rollouts,
    saved_views,
    sessions,
    sign_in,
    skill_bills,
    skill_credits,
    skill_publishing,
    skill_repository,
    skill_review,
    skill_take_back,
    stores,
    tokens,
    touches,
    webhooks,
    workbooks,
)
from collector.operations.operation import Done, Operation, operation
from collector.scores import closed_days
from collector.skillstore.entitlements.entitlement import EntitledBy
from collector.store.tables.fleet import account, metadata
from collector.store.tables.notifications import delivery, notice_channel, webhook
from collector.success.saved_views import ViewSaid
from collector.values.refusal import Refusal, Refused, told
from protocol.messages import DesiredSkill
from tests import fleets
from tests.fleets import NOON, TODAY, iso
from tests.workbooks import workbook_of

TOUCH = KINDS["touch"]
A_VIEW = ViewSaid(of="robots", filters={}, sort="", columns=())
SKILLS = [DesiredSkill(skill=f"s{n}", version="1", digest="d") for n in range(65)]
LARGE = [one.model_copy(update={"settings": {"greeting": "x" * 2000}}) for one in SKILLS[1:]]
CONTRACTS = b"id,account,starts,ends\nHT-1,ACME,2026-01-01,2026-12-31\nHT-2,NOBODY,2026-02-01,2027-01-31\n"
USAGE = f"account,robot,day,counter,value\nNEW,new-1,{iso(-3)},dance,7\nACME,r 1,x,danse,-1\n".encode()
BOOK = workbook_of(
    accounts=[("id", "name"), ("NEW", "New")],
    contracts=[("id", "account", "starts", "ends"), ("HT-1", "NOBODY", "2026-01-01", "2026-12-31")],
)
NOBODYS = {"account": "NOBODY", "channel": "phone", "direction": "out"}
ROW = {"external_id": "HALF", "name": "half", "created_at": NOON}


@operation(writes=True)
def half_done(asked, _):
    def change(connection):
        connection.execute(insert(account).values(ROW))
        raise Refusal("it went half way", "begin again", "conflict")

    return asked.write(change)


@operation(writes=True)
def half_kept(asked, _):
    """What the law forbids: the refusal comes after the commit."""
    asked.write(lambda connection: connection.execute(insert(account).values(ROW)).inserted_primary_key)
    return Refused("it went half way", "begin again", "conflict")


PDF = io.BytesIO(b"%PDF-")
NO_DOCUMENT = skill_repository.SignedDocument(role="targets", document="", files={})
NO_PACKAGE = skill_repository.StagePackage(appid="fw_", release=1, file=io.BytesIO())
FREE = {"currency": "EUR", "trial_days": 0, "minimum": "0", "charges": []}
GRANT = entitlements.Entitle(account="ACME", skill="guide", origin=EntitledBy.GRANTED, from_day=TODAY)
NO_SEAT = entitlements.NameSeat(account="ACME", skill="guide", holder="Li Wei", from_day=TODAY)
NO_SUBMISSION = skill_review.SubmitPackage(appid="fw_", release=1, sha256="")
TAKEN_BACK = skill_take_back.TakeBackPublishing(account="ACME", skill="guide", revisions={"hall-7": 1})
ON_ROBOTS = skill_publishing.SkillOnRobots(account="ACME", skill="guide", do="put")
ROLLOUT = rollouts.RolloutWish(
    skill="none", digest="b" * 64, version="2", percents=(10, 100), wave_days=7, uses=(), rise=2.0, fall=0.7,
    renewal_freeze_days=60,
)  # fmt: skip
CASES = [
    (half_done, None, "conflict"),
    (ctas.add_cta, ctas.AddCta(account="ACME", title=" "), "unprocessable"),
    (ctas.add_cta, ctas.AddCta(account="ACME", title="x" * 201), "unprocessable"),
    (ctas.add_cta, ctas.AddCta(account="ACME", title="x", owner="nobody"), "not_found"),
    (ctas.close_cta, ctas.CloseCta(cta=99, outcome="resolved", useful=True), "not_found"),
    (ctas.close_calls, ctas.CloseCalls(ctas=(98, 99), outcome="resolved", useful=True), "not_found"),
    (ctas.snooze_calls, ctas.SnoozeCalls(ctas=(98, 99), until_day=TODAY + 1), "not_found"),
    (ctas.take_back_cta, 99, "not_found"),
    (ctas.take_back_calls, (98, 99), "not_found"),
    (touches.log_touch, touches.LogTouch(fields=NOBODYS), "unprocessable"),
    (ctas.snooze_cta, ctas.SnoozeCta(cta=99, until_day=TODAY + 1, note="x" * 4_001), "unprocessable"),
    (promises.keep_promise, promises.KeepPromise(promise="none"), "not_found"),
    (promises.reopen_promise, "none", "not_found"),
    (put_back.put_back_fact, put_back.PutBackFact(kind=KINDS["note"], key="none"), "not_found"),
    (account_handover.hand_over, account_handover.HandOver(account="ACME", csm="nobody"), "unprocessable"),
    (attachments.attach, attachments.Attach(account="NOBODY", name="a.pdf", file=PDF), "not_found"),
    (attachments.attach, attachments.Attach(account="ACME", name="a.exe", file=io.BytesIO(b"MZ")), "unprocessable"),
    (
        custom_values.set_custom_value,
        custom_values.SetCustomValue(account="ACME", field="none", value="x"),
        "not_found",
    ),
    (mentions.see_mention, 99, "not_found"),
    (mentions.unsee_mention, 99, "not_found"),
    (saved_views.save_view, saved_views.SaveView(name="", said=A_VIEW, shared=False), "unprocessable"),
    (saved_views.change_view, saved_views.ChangeView(view=99, name="A"), "not_found"),
    (saved_views.delete_view, 99, "not_found"),
    (saved_views.restore_view, 99, "not_found"),
    (ctas.finish_task, ctas.FinishTask(cta=99, step=1), "not_found"),
    (sessions.end_session, 99, "not_found"),
    (tokens.create_token, tokens.CreateToken(name="", role=Role.ADMIN), "unprocessable"),
    (tokens.create_token, tokens.CreateToken(name="a", role=Role.CUSTOMER), "unprocessable"),
    (tokens.create_token, tokens.CreateToken(name="a", role=Role.CUSTOMER, account="NOBODY"), "not_found"),
    (tokens.revoke_token, 99, "not_found"),
    (catalogue.set_price, catalogue.SetPrice(skill="guide", from_day=TODAY, price={}), "invalid"),
    (catalogue.set_price, catalogue.SetPrice(skill="guide", from_day=TODAY, price=FREE), "not_found"),
    (catalogue.change_listing, catalogue.ChangeListing(skill="guide", industries=["museum"]), "not_found"),
    (entitlements.entitle, GRANT, "not_found"),
    (entitlements.entitle, replace(GRANT, to_day=TODAY - 1), "invalid"),
    (entitlements.end_entitlement, entitlements.EndEntitlement(entitlement=99, last_day=TODAY, why="x"), "not_found"),
    (entitlements.name_seat, NO_SEAT, "conflict"),
    (entitlements.end_seat, entitlements.EndSeat(account="ACME", seat=99, last_day=TODAY), "not_found"),
    (skill_publishing.publish_skill, ON_ROBOTS, "conflict"),
    (skill_take_back.take_back_publishing, TAKEN_BACK, "conflict"),
    (skill_repository.found_repository, skill_repository.FirstDocuments(root="", targets=""), "conflict"),
    (skill_repository.accept_document, NO_DOCUMENT, "conflict"),
    (skill_repository.stage_package, NO_PACKAGE, "conflict"),
    (skill_review.submit_package, NO_SUBMISSION, "conflict"),
    (skill_review.check_submission, 99, "not_found"),
    (skill_review.approve_submission, skill_review.ReviewSubmission(submission=99), "conflict"),
    (skill_review.refuse_submission, skill_review.ReviewSubmission(submission=99), "unprocessable"),
    (skill_review.take_back_submission, 99, "not_found"),
    (webhooks.add_webhook, webhooks.AddWebhook(url="ftp://x"), "unprocessable"),
    (webhooks.ping_webhook, 99, "not_found"),
    (webhooks.redeliver, 99, "not_found"),
    (notices.add_channel, NewChannel(name="a\0b", url="json://example.com", language="en"), "unprocessable"),
    (notices.remove_channel, 99, "not_found"),
    (pairing.offer_pairing, pairing.OfferPairing(robot="a b", account="ACME"), "invalid"),
    (pairing.offer_pairing, pairing.OfferPairing(robot="hall-9", account="NOBODY"), "not_found"),
    (pairing.pair_robot, pairing.PairRobot(code="none", request=""), "invalid"),
    (desired.put_desired, desired.WishFor(robot="none", skills=[], settings={}), "not_found"),
    (desired.put_desired, desired.WishFor(robot="hall-7", skills=[], settings={}, after_revision=7), "outdated"),
    (desired.put_desired, desired.WishFor(robot="hall-7", skills=SKILLS, settings={}), "invalid"),
    (desired.put_desired, desired.WishFor(robot="hall-7", skills=LARGE, settings={}), "too_large"),
    (ledger.create_fact, ledger.CreateFact(kind=KINDS["account"], fields={"id": "ACME", "name": "x"}), "conflict"),
    (ledger.withdraw_fact, ledger.WithdrawFact(kind=KINDS["account"], key="ACME"), "conflict"),
    (ledger.end_fact, ledger.EndFact(kind=TOUCH, key="a", last_day=TODAY), "unprocessable"),
    (imports.import_table, imports.ImportTable(table="contracts", file=io.BytesIO(CONTRACTS)), "unprocessable"),
    (imports.import_usage, imports.ImportUsage(file=io.BytesIO(USAGE)), "unprocessable"),
    (workbooks.import_workbook, workbooks.ImportWorkbook(file=io.BytesIO(BOOK)), "unprocessable"),
    (workbooks.preview_workbook, workbooks.ImportWorkbook(file=io.BytesIO(b"id,name")), "unprocessable"),
    (imports.undo_import, 99, "not_found"),
    (ledger.withdraw_fact, ledger.WithdrawFact(kind=KINDS["account"], key="ACME", after_version=9), "outdated"),
    (ctas.add_cta, ctas.AddCta(account="ACME", title="x", severity=1.5), "unprocessable"),
    (ctas.assign_cta, ctas.AssignCta(cta=99, owner="csm-1"), "not_found"),
    (ctas.assign_cta, ctas.AssignCta(cta=99, owner=" "), "unprocessable"),
    (tokens.create_token, tokens.CreateToken(name="a", role=Role.ADMIN, expires_days=0), "unprocessable"),
    (webhooks.remove_webhook, 99, "not_found"),
    (notices.try_channel, 99, "not_found"),
    (notices.resend_notice, 99, "not_found"),
    (ledger.correct_fact, ledger.CorrectFact(kind=KINDS["csm"], key="none", fields={"name": "x"}), None),
    (closing.close_days, closing.CloseDays(first=TODAY, last=TODAY - 1, basis="arrived"), "invalid"),
    (closing.close_days, closing.CloseDays(first=TODAY, basis="arrived"), "invalid"),
    (closing.start_closing, closing.CloseDays(basis="arrived"), "conflict"),
    (kept_backtest.start_backtest, kept_backtest.StartBacktest(basis="arrived"), "conflict"),
    (closing.close_due_days, None, "conflict"),
    (fleet.hold_alarm, fleet.ClearAlarm(kind="two_epochs", robot="nobody"), "not_found"),
    (fleet.clear_alarm, fleet.ClearAlarm(kind="ahead"), "not_found"),
    (fleet.clear_alarm, fleet.ClearAlarm(kind="two_epochs", robot="hall-7"), "not_found"),
    (robots.swap_twins, "hall-7", "invalid"),
    (stores.copy_store, stores.CopyStore(source="sqlite:///a.db", target="sqlite:///a.db"), "invalid"),
    (people.add_person, people.AddPerson(mail="nobody", name="a", lang="en", roles=[Role.CSM]), "unprocessable"),
    (people.change_person, people.ChangePerson(person=99, name="a"), "not_found"),
    (people.disable_person, 99, "not_found"),
    (people.enable_person, 99, "not_found"),
    (people.link_person, people.LinkFor(person=99), "not_found"),
    (people.drop_second_factor, 99, "not_found"),
    (sign_in.check_password, sign_in.PasswordShown(mail="a@example.com", password="x" * 12), "not_found"),
    (sign_in.check_code, sign_in.CodeShown(person=99, code="123456", stamp="a"), "not_found"),
    (sign_in.use_link, sign_in.UseLink(secret="none", password="x" * 12), "not_found"),
    (
        sessions.begin_session,
        sessions.BeginSession(holder=Holder(person=99), nonce="a", address="", expires_s=1),
        "not_found",
    ),
    (profile.change_password, profile.ChangePassword(old="x", new="x" * 12), "conflict"),
    (profile.change_language, "xx", "unprocessable"),
    (sign_in.link_identity, sign_in.LinkIdentity(person=99, identity=ProvedIdentity("a", "b")), "not_found"),
    (profile.unlink_company, None, "conflict"),
    (profile.end_tour, None, "conflict"),
    (profile.begin_second_factor, profile.PasswordAgain(password="x"), "conflict"),
    (profile.confirm_second_factor, profile.AppCode(code="123456"), "conflict"),
    (profile.renew_recovery_codes, profile.PasswordAgain(password="x"), "conflict"),
    (profile.remove_second_factor, profile.PasswordAgain(password="x"), "conflict"),
    (rollouts.start_rollout, ROLLOUT, "conflict"),
    (rollouts.start_rollout, replace(ROLLOUT, percents=(50, 20)), "unprocessable"),
    (rollouts.pause_rollout, rollouts.ChangeRollout(rollout=99), "not_found"),
    (rollouts.resume_rollout, rollouts.ChangeRollout(rollout=99), "not_found"),
    (rollouts.abort_rollout, rollouts.ChangeRollout(rollout=99), "not_found"),
    (rollouts.take_back_rollout, rollouts.ChangeRollout(rollout=99), "unprocessable"),
    (rollouts.retry_rollout, rollouts.ChangeRollout(rollout=99), "not_found"),
    (rollouts.begin_next_wave, rollouts.BeginWave(rollout=99, wave=1, why="x"), "not_found"),
    (
        rollout_answers.answer_rollout,
        rollout_answers.AnswerRollout(rollout=99, account="ACME", approves=True),
        "not_found",
    ),
    (recalls.recall_package, recalls.RecallPackage(skill="guide", digest="x"), "not_found"),
    (portal.note_report, "NOBODY", "forbidden"),
    (skill_credits.propose_credit_note, skill_credits.ProposeCredit(bill=99, line=0, amount="1", reason="x"), None),
    (skill_credits.decide_credit_note, skill_credits.DecideCredit(credit_note=99, approve=True), None),
    (skill_credits.contest_bill_line, skill_credits.ContestLine(bill=99, line=0, reason="x"), "not_found"),
    (skill_credits.settle_bill_dispute, skill_credits.SettleDispute(dispute=99, why="x"), "not_found"),
    (parked_counts.release_parked_count, parked_counts.DecideParkedCount(parked=99, why=" "), None),
    (parked_counts.refuse_parked_count, parked_counts.DecideParkedCount(parked=99, why="x"), None),
]
"""Operation, request, the kind of its refusal (None: any)."""

NEVER_REFUSES = {
    "keep_completeness": "keeps what days that are over came to; a block that cannot be kept yet waits",
    "begin_request": "refuses a key of another request only: tests of the API",
    "end_request": "asked by the process itself for a key that was begun",
    "key_of_sessions": "makes the key, or reads the one that is there",
    "migrate_store": "whoever opens the store for writing has migrated it",
    "claim_deliveries": "takes what is due; nothing due is an answer",
    "settle_deliveries": "books tries that are over, also of a receiver that is gone",
    "prune_deliveries": "removes by age; nothing old is an answer",
    "remove_old_rows": "removes by age; nothing old is an answer",
    "confirm_clock": "whoever may call it says so of this moment",
    "probe_store": "its answer is whether the store takes anything",
    "first_link": "where there is an admin the answer is none",
    "sign_out": "a session that is over already is what was asked for",
    "follow_moves": "no robot moved is an answer",
    "renew_licences": "no licence is stale is an answer",
    "watch_drift": "a week that is not over is an answer",
    "advance_rollouts": "no rollout that moves is an answer; one that cannot is logged and waits",
    "follow_repository": "without a repository, or with nothing to follow, the answer is none",
    "cut_wal": "a log that is short, or another database, is answered with 0",
}
"""Operations that write and take no wish that could be wrong, and why."""


@pytest.fixture
def inside(store):
    fleets.story(store)
    return context.of(config.load(), store, lambda: NOON, COMMAND_LINE)


def rows(asked):
    """Every row of every table."""

    def read(connection):
        return {name: sorted(map(repr, connection.execute(select(table)))) for name, table in metadata.tables.items()}

    return asked.read(read)


def test_what_is_refused_leaves_the_store_as_it_was(inside):
    before = rows(inside)
    assert sum(map(len, before.values())) > 10
    PDF.seek(0)
    for act, wanted, kind in CASES:
        refused = act(inside, wanted)
        assert isinstance(refused, Refused), (act.name, wanted)
        assert kind in {refused.kind, None}, (act.name, refused)
        assert rows(inside) == before, act.name
    assert isinstance(half_kept(inside, None), Refused)
    assert rows(inside) != before, "the control: what was kept is seen"


def writing():
    """The name of every operation that writes."""
    names = [each.name for each in pkgutil.iter_modules(operations.__path__)]
    modules = [importlib.import_module(f"{operations.__name__}.{name}") for name in names]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Operation)]
    return {each.name for each in found if each.writes}


def without_a_row(names):
    """Those of whose refusal nothing is said. Two refuse in a state: their tests are below."""
    return set(names) - {act.name for act, *_ in CASES} - set(NEVER_REFUSES) - {"withdraw_days", "close_skill_bills"}


def test_days_are_not_taken_back_while_days_are_closed(inside):
    before = rows(inside)
    with closed_days.alone(inside.store):
        refused = clock.withdraw_days(inside, None)
    assert isinstance(refused, Refused)
    assert (refused.kind, refused.remedy) == ("conflict", "wait until that is done")
    assert "wait" not in refused.reason, "the remedy is said once"
    assert rows(inside) == before
    assert not isinstance(clock.withdraw_days(inside, None), Refused), "the control: nobody closes"


class Ahead:
    """A clock that is not followed."""

    state = ClockState(follows=False, reason="the clock is ahead", remedy="set it right")

    def follows(self):
        return False


def test_no_bill_is_closed_while_the_clock_is_not_followed(inside):
    before = rows(inside)
    refused = skill_bills.close_skill_bills(
        replace(inside, services=replace(inside.services, clock_guard=Ahead())), None
    )
    assert isinstance(refused, Refused)
    assert (refused.kind, refused.remedy) == ("unavailable", Ahead.state.remedy)
    assert rows(inside) == before
    assert not isinstance(skill_bills.close_skill_bills(inside, None), Refused), "the control: the clock is followed"


def test_every_operation_that_writes_is_refused_above_or_says_why_it_never_is():
    assert without_a_row(writing()) == set()
    assert set(NEVER_REFUSES) <= writing(), "no reason for what is not there any more"
    assert without_a_row({*writing(), "half_kept"}) == {"half_kept"}, "the control: a new one is missed"


HOOK = {"url": "https://x.example", "secret": "", "events": "[]"}
HALL = {"name": "hall", "url": "", "owner": "", "language": "en", "digest": False}
FULL = [
    (webhooks, webhooks.ping_webhook, webhook, HOOK),
    (notices, notices.try_channel, notice_channel, HALL),
]


@pytest.mark.parametrize(("module", "act", "table", "values"), FULL, ids=["webhook", "channel"])
def test_a_test_to_a_full_queue_is_refused_and_makes_no_dead_letter(inside, monkeypatch, module, act, table, values):
    made = insert(table).values(values | {"created_at": NOON}).returning(table.c.id)
    receiver = inside.write(lambda connection: connection.execute(made).scalar_one())

    def letters():
        return inside.read(lambda connection: connection.execute(select(func.count()).select_from(delivery)).scalar())

    before = letters()
    assert act(inside, receiver) == Done(), "the control: with room it is queued"
    assert letters() == before + 1
    narrow = replace(module.RECEIVERS.lane, queue_max=1)
    monkeypatch.setattr(module, "RECEIVERS", replace(module.RECEIVERS, lane=narrow))
    refused = act(inside, receiver)
    assert (refused.kind, letters()) == ("conflict", before + 1)
    assert "is full" in refused.reason
    assert "GET /api/v1/" in told(refused.remedy, "api")
