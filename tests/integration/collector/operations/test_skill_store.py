"""The skill store through its operations: sold, tried, put on robots, refused, taken off; and who sees what."""

import io
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from collector import config, context
from collector.access.caller import COMMAND_LINE, Caller, Role
from collector.fleet.scope import Scope, account_id_of
from collector.operations import catalogue, entitlements, held_back, skill_publishing, skills
from collector.operations.skill_repository import SignedDocument, accept_document
from collector.skillstore.billing.price import Price
from collector.skillstore.catalogue.listing import ListingState
from collector.skillstore.entitlements.entitlement import EntitledBy, Entitlement
from collector.skillstore.entitlements.reading import PricedEntitlement
from collector.store.tables.fleet import robot
from collector.store.tables.people import audit
from collector.values.refusal import Refused
from opk_skills.trust import metadata
from opk_skills.trust.recalls import RECALLS, Recall, recalls_file
from tests import fleets, skill_shops
from tests.fleets import NOON, TODAY
from tests.package_repositories import APPID, holders, package, release

PRICE = {
    "currency": "EUR", "trial_days": 0, "minimum": "0",
    "charges": [{"kind": "fixed", "name": "robots", "amount": "20", "each": "robot", "counting": "peak"}],
}  # fmt: skip
RUNTIME = {"kind": "python", "entry": "lift.skill:Lift", "contract": 1, "version": "1"}


@pytest.fixture
def installation(tmp_path):
    return skill_shops.installed(tmp_path)


@pytest.fixture
def inside(store, installation, tmp_path):
    fleets.story(store)
    settings = config.load().model_copy(
        update={"skills_folder": installation.path, "skills_keys": tmp_path / "keys", "skills_review": False}
    )
    return context.of(settings, store, lambda: NOON, COMMAND_LINE)


def published(asked, installation, number, body=b"one", appid=APPID, **changed):
    """Through the operation, as a publisher does it."""
    content = package(body, appid, **changed)
    one = release(content, number)
    installation.repository.stage(appid, number, io.BytesIO(content))
    draft = metadata.with_release(installation.folder.newest("acme"), one, NOON + 86_400 * 300)
    document = metadata.sign(draft, installation.keys["acme"]).decode()
    return one, accept_document(asked, SignedDocument(role="acme", document=document, files={}))


def admin_of(asked, account):
    row_id = asked.read(lambda connection: account_id_of(connection, account))
    who = Caller(0, "Wang Fang", Role.CUSTOMER_ADMIN, Scope.of(row_id), roles=frozenset({Role.CUSTOMER_ADMIN}))
    return asked.seen_by(who)


@pytest.fixture
def sold(inside, installation):
    """ACME may have the lift boy on one robot; BETA may not."""
    one, answer = published(inside, installation, 1)
    assert not isinstance(answer, Refused), answer
    assert not isinstance(
        catalogue.set_price(inside, catalogue.SetPrice(skill=one.key, from_day=TODAY, price=PRICE)), Refused
    )
    grant = entitlements.Entitle(
        account="ACME", skill=one.key, origin=EntitledBy.GRANTED, from_day=TODAY, robots_most=1
    )
    assert not isinstance(entitlements.entitle(inside, grant), Refused)
    return one


def on(account, skill, *robots, do="put"):
    return skill_publishing.SkillOnRobots(account=account, skill=skill, do=do, robots=robots)


def test_a_signed_publication_fills_the_catalogue_in_both_languages(inside, sold):
    shown = catalogue.one_listing(inside, sold.key)
    assert (shown.state, shown.publisher, [one.version for one in shown.versions]) == (
        ListingState.PUBLISHED, "acme", [sold.version],
    )  # fmt: skip
    assert shown.name_en
    assert shown.name_zh
    assert shown.price["charges"][0]["amount"] == "20"


def test_the_dry_run_changes_nothing_and_publishing_does_what_it_said(inside, sold):
    tried = skill_publishing.try_skill(inside, on("ACME", sold.key, "hall-7"))
    assert [(one.robot, one.verdict) for one in tried.robots] == [("hall-7", "ready")]
    assert "space" in tried.untold, "what only the robot knows is not guessed"
    assert skills.skills_of_robot(inside, "hall-7").skills == []
    done = skill_publishing.publish_skill(inside, on("ACME", sold.key, "hall-7"))
    assert (done.plan, done.changed) == (tried, 1)
    progress = skills.waiting_skills(inside, skills.WaitingFor(limit=10, account="ACME", skill=sold.key))
    assert (progress.wished, progress.fulfilled, [one.robot for one in progress.shown]) == (1, 0, ["hall-7"])
    again = skill_publishing.try_skill(inside, on("ACME", sold.key, "hall-7"))
    assert again.robots[0].verdict == "unchanged"
    gone = skill_publishing.publish_skill(inside, on("ACME", sold.key, "hall-7", do="remove"))
    assert gone.changed == 1
    assert skill_publishing.try_skill(inside, on("ACME", sold.key, "hall-7")).robots[0].verdict == "ready"


def test_who_is_not_entitled_gets_nothing_and_the_limit_of_robots_holds(inside, sold):
    refused = skill_publishing.publish_skill(inside, on("BETA", sold.key))
    assert refused.changed == 0
    assert {one.code for one in refused.plan.robots} == {"not_entitled"}
    all_of_it = skill_publishing.publish_skill(inside, on("ACME", sold.key))
    assert sorted(one.code for one in all_of_it.plan.robots) == ["", "robots_most"]
    assert all_of_it.changed == 1


def test_an_admin_of_another_account_meets_the_words_for_what_is_not_there(inside, sold):
    beta = admin_of(inside, "BETA")
    for act in (skill_publishing.try_skill, skill_publishing.publish_skill):
        foreign, absent = act(beta, on("BETA", sold.key, "hall-7")), act(beta, on("BETA", sold.key, "none-7"))
        assert foreign.kind == absent.kind == "not_found"
        assert foreign.reason.replace("hall-7", "") == absent.reason.replace("none-7", "")
        other = act(beta, on("ACME", sold.key, "hall-7"))
        assert other.kind == "not_found"
        assert "hall-7" not in other.reason
    assert entitlements.entitlements_of_account(beta, "ACME").kind == "not_found"
    assert skills.waiting_skills(beta, skills.WaitingFor(limit=10, account="ACME")).kind == "not_found"
    assert skills.skills_of_robot(inside, "hall-7").skills == [], "nothing was done"


def test_an_admin_publishes_to_its_own_robots_and_the_audit_log_says_who(inside, sold):
    acme = admin_of(inside, "ACME")
    done = skill_publishing.publish_skill(acme, on("ACME", sold.key, "hall-7"))
    assert done.changed == 1
    row = inside.read(lambda connection: connection.execute(select(audit).order_by(audit.c.id.desc()).limit(1)).one())
    assert (row.who, row.act) == ("Wang Fang", "publish_skill")
    assert "hall-7" in row.said
    assert sold.key in row.said


def test_two_admins_at_once_the_second_is_told_and_nothing_is_lost(inside, sold, monkeypatch):
    inner = skill_publishing._skills

    def meanwhile(connection, one, wanted, planned):
        stale = replace(one, revision=one.revision + 1)  # as if the other had written after the reading
        monkeypatch.setattr(skill_publishing, "_skills", inner)
        object.__setattr__(one, "revision", stale.revision)
        return inner(connection, one, wanted, planned)

    monkeypatch.setattr(skill_publishing, "_skills", meanwhile)
    refused = skill_publishing.publish_skill(inside, on("ACME", sold.key, "hall-7"))
    assert refused.kind == "conflict"
    assert skills.skills_of_robot(inside, "hall-7").skills == []


def test_a_recalled_version_is_put_on_no_robot(inside, sold, installation):
    reason = {"en": "it falls", "zh": "会摔倒"}
    installation.fleet_file(RECALLS, recalls_file([Recall(sold.appid, (1,), "harmful", reason, int(NOON))]))
    named = skill_publishing.SkillOnRobots(
        account="ACME", skill=sold.key, do="put", version=sold.version, robots=("hall-7",)
    )
    assert skill_publishing.try_skill(inside, named).robots[0].code == "recalled"
    assert skill_publishing.try_skill(inside, on("ACME", sold.key)).kind == "not_found", "the newest that may run"


@pytest.mark.parametrize("name", ["Lіft", "L I F T", "ｌift", "Llft", "Li\u200bft", "乘 梯", "Tower"])
def test_a_name_that_looks_like_another_publishers_is_refused_before_anything_is_kept(inside, sold, installation, name):
    orbit, held = "orbit_" + "0e79" * 8, holders(installation.keys["acme"])
    installation.targets(lambda old, until: metadata.with_publisher(old, "orbit", held, until))
    content = package(b"x", orbit, key="other", name={"en": name, "zh": "别的"}, counter=[], runtime=RUNTIME)
    one = release(content, 1)
    installation.repository.stage(orbit, 1, io.BytesIO(content))
    draft = metadata.with_release(installation.folder.newest("orbit"), one, NOON + 86_400 * 300)
    document = metadata.sign(draft, installation.keys["acme"]).decode()
    answer = accept_document(inside, SignedDocument(role="orbit", document=document, files={}))
    if name == "Tower":  # the control
        assert catalogue.one_listing(inside, "other").name_en == "Tower"
        return
    assert isinstance(answer, Refused)
    assert "look like" in answer.reason or "cannot be shown" in answer.reason
    assert catalogue.one_listing(inside, "other").kind == "not_found"
    assert installation.repository.releases().keys() == {sold.path}


def test_a_day_that_has_begun_is_not_priced_again(inside, sold):
    past = catalogue.SetPrice(skill=sold.key, from_day=TODAY - 1, price=PRICE)
    assert catalogue.set_price(inside, past).kind == "invalid"
    assert catalogue.set_price(inside, replace(past, from_day=TODAY)).kind == "conflict"
    assert not isinstance(catalogue.set_price(inside, replace(past, from_day=TODAY + 1)), Refused)
    assert Decimal(catalogue.one_listing(inside, sold.key).price["charges"][0]["amount"]) == 20


def test_what_is_withdrawn_is_hidden_from_customers_and_seen_inside(inside, sold):
    change = catalogue.ChangeListing(skill=sold.key, state=ListingState.WITHDRAWN)
    assert not isinstance(catalogue.change_listing(inside, change), Refused)
    assert catalogue.one_listing(inside, sold.key).state is ListingState.WITHDRAWN
    assert catalogue.one_listing(admin_of(inside, "ACME"), sold.key).kind == "not_found"
    assert catalogue.browse_catalogue(admin_of(inside, "ACME"), catalogue.BrowseCatalogue()) == []
    draft = catalogue.ChangeListing(skill=sold.key, state=ListingState.DRAFT)
    assert catalogue.change_listing(inside, draft).kind == "conflict"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"origin": EntitledBy.TRIAL}, "invalid"),
        ({"origin": EntitledBy.TRIAL, "to_day": TODAY + 100}, "invalid"),
        ({"to_day": TODAY - 1}, "invalid"),
        ({"origin": EntitledBy.CONTRACT_LINE}, "invalid"),
        ({"contract_line": "L1"}, "invalid"),
        ({"origin": EntitledBy.CONTRACT_LINE, "contract_line": "nobodys"}, "not_found"),
        ({"robots_most": 0}, "unprocessable"),
        ({"account": "NOBODY"}, "not_found"),
        ({"skill": "none"}, "not_found"),
    ],
)
def test_an_entitlement_that_makes_no_sense_is_refused(inside, sold, change, kind):
    grant = entitlements.Entitle(account="ACME", skill=sold.key, origin=EntitledBy.GRANTED, from_day=TODAY)
    assert entitlements.entitle(inside, replace(grant, **change)).kind == kind


def test_a_skill_ends_on_its_last_day_and_seats_need_an_entitlement(inside, sold):
    shown = entitlements.entitlements_of_account(inside, "ACME").entitlements[0]
    seat = entitlements.NameSeat(account="ACME", skill=sold.key, holder="Li Wei", from_day=TODAY)
    assert entitlements.name_seat(inside, seat).holder == "Li Wei"
    assert entitlements.name_seat(inside, replace(seat, from_day=TODAY - 1)).kind == "conflict"
    over = entitlements.EndEntitlement(entitlement=shown.id, last_day=TODAY - 1, why="sold by mistake")
    assert not isinstance(entitlements.end_entitlement(inside, over), Refused)
    refused = skill_publishing.publish_skill(inside, on("ACME", sold.key, "hall-7"))
    assert refused.plan.robots[0].code == "not_entitled"
    assert entitlements.end_entitlement(inside, replace(over, last_day=TODAY + 3)).kind == "conflict"


def test_robots_behind_say_why_with_account_and_whose_turn(inside, sold, installation):
    skill_publishing.publish_skill(inside, on("ACME", sold.key, "hall-7"))
    published(inside, installation, 2, b"two")
    found = held_back.skills_held_back(inside, held_back.HeldBackFilter(limit=10))
    assert [(one.robot, one.account, one.held, one.code) for one in found.shown] == [
        ("hall-7", "ACME", "will_not", "not_wished")
    ]
    skill_publishing.publish_skill(inside, on("ACME", sold.key, "hall-7"))
    found = held_back.skills_held_back(inside, held_back.HeldBackFilter(limit=10))
    assert (found.robots, found.accounts, found.shown[0].held in {"under_way", "silent"}) == (1, 1, True)


def test_a_robot_of_the_wrong_model_says_so(inside, sold, installation):
    published(inside, installation, 2, b"two", requires={"core": "1.0.0", "models": ["carrybot"], "capabilities": []})
    model = inside.read(lambda connection: connection.scalar(select(robot.c.model).where(robot.c.name == "hall-7")))
    tried = skill_publishing.try_skill(inside, on("ACME", sold.key, "hall-7")).robots[0]
    assert tried.code == ("wrong_model" if model else "")


def test_what_was_sold_before_it_had_a_price_is_not_said_to_cost_nothing():
    def allowed(origin, price):
        had = Entitlement(1, 1, "lift", TODAY - 9, None, origin, "line-1", None, "")
        found = skill_publishing.allowance_of([PricedEntitlement(had, price)], "lift", {TODAY})
        return found.price, found.is_unpriced

    price = Price.model_validate(PRICE)
    assert allowed(EntitledBy.CONTRACT_LINE, None) == (None, True)
    assert allowed(EntitledBy.CONTRACT_LINE, price) == (price, False)
    assert allowed(EntitledBy.GRANTED, None) == (None, False), "the control: what is given costs nothing"
