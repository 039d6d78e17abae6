"""An account goes to another CSM with every call to action of the former one that is not closed, and back."""

import contextlib

import pytest
from sqlalchemy import select, update

from collector import config, context
from collector.operations import account_handover, ctas
from collector.operations.account_handover import HandOver
from collector.store.engine import open_store
from collector.store.tables.fleet import account
from collector.store.tables.success import cta
from tests import fleets, portfolios
from tests.fleets import NOON, TODAY
from tests.integration.collector.operations.test_calls import ANNA, asked


@pytest.fixture
def anna(tmp_path):
    """A scored portfolio, as csm-anna sees it; ACME has an open, a snoozed, a waiting and a closed call of hers,
    and one that is csm-ben's.
    """
    with contextlib.closing(open_store(f"sqlite:///{tmp_path}/fleet.db")) as store:
        fleets.story(store)
        portfolios.fill(store)
        fleets.scored(store)
        portfolios.calls(store)
        settings = config.load({"store": store.url.render_as_string(hide_password=False)})
        anna = context.of(settings, store, lambda: float(NOON), ANNA)
        ids = [added(anna, title) for title in ("open", "snoozed", "digest", "closed", "ben's")]
        asked(ctas.snooze_cta(anna, ctas.SnoozeCta(cta=ids[1], until_day=TODAY + 3)))
        with store.write() as connection:
            waits = {"state": "digest", "given_to": "", "due_day": None}
            connection.execute(update(cta).where(cta.c.id == ids[2]).values(waits))
        asked(ctas.close_cta(anna, ctas.CloseCta(cta=ids[3], outcome="resolved", useful=True)))
        asked(ctas.assign_cta(anna, ctas.AssignCta(cta=ids[4], owner="csm-ben")))
        yield anna


def added(of, title):
    return asked(ctas.add_cta(of, ctas.AddCta(account="ACME", title=title))).cta.id


def calls_of_acme(of):
    """Id -> (owner, state, until when it is snoozed) of each call of ACME."""
    its = select(cta.c.id, cta.c.owner, cta.c.state, cta.c.snoozed_until).join(
        account, account.c.id == cta.c.account_id
    )
    rows = of.read(lambda connection: connection.execute(its.where(account.c.external_id == "ACME")).all())
    return {row.id: tuple(row[1:]) for row in rows}


def test_every_call_that_is_not_closed_goes_along_and_stays_as_it_is(anna):
    before = calls_of_acme(anna)
    hers = {key for key, (owner, state, _) in before.items() if owner == "csm-anna" and state != "closed"}
    assert {before[key][1] for key in hers} == {"open", "snoozed", "digest"}
    done = asked(account_handover.hand_over(anna, HandOver(account="ACME", csm="csm-ben")))
    assert (done.before, set(done.calls)) == ("csm-anna", hers)
    assert calls_of_acme(anna) == {
        key: (("csm-ben" if key in hers else owner), state, until) for key, (owner, state, until) in before.items()
    }
    newest = asked(ctas.one_cta(anna, max(hers))).history[-1]
    assert (newest.event, newest.author) == ("assigned", "csm-anna")


def test_what_went_along_goes_back_and_what_the_other_had_stays(anna):
    before = calls_of_acme(anna)
    done = asked(account_handover.hand_over(anna, HandOver(account="ACME", csm="csm-ben")))
    back = HandOver(account="ACME", csm=done.before, calls=tuple(done.calls))
    assert asked(account_handover.hand_over(anna, back)).calls == done.calls
    assert calls_of_acme(anna) == before
