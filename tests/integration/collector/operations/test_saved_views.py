"""Saved views as operations: whose they are, who finds and changes them, and that what they hold is no permission."""

from dataclasses import replace

import pytest

from collector import config, context
from collector.access.caller import OF_SOME_ACCOUNTS, Caller, Role
from collector.fleet.scope import EVERYTHING
from collector.operations import portfolio, saved_views
from collector.operations.portfolio import ListPortfolio, PortfolioOf
from collector.operations.saved_views import ChangeView, ListViews, SaveView
from collector.store.tables.success import standing
from collector.success.saved_views import OWN_MAX, ViewSaid
from collector.values.refusal import Refused
from tests import fleets, portfolios
from tests.fleets import NOON

MINE_FALLING = ViewSaid(of="accounts", filters={"whose": "mine", "band": ""}, sort="-arr", columns=("arr", "due"))


@pytest.fixture
def head(store):
    fleets.story(store)
    portfolios.fill(store)
    fleets.scored(store)
    return context.of(config.load(), store, lambda: NOON, person(1, Role.HEAD_OF_CS))


def person(number, role, csm=None):
    return Caller(0, f"{role.value} {number}", role, EVERYTHING, person_id=number, csm=csm)


def done(answer):
    assert not isinstance(answer, Refused), answer
    return answer


def kind(answer):
    assert isinstance(answer, Refused), answer
    return answer.kind


def saved(acting, name="Mine", said=MINE_FALLING, *, shared=False):
    return done(saved_views.save_view(acting, SaveView(name=name, said=said, shared=shared)))


def names(acting, of=None):
    return [one.name for one in done(saved_views.list_views(acting, ListViews(of=of, limit=10))).items]


def test_a_view_holds_the_addresss_filters_order_and_columns_and_nothing_empty(head):
    view = saved(head)
    assert (view.filters, view.sort, view.columns) == ({"whose": "mine"}, "-arr", ["arr", "due"])
    assert view.address == f"/accounts?whose=mine&sort=-arr&columns=arr%2Cdue&view={view.id}"
    assert (view.own, view.shared, view.owner) == (True, False, "head_of_cs 1")
    assert done(saved_views.view_of(head, view.id)) == view


def test_ones_own_is_found_by_nobody_else_and_a_shared_one_by_everybody_inside(head):
    csm = head.seen_by(person(2, Role.CSM))
    own, shared = saved(head, "Own"), saved(head, "Shared", shared=True)
    assert names(head) == ["Shared", "Own"]
    assert names(csm) == ["Shared"]
    for refused in (
        saved_views.view_of(csm, own.id), saved_views.delete_view(csm, own.id),
        saved_views.change_view(csm, ChangeView(view=own.id, name="Taken over")),
    ):  # fmt: skip
        assert kind(refused) == "not_found"
    assert kind(saved_views.change_view(csm, ChangeView(view=shared.id, name="Taken over"))) == "forbidden"
    assert kind(saved_views.delete_view(csm, shared.id)) == "forbidden"
    admin = head.seen_by(person(3, Role.ADMIN))
    assert done(saved_views.change_view(admin, ChangeView(view=shared.id, name="Tidy"))).name == "Tidy"
    assert names(head) == ["Tidy", "Own"]


def test_a_shared_view_shows_a_csm_only_the_csms_own(head):
    """`mine` is of who opens it. The control: the same view shows another CSM other accounts."""
    view = saved(head, shared=True)
    with head.store.read() as connection:
        rows = connection.execute(standing.select()).all()
    owners = sorted({row.csm for row in rows if row.csm})
    assert len(owners) >= 2, "the control needs accounts of two CSMs"
    shown = {}
    for at, owner in enumerate(owners):
        csm = head.seen_by(person(10 + at, Role.CSM, csm=owner))
        held = done(saved_views.view_of(csm, view.id)).filters
        found = done(
            portfolio.list_portfolio(
                csm, ListPortfolio(of=PortfolioOf(whose=held["whose"]), sort="arr", falling=True, offset=0, limit=100)
            )
        )
        assert {row.csm for row in found.rows} == {owner}
        shown[owner] = {row.account for row in found.rows}
    assert not shown[owners[0]] & shown[owners[1]]


@pytest.mark.parametrize("role", sorted(OF_SOME_ACCOUNTS))
def test_customers_and_resellers_have_none(head, role):
    view = saved(head, shared=True)
    theirs = head.seen_by(person(5, role))
    for refused in (
        saved_views.list_views(theirs, ListViews(limit=10)), saved_views.view_of(theirs, view.id),
        saved_views.save_view(theirs, SaveView(name="Mine", said=MINE_FALLING, shared=False)),
        saved_views.delete_view(theirs, view.id), saved_views.restore_view(theirs, view.id),
    ):  # fmt: skip
        assert kind(refused) == "forbidden"


def test_an_engineer_has_views_of_robots_and_of_no_other_list(head):
    robots = ViewSaid(of="robots", filters={"state": "offline"}, sort="", columns=())
    accounts, dark = saved(head, "Accounts", shared=True), saved(head, "Dark", robots, shared=True)
    engineer = head.seen_by(person(4, Role.FLEET_ENGINEER))
    assert names(engineer) == ["Dark"]
    assert names(engineer, "accounts") == []
    assert kind(saved_views.view_of(engineer, accounts.id)) == "not_found"
    assert done(saved_views.view_of(engineer, dark.id)).address == f"/robots?state=offline&view={dark.id}"
    assert kind(saved_views.save_view(engineer, SaveView(name="A", said=MINE_FALLING, shared=False))) == "forbidden"
    assert saved(engineer, "Own", robots).own


def test_a_deletion_is_undone_unless_its_name_was_given_again(head):
    view = saved(head)
    done(saved_views.delete_view(head, view.id))
    assert names(head) == []
    assert kind(saved_views.delete_view(head, view.id)) == "not_found"
    assert done(saved_views.restore_view(head, view.id)) == view
    assert kind(saved_views.restore_view(head, view.id)) == "not_found"
    done(saved_views.delete_view(head, view.id))
    saved(head)
    assert kind(saved_views.restore_view(head, view.id)) == "conflict"


def test_two_views_of_one_list_have_two_names_and_a_change_says_only_what_changes(head):
    view, other = saved(head), saved(head, "Other")
    assert kind(saved_views.save_view(head, SaveView(name="Mine", said=MINE_FALLING, shared=False))) == "conflict"
    assert kind(saved_views.change_view(head, ChangeView(view=other.id, name="Mine"))) == "conflict"
    changed = done(saved_views.change_view(head, ChangeView(view=view.id, shared=True)))
    assert changed == replace(view, shared=True)
    changed = done(saved_views.change_view(head, ChangeView(view=view.id, filters={"band": "red"}, sort="")))
    assert (changed.name, changed.filters, changed.sort) == ("Mine", {"band": "red"}, "")
    saved(head.seen_by(person(2, Role.CSM)))  # another's may be called the same


@pytest.mark.parametrize(
    "said",
    [
        ViewSaid(of="accounts", filters={"owner": "csm-1"}, sort="", columns=()),
        ViewSaid(of="accounts", filters={"band": "red,blue"}, sort="", columns=()),
        ViewSaid(of="accounts", filters={"due_in": "-1"}, sort="", columns=()),
        ViewSaid(of="accounts", filters={"tag": "x" * 300}, sort="", columns=()),
        ViewSaid(of="accounts", filters={"q": "a\x00b"}, sort="", columns=()),
        ViewSaid(of="accounts", filters={}, sort="colour", columns=()),
        ViewSaid(of="accounts", filters={}, sort="", columns=("password",)),
        ViewSaid(of="calls", filters={}, sort="arr", columns=()),
        ViewSaid(of="robots", filters={"state": "broken"}, sort="", columns=()),
        ViewSaid(of="robots", filters={}, sort="", columns=("field:tier",)),
    ],
)
def test_what_the_list_does_not_take_is_refused_before_it_is_saved(head, said):
    assert kind(saved_views.save_view(head, SaveView(name="Odd", said=said, shared=False))) == "unprocessable"
    assert names(head) == []


def test_nobody_saves_without_end(head, monkeypatch):
    monkeypatch.setattr(saved_views, "OWN_MAX", 2)
    assert OWN_MAX >= 50
    saved(head, "1"), saved(head, "2")
    assert kind(saved_views.save_view(head, SaveView(name="3", said=MINE_FALLING, shared=False))) == "conflict"
