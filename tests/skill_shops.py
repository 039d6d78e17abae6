"""A skill sold to a customer with five robots: one of another model, two not connected; and what a robot says."""

import contextlib
import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from collector import config, context
from collector.access.caller import COMMAND_LINE, Caller, Role
from collector.accounts.ledger.kinds import who
from collector.context import Context
from collector.fleet.scope import Scope, account_id_of
from collector.ingest.decode import decode
from collector.operations import catalogue, entitlements, skill_publishing
from collector.operations.skill_repository import SignedDocument, accept_document
from collector.skillstore.entitlements.entitlement import EntitledBy
from collector.skillstore.repository.online import NAMES
from collector.store.engine import Store, open_store
from collector.values.refusal import Refused
from opk_skills.trust import keys, metadata
from opk_skills.trust.releases import Release
from protocol import codec, topics
from protocol.skill_proof import FACTS, proof
from tests import fleets
from tests.batches import commit
from tests.fleets import HOUR, NOON, TODAY
from tests.package_repositories import APPID, Installation, package, release

PRICE = {
    "currency": "EUR", "trial_days": 14, "minimum": "0",
    "charges": [{"kind": "fixed", "name": "robots", "amount": "20", "each": "robot", "counting": "peak"}],
}  # fmt: skip
ROBOTS = ("ktv-2", "ktv-3", "ktv-4", "ktv-5", "park-1")
MODELS = {"requires": {"core": "2.3.0", "models": ["greetbot"], "capabilities": ["go_to"]}}


def installed(folder: Path) -> Installation:
    """A package repository, with its keys where the collector reads them."""
    made = Installation(folder / "repository", now_s=NOON)
    made.found()
    (folder / "keys").mkdir()
    for name in NAMES:
        keys.write_key(made.keys[name], folder / "keys", None)
    return made


def settings_of(folder: Path) -> dict[str, str]:
    """Its publisher's signature is enough: reviews have tests of their own."""
    return {
        "skills_folder": str(folder / "repository"), "skills_keys": str(folder / "keys"), "skills_review": "false"
    }  # fmt: skip


def inside(store: Store, folder: Path) -> Context:
    """Whoever sits at the command line."""
    return context.of(config.load(settings_of(folder)), store, lambda: NOON, COMMAND_LINE)


def admin_of(asked: Context, account: str) -> Context:
    """A customer's admin of that account."""
    row_id = asked.read(lambda connection: account_id_of(connection, account))
    assert row_id is not None
    role = Role.CUSTOMER_ADMIN
    return asked.seen_by(Caller(0, f"admin of {account}", role, Scope.of(row_id), roles=frozenset({role})))


def published(asked: Context, installation: Installation, number: int, body: bytes = b"one", **changed: Any) -> Release:
    content = package(body, **changed)
    one = release(content, number)
    installation.repository.stage(APPID, number, io.BytesIO(content))
    draft = metadata.with_release(installation.folder.newest("acme"), one, NOON + 86_400 * 300)
    document = metadata.sign(draft, installation.keys["acme"]).decode()
    answer = accept_document(asked, SignedDocument(role="acme", document=document, files={}))
    assert not isinstance(answer, Refused), answer
    return one


def five_robots(store: Store) -> None:
    """BETA has two of the story, and three more of one model."""
    fleets.story(store)
    for name in ROBOTS[1:4]:
        one = fleets.Writer(name)
        one.start(NOON - 48 * HOUR, agent="0.1.0", clean=True, timezone="UTC", model="greetbot", rom="V9.1")
        one.counts(NOON - 48 * HOUR, 40, foot_traffic=5, delivery=6)
        one.send(store, NOON)
        fleets.presence(store, name, "online", NOON)
    with store.write() as connection:
        fleets.add(connection, "deployment", *(
            who.Deployment(id=f"deployment-{name}", robot=name, account="BETA", from_day=TODAY - 20, to_day=None)
            for name in ROBOTS[1:4]
        ))  # fmt: skip


def improved(store: Store, folder: Path) -> Release:
    """As `sold`, on three robots of BETA; the answer is a second version, which nobody has."""
    installation, asked = installed(folder), inside(store, folder)
    first = sold(store, folder, installation=installation)
    wish = skill_publishing.SkillOnRobots(account="BETA", skill=first.key, do="put", robots=ROBOTS[1:4])
    answer = skill_publishing.publish_skill(asked, wish)
    assert not isinstance(answer, Refused), answer
    assert answer.changed == len(wish.robots)
    return published(asked, installation, 2, b"two", version="0.3.0", **MODELS)


def sold(
    store: Store, folder: Path, robots_most: int | None = None, installation: Installation | None = None
) -> Release:  # fmt: skip
    """The lift boy for greetbots, priced, and BETA may have it."""
    installation, asked = installation or installed(folder), inside(store, folder)
    one = published(asked, installation, 1, **MODELS)
    answers = [
        catalogue.set_price(asked, catalogue.SetPrice(skill=one.key, from_day=TODAY, price=PRICE)),
        entitlements.entitle(asked, entitlements.Entitle(
            account="BETA", skill=one.key, origin=EntitledBy.GRANTED, from_day=TODAY, robots_most=robots_most
        )),
    ]  # fmt: skip
    assert not [one for one in answers if isinstance(one, Refused)]
    return one


def says(store: Store, robot: str, skill: str, digest: str, upto: str, reason: str = "") -> None:
    """What the robot retains of it: the facts up to one of them, and why it stops there."""
    facts = dict.fromkeys(FACTS[: FACTS.index(upto) + 1], digest)
    told = [{"skill": skill, **facts, **({"reason": reason} if reason else {})}]
    form = {"v": 1, "robot": robot, "revision": 1, "skills": told, "proof": proof(told)}
    commit(store, decode(topics.reported(robot), codec.encode(form)), received_s=int(NOON))


@contextlib.asynccontextmanager
async def open_shop(folder: Path, stock: Callable[[Store, Path], Release]) -> AsyncIterator[fleets.Site]:
    """Five robots and what `stock` sells them, served; `release` of the site is what it answers."""
    with contextlib.closing(open_store(f"sqlite:///{folder}/fleet.db")) as store:
        five_robots(store)
        sold_now = stock(store, folder)
        async with fleets.site(store, **settings_of(folder)) as site:
            site.release = sold_now  # type: ignore[attr-defined] # the tests of one file read it
            yield site
