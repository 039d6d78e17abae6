"""Notes with mentions, tags, fields of one's own and attachments, as operations: what stands, who is told, what is
refused, and that nobody of a customer's reads any of it.
"""

import io
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from collector import config, context
from collector.access.caller import OF_SOME_ACCOUNTS, Caller, Role
from collector.accounts.ledger.facts import NOW
from collector.accounts.ledger.kinds.noted import ATTACHMENT_MAX_BYTES
from collector.accounts.ledger.kinds.registry import KINDS
from collector.fleet.scope import EVERYTHING, Scope, account_id_of
from collector.notifications.channels import NewChannel
from collector.operations import attachments, custom_values, ledger, mentions, noted, notices, put_back
from collector.operations.attachments import Attach, AttachmentFile
from collector.operations.custom_values import SetCustomValue
from collector.operations.ledger import CorrectFact, CreateFact, ListFacts, WithdrawFact
from collector.operations.mentions import ListMentions
from collector.operations.noted import NotedOf
from collector.operations.put_back import PutBackFact
from collector.store.tables.noted import attachment_part
from collector.values.refusal import Refused
from tests import fleets
from tests.fleets import NOON, TODAY

PDF = b"%PDF-1.7\n" + b"x" * 600_000


def as_csm(acting, key):
    return acting.seen_by(Caller(3, key, Role.CSM, EVERYTHING, csm=key))


def as_admin(acting):
    return acting.seen_by(replace(acting.caller, role=Role.ADMIN))


@pytest.fixture
def acting(store):
    fleets.story(store)
    made = context.of(config.load(), store, lambda: NOON, Caller(1, "staff", Role.STAFF, EVERYTHING))
    for key, name in (("csm-1", "Li Wei"), ("csm-2", "王芳")):
        create(made, "csm", id=key, name=name)
    return made


def create(acting, kind, **fields):
    return done(ledger.create_fact(acting, CreateFact(kind=KINDS[kind], fields=fields)))


def done(answer):
    assert not isinstance(answer, Refused), answer
    return answer


def mine(acting, **more):
    return [one.text for one in done(mentions.list_mentions(acting, ListMentions(limit=10, **more))).items]


def told(acting):
    found = done(notices.list_notices(as_admin(acting), notices.ListNotices(limit=50))).items
    return sorted((one.channel, one.title) for one in found)


def test_who_is_mentioned_is_told_once_finds_it_and_puts_it_away_and_nobody_else_does(acting):
    admin = as_admin(acting)
    for owner in ("csm-1", "csm-2"):
        done(
            notices.add_channel(
                admin, NewChannel(name=owner, url="jsons://example.com", language="en", owner=owner, digest=False)
            )
        )
    first, second = as_csm(acting, "csm-1"), as_csm(acting, "csm-2")
    made = create(first, "note", account="ACME", text="@王芳 they open a hall, and @csm-1 knows")
    assert (made["day"], made["by"]) == (fleets.iso(0), "csm-1")
    assert (len(mine(second)), len(mine(first)), mine(acting)) == (1, 1, [])
    assert told(acting) == [("csm-2", "Acme Museum: csm-1 mentions csm-2 in a note")], "nobody is told of the own note"
    changed = {"account": "ACME", "text": "@王芳 they open two halls", "by": "csm-1", "day": None}
    corrected = done(ledger.correct_fact(first, CorrectFact(kind=KINDS["note"], key=made["id"], fields=changed)))
    assert corrected["day"] == made["day"], "a correction without a day keeps it"
    assert (mine(second), mine(first), len(told(acting))) == (["@王芳 they open two halls"], [], 1)
    (mention,) = done(mentions.list_mentions(second, ListMentions(limit=10))).items
    assert mentions.see_mention(first, mention.id).kind == "not_found", "it is of another CSM"
    done(mentions.see_mention(second, mention.id))
    assert (mine(second), len(mine(second, seen=True))) == ([], 1)
    done(mentions.unsee_mention(second, mention.id))
    done(ledger.withdraw_fact(first, WithdrawFact(kind=KINDS["note"], key=made["id"])))
    assert mine(second) == [], "a note that never was mentions nobody"


def test_a_tag_is_one_fact_whatever_its_letter_case_and_comes_again_after_it_was_withdrawn(acting):
    made = create(acting, "tag", account="ACME", tag="Pilot")
    again = ledger.create_fact(acting, CreateFact(kind=KINDS["tag"], fields={"account": "ACME", "tag": "pilot"}))
    assert isinstance(again, Refused)
    assert again.kind == "conflict"
    done(ledger.withdraw_fact(acting, WithdrawFact(kind=KINDS["tag"], key=made["id"])))
    assert create(acting, "tag", account="ACME", tag="pilot")["id"] == made["id"]
    assert [one.said.tag for one in done(noted.account_noted(acting, NotedOf(account="ACME"))).tags] == ["pilot"]


def test_a_value_is_set_corrected_and_taken_away_with_what_stood_before_and_its_history(acting):
    create(acting, "custom_field", id="tier", name="Tier", form="choice", choices="gold|silver", of="account")
    asked = {"account": "ACME", "field": "tier"}
    assert [
        done(custom_values.set_custom_value(acting, SetCustomValue(**asked, value=value))).before
        for value in ("gold", "silver", "", "gold")
    ] == ["", "gold", "silver", ""]
    assert done(noted.account_noted(acting, NotedOf(account="ACME"))).values == {"tier": "gold"}
    assert custom_values.set_custom_value(acting, SetCustomValue(**asked, value="lead")).kind == "unprocessable"
    gone = ledger.withdraw_fact(acting, WithdrawFact(kind=KINDS["custom_field"], key="tier"))
    assert "is named by custom_value" in gone.reason
    moved = {"id": "tier", "name": "Tier", "form": "text", "choices": "", "of": "account"}
    assert (
        "values stand by that"
        in ledger.correct_fact(acting, CorrectFact(kind=KINDS["custom_field"], key="tier", fields=moved)).reason
    )


def test_a_file_comes_back_as_it_was_is_kept_once_and_goes_with_its_fact(acting):
    attached = [
        done(attachments.attach(acting, Attach(account=account, name="plan.pdf", file=io.BytesIO(PDF))))
        for account in ("ACME", "BETA")
    ]
    with acting.store.read() as connection:
        assert connection.execute(select(func.count()).select_from(attachment_part)).scalar_one() == 3
    out = io.BytesIO()
    sent = done(attachments.download_attachment(acting, AttachmentFile(attachment=attached[0]["id"], out=out)))
    assert (sent.name, out.getvalue()) == ("plan.pdf", PDF)
    done(ledger.withdraw_fact(acting, WithdrawFact(kind=KINDS["attachment"], key=attached[0]["id"])))
    for key, says in ((attached[0]["id"], "there is no attachment"), ("none", "there is no attachment")):
        refused = attachments.download_attachment(acting, AttachmentFile(attachment=key, out=io.BytesIO()))
        assert says in refused.reason
    digest = {"account": "ACME", "day": TODAY, "name": "b.pdf", "size_bytes": 4, "sha256": "0" * 64}
    listed_only = create(acting, "attachment", **digest)
    refused = attachments.download_attachment(acting, AttachmentFile(attachment=listed_only["id"], out=io.BytesIO()))
    assert "are not in this store" in refused.reason


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("page.html", b"<script>", "unprocessable"),
        ("a.pdf", b"<script>", "unprocessable"),
        ("a.pdf", b"", "unprocessable"),
        ("a.pdf", b"%PDF-" + b"x" * ATTACHMENT_MAX_BYTES, "too_large"),
    ],
)
def test_a_refused_file_leaves_nothing(acting, name, content, kind):
    refused = attachments.attach(acting, Attach(account="ACME", name=name, file=io.BytesIO(content)))
    assert isinstance(refused, Refused)
    assert refused.kind == kind
    with acting.store.read() as connection:
        assert connection.execute(select(attachment_part)).all() == []
    assert attachments.attach(acting, Attach(account="NONE", name="a.pdf", file=io.BytesIO(PDF))).kind == "not_found"


def test_nobody_who_sees_some_accounts_reads_or_writes_what_people_keep_about_them(acting):
    create(acting, "note", account="ACME", text="secret")
    row = acting.read(lambda connection: account_id_of(connection, "ACME"))
    file = done(attachments.attach(acting, Attach(account="ACME", name="plan.pdf", file=io.BytesIO(PDF))))
    asked = [
        (ledger.list_facts, ListFacts(kind=KINDS[kind], account="ACME", knowledge=NOW, limit=1))
        for kind in ("note", "tag", "custom_field", "custom_value", "attachment")
    ]
    asked += [
        (noted.account_noted, NotedOf(account="ACME")),
        (mentions.list_mentions, ListMentions(limit=1)),
        (attachments.download_attachment, AttachmentFile(attachment=file["id"], out=io.BytesIO())),
        (attachments.attach, Attach(account="ACME", name="plan.pdf", file=io.BytesIO(PDF))),
        (custom_values.set_custom_value, SetCustomValue(account="ACME", field="tier", value="gold")),
        (ledger.create_fact, CreateFact(kind=KINDS["note"], fields={"account": "ACME", "text": "mine"})),
    ]
    for role in OF_SOME_ACCOUNTS:
        caller = replace(acting.caller, role=role, scope=Scope.of(row), account="ACME")
        answers = [operation(acting.seen_by(caller), request) for operation, request in asked]
        assert {answer.kind for answer in answers} == {"forbidden"}
    assert not isinstance(noted.account_noted(acting, NotedOf(account="ACME")), Refused), "the control"


def test_what_was_withdrawn_is_put_back_as_it_stood_and_once(acting):
    note = create(acting, "note", account="ACME", text="A second hall.")
    named = PutBackFact(kind=KINDS["note"], key=note["id"])
    refused = put_back.put_back_fact(acting, named)
    assert (refused.kind, refused.remedy) == ("conflict", "open the account again"), "it stands"
    done(ledger.withdraw_fact(acting, WithdrawFact(kind=KINDS["note"], key=note["id"])))
    again = done(put_back.put_back_fact(acting, named))
    assert (again["text"], again["by"], again["withdrawn"]) == ("A second hall.", note["by"], False)
    assert again["version"] == note["version"] + 2
    assert put_back.put_back_fact(acting, replace(named, key="note-none")).kind == "not_found"
