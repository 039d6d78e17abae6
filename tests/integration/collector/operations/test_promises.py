"""A promise is kept on the day of the account that it was made to, as a call to action is closed on it."""

import pytest

from collector import config
from collector import context as context_of
from collector.access.caller import COMMAND_LINE
from collector.accounts.ledger.kinds.registry import KINDS
from collector.operations import ctas, ledger, promises
from collector.values.refusal import Refused
from tests import fleets


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
