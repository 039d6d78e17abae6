"""A skill store with something on each of its pages: two skills, prices, accounts that have them, packages in review.

lift    offered in two versions, priced; BETA has it on robots by a grant and tries it, ACME only by a line that ended
bow     withdrawn, never priced
review  lift's third version may listen, too: Bo submitted it, nobody has approved it; one that imports ssl is refused
"""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collector.access import people, tokens
from collector.access.caller import Role
from collector.context import Context
from collector.operations import catalogue, entitlements, skill_publishing, skill_repository, skill_review
from collector.operations.skill_repository import StagePackage, follow_repository
from collector.skillstore.catalogue.listing import ListingState
from collector.skillstore.entitlements.entitlement import EntitledBy
from collector.store.engine import Store
from collector.values.refusal import Refused
from opk_skills.trust.releases import Release
from tests import skill_shops
from tests.fleets import NOON, TODAY
from tests.package_repositories import APPID
from tests.packages import LIFT, sound_package

BOW = "acme_" + "0b0b" * 8
PRICE = {
    "currency": "EUR", "trial_days": 14, "minimum": "0",
    "charges": [
        {"kind": "fixed", "name": "robots", "amount": "20", "each": "robot", "counting": "peak"},
        {"kind": "use", "name": "rides", "counter": "lift.ride", "per": 1, "mode": "graduated",
         "tiers": [{"up_to": None, "unit": "0.02", "flat": "0"}]},
    ],
}  # fmt: skip
SHIPPED = {"text": {"en": "Rides lifts with guests.", "zh": "陪同客人乘坐电梯。"}}


@dataclass(frozen=True)
class SkillDesk:
    """`releases`: of the lift boy; `waits`, `refused`: numbers of submissions; `people`: ids by name."""

    inside: Context
    releases: tuple[Release, Release]
    waits: int
    refused: int
    people: dict[str, int]


def desk(store: Store, folder: Path) -> SkillDesk:
    """All of it, as of noon today. The fleet is that of `skill_shops.five_robots`."""
    skill_shops.five_robots(store)
    installation, inside = skill_shops.installed(folder), skill_shops.inside(store, folder)
    first = installation.publish(1, b"one", **skill_shops.MODELS, **SHIPPED)
    installation.publish(1, b"bow", appid=BOW, key="bow", intents=["bow&now"], name={"en": "Bow", "zh": "鞠躬"},
                         app_keys=["bow"], counter=[], runtime={**_runtime("bow"), "contract": 1})  # fmt: skip
    taken(follow_repository(inside, None))
    taken(catalogue.change_listing(inside, catalogue.ChangeListing(skill="bow", state=ListingState.WITHDRAWN)))
    taken(catalogue.change_listing(inside, catalogue.ChangeListing(skill="lift", industries=["museum", "hotel"])))
    for from_day, more in ((TODAY, {}), (TODAY + 40, {"trial_days": 0})):
        taken(catalogue.set_price(inside, catalogue.SetPrice(skill="lift", from_day=from_day, price=PRICE | more)))
    _entitle(inside)
    _put(store, inside, first)
    second = installation.publish(2, b"two", version="05.1000.0000", **skill_shops.MODELS, **SHIPPED)
    taken(follow_repository(inside, None))
    known = {name: _person(inside, name, role) for name, role in (
        ("Bo", Role.PUBLISHER), ("Ana", Role.SKILL_REVIEWER), ("Li", Role.SKILL_REVIEWER), ("Both", Role.ADMIN),
    )}  # fmt: skip
    bo = _as(inside, known["Bo"])
    wide = sound_package(appid=APPID, version="06.2000.0000", permissions=["go_to", "speak", "listen"], **SHIPPED)
    waits = _submit(bo, wide, 3)
    refused = _submit(bo, sound_package(LIFT + b"import ssl\n", appid=APPID, version="07"), 4)
    return SkillDesk(inside, (first, second), waits, refused, known)


def token_of(store: Store, person: int, name: str, role: Role) -> str:
    """A token that this person made: a session of it is that person's."""
    secret = f"secret-of-{name}-{person}"
    with store.write() as connection:
        made = tokens.create(
            connection, secret, name=name, role=role, account_external_id=None, now_s=NOON, person_id=person
        )
    assert not isinstance(made, Refused), made
    return secret


def taken(answer: Any) -> Any:
    assert not isinstance(answer, Refused), answer
    return answer


def _runtime(key: str) -> dict[str, Any]:
    return {"kind": "python", "entry": f"{key}.skill:{key.title()}", "version": "1"}


def _entitle(inside: Context) -> None:
    wanted = (
        {"account": "BETA", "origin": EntitledBy.GRANTED, "from_day": TODAY - 10, "robots_most": 1},
        {"account": "BETA", "origin": EntitledBy.TRIAL, "from_day": TODAY - 3, "to_day": TODAY + 11},
        {"account": "ACME", "origin": EntitledBy.TRIAL, "from_day": TODAY - 30, "to_day": TODAY - 2},
        {"account": "ACME", "origin": EntitledBy.GRANTED, "from_day": TODAY + 5},
    )
    for one in wanted:
        taken(entitlements.entitle(inside, entitlements.Entitle(skill="lift", **one)))
    for holder in ("Li Wei", "Zhao Min"):
        seat = entitlements.NameSeat(account="BETA", skill="lift", holder=holder, from_day=TODAY - 3)
        taken(entitlements.name_seat(inside, seat))


def _put(store: Store, inside: Context, release: Release) -> None:
    wanted = skill_publishing.SkillOnRobots(account="BETA", skill="lift", do="put", robots=("ktv-3", "ktv-4", "ktv-5"))
    taken(skill_publishing.publish_skill(inside, wanted))
    skill_shops.says(store, "ktv-3", "lift", release.sha256, "active")
    skill_shops.says(store, "ktv-4", "lift", release.sha256, "desired", "no_room: 3 MB are free")


def _person(inside: Context, name: str, role: Role) -> int:
    def add(connection: Any) -> int:
        made = people.add(
            connection, mail=f"{name}@example.com", name=name, language="en", roles=[role], csm=None, account_ids=(),
            stamp="", now_s=NOON,
        )  # fmt: skip
        if role is Role.PUBLISHER:  # who submits has a second factor
            people.change(connection, made, totp_secret="A" * 32, totp_set=True)
        return made

    return inside.write(add)


def _as(inside: Context, person: int) -> Context:
    return inside.seen_by(inside.read(lambda connection: people.caller_of(connection, person)))


def _submit(bo: Context, content: bytes, number: int) -> int:
    staged = StagePackage(appid=APPID, release=number, file=io.BytesIO(content))
    sent = taken(skill_repository.stage_package(bo, staged))
    wanted = skill_review.SubmitPackage(
        appid=APPID, release=number, sha256=sent.sha256, notes_en="Hears what guests say in the lift.",
        notes_zh="能听懂客人在电梯里说的话。",
    )  # fmt: skip
    sheet = taken(skill_review.submit_package(bo, wanted))
    number_of: int = sheet.submission.id
    return number_of
