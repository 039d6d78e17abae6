"""A robot gets its name: a code from the cockpit, a key that never leaves, a certificate that the broker takes."""

import asyncio
import contextlib
import json
import stat

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from collector.access.caller import Caller, Role
from collector.fleet.scope import EVERYTHING
from collector.operations import pairing
from collector.operations.pairing import OfferPairing, PairRobot
from collector.store.engine import open_store
from collector.values.refusal import Refused
from edge_agent.setup import pairing as robots_side
from edge_agent.setup.files import CREDENTIALS, ROOT_OF_TRUST
from edge_agent.setup.pairing import NotPaired, pair
from tests import fleets
from tests.brokers import Certificates, Mosquitto
from tests.integration.edge_agent.test_app import Agent
from tests.package_repositories import Installation
from tests.waiting import until_async

ENGINEER = Caller(7, "engineer", Role.FLEET_ENGINEER, EVERYTHING)


@pytest.fixture
async def centre(tmp_path, clock):
    certificates = Certificates(tmp_path / "authority").make()
    Installation(tmp_path / "repository", now_s=fleets.NOON).found()
    with contextlib.closing(open_store(f"sqlite:///{tmp_path}/fleet.db")) as store:
        fleets.story(store)
        given = {"robots_authority": str(certificates.folder), "skills_folder": str(tmp_path / "repository")}
        async with fleets.site(store, clock=clock, **given) as site:
            site.certificates = certificates
            yield site


def offered(centre, robot="hall-9", account="ACME", **more):
    asked = OfferPairing(robot=robot, account=account, **more)
    return pairing.offer_pairing(centre.parts.context.seen_by(ENGINEER), asked)


async def paired(centre, root, code):
    return await asyncio.to_thread(pair, root, code, centre.url, None)


def credentials(root):
    return root / CREDENTIALS.lstrip("/")


def acts(centre):
    with centre.store.read() as connection:
        rows = connection.exec_driver_sql("SELECT act, who, said FROM audit ORDER BY id").all()
    return [(act, who, json.loads(said)) for act, who, said in rows]


async def test_a_code_gives_a_robot_its_name_certificate_and_first_root(centre, tmp_path):
    root = tmp_path / "robot"
    code = offered(centre, site="Hall 9, ground floor")
    answer = await paired(centre, root, code.code.lower().replace("-", " "))  # as somebody types it
    assert answer["robot"] == "hall-9"
    key, certificate = (credentials(root) / name for name in ("key", "cert"))
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    made = x509.load_pem_x509_certificate(certificate.read_bytes())
    assert made.subject.rfc4514_string() == "CN=hall-9"
    assert made.not_valid_before_utc.year == 1970
    assert made.public_key() == load_pem_private_key(key.read_bytes(), None).public_key()
    assert json.loads((root / ROOT_OF_TRUST.lstrip("/")).read_text())["signed"]["_type"] == "root"
    known = pairing.robot_key(centre.parts.context.seen_by(ENGINEER), "hall-9").key
    assert (known.fingerprint, known.account, known.site, known.who) == (
        answer["fingerprint"], "ACME", "Hall 9, ground floor", "engineer"
    )  # fmt: skip
    noted = acts(centre)
    assert ("robot_paired", "clock", {"robot": "hall-9", "key": answer["fingerprint"]}) in noted
    assert [about for act, _, about in noted if act == "offer_pairing"] == [{"robot": "hall-9", "account": "ACME"}]
    assert code.code not in json.dumps(noted)


async def test_the_broker_takes_the_paired_robot_by_its_certificate_and_name(centre, tmp_path):
    root, certificates = tmp_path / "robot", centre.certificates
    lines = ("require_certificate true", "use_identity_as_username true")
    with contextlib.ExitStack() as stack:
        broker = Mosquitto(tmp_path / "broker", tls=certificates, lines=lines).start()
        stack.callback(broker.kill)
        await paired(centre, root, offered(centre).code)
        agent = Agent(tmp_path, broker.url)
        agent.start(
            EDGE_AGENT_ROBOT="hall-9", EDGE_AGENT_TLS_CA_FILE=str(credentials(root) / "ca"),
            EDGE_AGENT_TLS_CERT_FILE=str(credentials(root) / "cert"),
            EDGE_AGENT_TLS_KEY_FILE=str(credentials(root) / "key"),
        )  # fmt: skip
        stack.callback(agent.kill)
        await until_async(lambda: ((agent.status() or {}).get("link") or {}).get("connected"))
    assert "hall-9" in broker.log


async def test_a_code_is_used_once_and_for_ten_minutes(centre, tmp_path, clock):
    code = offered(centre).code
    await paired(centre, tmp_path / "one", code)
    with pytest.raises(NotPaired, match="wrong, was used, or is over"):
        await paired(centre, tmp_path / "two", code)
    late = offered(centre, "hall-10").code
    clock.now += 601
    with pytest.raises(NotPaired, match="is over"):
        await paired(centre, tmp_path / "three", late)
    clock.now -= 2  # the control
    await paired(centre, tmp_path / "four", late)


async def test_a_newer_code_for_the_same_name_ends_the_one_before(centre, tmp_path):
    first, second = offered(centre).code, offered(centre).code
    with pytest.raises(NotPaired):
        await paired(centre, tmp_path / "one", first)
    await paired(centre, tmp_path / "one", second)


async def test_a_name_is_never_given_to_a_second_key_without_a_person(centre, tmp_path):
    await paired(centre, tmp_path / "one", offered(centre).code)
    refused = offered(centre)
    assert isinstance(refused, Refused)
    assert refused.kind == "conflict"
    open_before = offered(centre, "hall-10").code
    again = offered(centre, replaces=True)
    await paired(centre, tmp_path / "one", again.code)  # the same key, after an answer that was lost
    swapped = offered(centre, replaces=True)
    answer = await paired(centre, tmp_path / "two", swapped.code)
    known = pairing.robot_key(centre.parts.context.seen_by(ENGINEER), "hall-9").key
    assert known.fingerprint == answer["fingerprint"]
    await paired(centre, tmp_path / "three", open_before)
    assert isinstance(offered(centre, "hall-10"), Refused)


async def test_a_code_made_before_another_key_had_the_name_gives_it_to_nobody(centre, tmp_path):
    """Two codes are out: one to replace, one plain; the plain one must not take the name from who has it."""
    context = centre.parts.context
    plain = offered(centre).code
    with centre.store.write() as connection:  # a key got the name by another way meanwhile
        connection.exec_driver_sql(
            "INSERT INTO robot_key SELECT robot, 'f00d', account_id, site, who, 0 FROM robot_code"
        )
    with pytest.raises(NotPaired, match="the name of another key"):
        await paired(centre, tmp_path / "one", plain)
    assert pairing.robot_key(context.seen_by(ENGINEER), "hall-9").key.fingerprint == "f00d"


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ("", "no certificate request"),
        ("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "no certificate request"),
        ("x" * 10_000, "not signed by its own key"),
    ],
)
async def test_what_is_no_request_uses_no_code_up(centre, tmp_path, request_, why):
    code = offered(centre).code
    answer = pairing.pair_robot(centre.parts.context, PairRobot(code=code, request=request_))
    assert isinstance(answer, Refused)
    assert why in answer.reason
    await paired(centre, tmp_path / "one", code)


async def test_guessing_is_slowed_down(centre, tmp_path):
    for _ in range(5):
        with pytest.raises(NotPaired, match="is over"):
            await paired(centre, tmp_path / "one", "AAAAA-AAAAA")
    with pytest.raises(NotPaired, match="too many wrong codes"):
        await paired(centre, tmp_path / "one", offered(centre).code)


async def test_an_authority_that_cannot_sign_uses_no_code_up(centre, tmp_path):
    code = offered(centre).code
    key = centre.certificates.folder / "ca.key"
    key.rename(key.with_suffix(".away"))
    with pytest.raises(NotPaired, match="cannot sign"):
        await paired(centre, tmp_path / "one", code)
    key.with_suffix(".away").rename(key)
    await paired(centre, tmp_path / "one", code)


def test_a_code_is_shown_over_https_only(tmp_path):
    with pytest.raises(robots_side.ConfigError, match="https://"):
        pair(tmp_path, "AAAAA-AAAAA", "http://cockpit.example", None)


async def test_the_key_is_on_the_disk_before_anything_is_said_and_stays(centre, tmp_path):
    root = tmp_path / "robot"
    with pytest.raises(NotPaired):
        await paired(centre, root, "AAAAA-AAAAA")
    before = (credentials(root) / "key").read_bytes()
    assert not (credentials(root) / "cert").exists()
    await paired(centre, root, offered(centre).code)
    assert (credentials(root) / "key").read_bytes() == before
    assert credentials(root).stat().st_mode & 0o077 == 0
