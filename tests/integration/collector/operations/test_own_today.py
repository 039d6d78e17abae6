"""What is said of an account or done for it happens on the account's own day, whichever act says it."""

import io

import pytest
from sqlalchemy import select

from collector import config
from collector import context as context_of
from collector.access.caller import COMMAND_LINE
from collector.accounts.ledger.kinds.registry import KINDS
from collector.operations import attachments, ctas, ledger, promises, touches
from collector.operations.attachments import Attach
from collector.store.tables.fleet import account
from collector.store.tables.success import standing
from collector.values.refusal import Refused
from tests import fleets

STANDING = {
    "day": fleets.TODAY - 1, "csm": "", "currency": "EUR", "auto_renews": False, "noticed": False, "contract": "",
    "steps": 0, "cadence_days": 90.0, "band": "green", "caps": "", "stage": "mature", "coverage": 1.0,
}  # fmt: skip


@pytest.mark.parametrize(("zone", "ahead"), [("Pacific/Kiritimati", 1), ("UTC", 0)])
def test_a_promise_is_kept_on_the_accounts_own_day(store, zone, ahead):
    fleets.story(store)
    acting = context_of.of(config.load({}), store, lambda: float(fleets.NOON), COMMAND_LINE)

    def create(kind, **fields):
        done = ledger.create_fact(acting, ledger.CreateFact(kind=KINDS[kind], fields=fields))
        assert not isinstance(done, Refused), done
        return done

    create("account", id="FAR", name="Far Hall", timezone=zone)
    made = create("promise", account="FAR", text="a spare", made_day=fleets.TODAY, due_day=fleets.TODAY + 9)
    cta = ctas.add_cta(acting, ctas.AddCta(account="FAR", title="see to the spare"))
    assert acting.today() == fleets.TODAY, "the control: the collector's own day"
    kept = promises.keep_promise(acting, promises.KeepPromise(promise=made["id"]))
    assert kept["kept_day"] == fleets.iso(ahead)
    closed = ctas.close_cta(acting, ctas.CloseCta(cta=cta.cta.id, outcome="resolved", useful=True))
    assert closed.cta.closed_day == kept["kept_day"]
    again = promises.reopen_promise(acting, made["id"])
    assert again["kept_day"] is None


@pytest.mark.parametrize(("zone", "ahead"), [("Pacific/Kiritimati", 1), ("Pacific/Pago_Pago", 0), ("UTC", 0)])
def test_one_act_has_one_today(store, zone, ahead):
    """The touch, its follow-up, its step; a note; an attachment; what the list of accounts shows of the contact."""
    fleets.story(store)
    acting = context_of.of(config.load({}), store, lambda: float(fleets.NOON), COMMAND_LINE)
    far = {"id": "FAR", "name": "Far Hall", "timezone": zone}
    ledger.create_fact(acting, ledger.CreateFact(kind=KINDS["account"], fields=far))
    with store.write() as connection:
        row_id = connection.execute(select(account.c.id).where(account.c.external_id == "FAR")).scalar_one()
        connection.execute(standing.insert().values(STANDING | {"account_id": row_id}))
    own = fleets.iso(ahead)
    said = {"account": "FAR", "direction": "in", "channel": "phone", "summary": "they called"}
    touch = touches.log_touch(
        acting, touches.LogTouch(fields=said, follow_up="send it", follow_up_day=fleets.TODAY + ahead)
    )
    assert not isinstance(touch, Refused), touch
    assert touch["day"] == own
    opened = ctas.one_cta(acting, touch["follow_up"]).cta
    assert (opened.opened_day, opened.due_day) == (own, own)
    note = ledger.create_fact(acting, ledger.CreateFact(kind=KINDS["note"], fields={"account": "FAR", "text": "n"}))
    assert note["day"] == own
    attached = attachments.attach(acting, Attach(account="FAR", name="a.txt", file=io.BytesIO(b"words")))
    assert attached["day"] == own
    with store.read() as connection:
        spoke = connection.execute(select(standing.c.contact_day).where(standing.c.account_id == row_id)).scalar_one()
    assert spoke == fleets.TODAY + ahead
