"""Every setting at every place that goes by it: the collector that serves, its jobs, its API, and the commands.

`TABLE` says which place obeys which setting. Each place is asked once for each way of giving settings, with all of them
changed, and tells what it went by. A setting without a line in the table, and a command without a place, fail.
"""

import asyncio
import contextlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from collector import app, built_in, config, context, scheduled
from collector.access.caller import THE_CLOCK
from collector.backtest import files as backtest_files
from collector.backtest import store_history
from collector.backtest.history import History
from collector.closing import runs
from collector.commands import serving
from collector.config import Settings
from collector.ingest import manifests
from collector.ingest.bounds import Bounds
from collector.ingest.witnesses import Witnesses
from collector.operations import backtest as operations_backtest
from collector.operations import skill_repository
from collector.scores import evidence
from collector.scores.errors import NoScore
from collector.store.engine import open_store
from collector.success import playbooks
from collector.values.keep import Keep
from tests import fleets, portfolios
from tests.brokers import Certificates
from tests.fleets import NOON, iso
from tests.policies import GRACE_DAYS, HEALTH
from tests.settings_given import WAYS, Given, by_variables, run

Seen = Mapping[str, Any]
MARK = "Of this installation"
KATHMANDU = "Asia/Kathmandu"  # 5:45 ahead: an hour there is no full hour elsewhere
KIRITIMATI = "Pacific/Kiritimati"  # 14 hours ahead: at noon it is the next day there
PERIOD = ("--from", iso(-364), "--to", iso(0))


class Reached(Exception):
    """What was to be seen has been seen; the rest need not run."""


# --- what is chosen ---------------------------------------------------------------------------------------------------


def with_mark(text: str, old: str) -> str:
    assert old in text
    return text.replace(old, f'en = "{MARK}"')


FILES = {
    "health_policy": HEALTH.text.replace(f"grace_days = {{ value = {GRACE_DAYS},", "grace_days = { value = 9,"),
    "lifecycle_policy": with_mark(built_in.LIFECYCLE_FILE.read_text(), 'en = "CSM named"'),
    "segment_policy": with_mark(built_in.SEGMENTS_FILE.read_text(), 'en = "Standard"'),
    "playbooks": with_mark(
        Path(playbooks.__file__).with_name("playbooks.toml").read_text().replace("max_days = 90", "max_days = 11"),
        'en = "Renewal is near and nothing has been done"',
    ),
}
"""Settings that name a file, and a file that is not the built-in one."""

PLAIN = {
    "mqtt": "mqtt://broker.example:1999", "mqtt_client_id": "hall", "store_wait_s": 71,
    "listen": "127.0.0.1:9", "part": "2/3",
    "share_group": "group-7", "secure_cookies": True, "register_unknown_robots": False, "hours_keep_days": 11,
    "events_keep_days": 12, "faults_keep_days": 13, "parked_keep_days": 14, "refused_readings_per_h": 15,
    "base_currency": "EUR",
    "base_timezone": KIRITIMATI, "closing_every_s": 77, "scoring_processes": 3, "deliver_to_private_networks": True,
    "trusted_proxies": "192.0.2.1", "gallery": True, "hosts": "fleet.example",
    "support_contact": "400 800 1234", "billing_contact": "bills@example.com", "bill_grace_days": 9,
    "public_url": "https://fleet.example", "oidc_issuer": "http://localhost:9",
    "oidc_client_id": "fleet", "oidc_client_secret": "a secret",
    "digest_hour": 5, "digest_timezone": KATHMANDU, "log_level": "debug", "log_form": "json",
    "skills_listen": "127.0.0.1:8", "skills_certificate": "/tls/site.pem", "skills_certificate_key": "/tls/site.key",
    "skills_robots_ca": "/tls/robots.pem", "skills_review": False,
}  # fmt: skip
MANIFEST = '[[counter]]\nkey = "hall.door"\nunit = "count"\nmost_per_h = 7\n'


@dataclass(frozen=True)
class Installation:
    """A store with a portfolio that is scored, and settings of which none is the default."""

    folder: Path
    chosen: Mapping[str, Any]

    @property
    def store(self) -> str:
        return str(self.chosen["store"])

    def sees(self, setting: str) -> Any:
        """What a place that obeys the setting tells."""
        of_files = dict.fromkeys(FILES, MARK) | {"health_policy": 9, "skill_manifests": 7, "playbooks.limits": 11}
        return of_files[setting] if setting in of_files else self.chosen[setting]


@pytest.fixture(scope="module")
def installation(tmp_path_factory) -> Installation:
    folder = tmp_path_factory.mktemp("installation")
    store_url = f"sqlite:///{folder}/hall.db"
    with contextlib.closing(open_store(store_url)) as store:
        fleets.story(store)
        portfolios.fill(store)
        fleets.scored(store)
    for name, text in FILES.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    named = {name: str(folder / f"{name}.toml") for name in FILES}
    (folder / "skills" / "hall").mkdir(parents=True)
    (folder / "skills" / "hall" / "skill.toml").write_text(MANIFEST)
    named |= {"skill_manifests": str(folder / "skills"), "skills_folder": str(folder / "repository")}
    named["skills_keys"] = str(folder / "keys")
    named["robots_authority"] = str(Certificates(folder / "authority").make().folder)
    return Installation(folder, {"store": store_url} | PLAIN | named)


# --- what the commands go by ------------------------------------------------------------------------------------------


def answered(command: tuple[str, ...], given: Given) -> Any:
    done = run((*command, "--json"), given)
    assert done.exit_code == 0, done.exception or done.output
    return json.loads(done.stdout)


def of_closing(closing: Any) -> Seen:
    return {
        "store": closing.store.url.render_as_string(), "base_currency": closing.base_currency,
        "base_timezone": closing.base_timezone,
        "health_policy": closing.policy.renewal.grace_days, "lifecycle_policy": closing.lifecycle.handover[0].en,
        "segment_policy": closing.segments.segment[-1].en, "playbooks": closing.playbooks["RENEWAL"].en,
        "playbooks.limits": closing.playbooks.limits.snooze_max_days, "scoring_processes": closing.processes,
    }  # fmt: skip


def by_score(given: Given, patch: pytest.MonkeyPatch) -> Seen:
    seen: dict[str, Any] = {}

    def score_days(closing: Any, *_: Any) -> runs.Run:
        seen.update(of_closing(closing))
        return runs.Run(state="done")

    patch.setattr(runs, "score_days", score_days)
    answered(("score",), given)
    return seen


def by_explain(given: Given, patch: pytest.MonkeyPatch) -> Seen:
    seen: dict[str, Any] = {}

    def explained(*_: Any, policy: Any, **__: Any) -> None:
        seen["health_policy"] = policy.renewal.grace_days
        raise NoScore("no score: none")

    patch.setattr(evidence, "explained", explained)
    run(("explain", "ACME"), given)
    return seen


def by_rates(given: Given, _: pytest.MonkeyPatch) -> Seen:
    shown = answered(("rates", *PERIOD), given)["rates"]
    return {"base_currency": shown["currency"], "health_policy": shown["grace_days"]}


def by_segments(given: Given, _: pytest.MonkeyPatch) -> Seen:
    shown = answered(("segments", "--day", iso(0)), given)
    return {"base_currency": shown[-1]["currency"], "segment_policy": shown[-1]["name"]}


def by_cta_list(given: Given, _: pytest.MonkeyPatch) -> Seen:
    titles = {one["rule"]: one["title"]["en"] for one in answered(("cta", "list"), given)["items"]}
    return {"playbooks": titles["RENEWAL"]}


def by_backtest(given: Given, patch: pytest.MonkeyPatch) -> Seen:
    seen: dict[str, Any] = {}

    def history(_: Any, basis: str, rates: Any, policy: Any, **__: Any) -> History:
        seen.update(base_currency=rates.base, health_policy=policy.renewal.grace_days)
        return History(rows=(), lives={}, through_day=0, source="store", basis=basis, policy=())

    patch.setattr(store_history, "history", history)
    run(("backtest",), given)
    return seen


def by_backtest_of_files(given: Given, patch: pytest.MonkeyPatch) -> Seen:
    seen: dict[str, Any] = {}

    def history_of(_pasts: Any, _day: int, rates: Any, policy: Any, *_: Any) -> None:
        seen.update(base_currency=rates.base, health_policy=policy.renewal.grace_days)
        raise Reached

    patch.setattr(backtest_files, "pasts", lambda *_: ([], 0))
    patch.setattr(operations_backtest, "history_of", history_of)
    run(("backtest", "--accounts", __file__, "--contracts", __file__, "--usage", __file__), given)
    return seen


def by_serve(given: Given, patch: pytest.MonkeyPatch) -> Seen:
    seen: dict[str, Any] = {}

    def started(settings: Settings, _: Any) -> None:
        seen.update(settings.model_dump(exclude={"log_level", "log_form", *FILES}))
        secret = ("store", "mqtt", "oidc_client_secret")
        seen.update({name: getattr(settings, name).get_secret_value() for name in secret})
        paths = ("skills_folder", "skills_keys", "skills_certificate", "skills_certificate_key", "skills_robots_ca",
                 "robots_authority")  # fmt: skip
        seen.update({name: str(getattr(settings, name)) for name in paths})
        policies = context.Policies(settings)
        seen.update(of_policies(policies))
        seen.update(skill_manifests=manifests.bounds_of(settings.skill_manifests).per_h("hall.door"))

    patch.setattr(app, "run", started)
    patch.setattr(serving, "configure", lambda level, form: seen.update(log_level=level, log_form=form))
    done = run(("serve",), given)
    assert done.exit_code == 0, done.exception
    return seen


def of_policies(policies: context.Policies) -> Seen:
    return {
        "health_policy": policies.health.renewal.grace_days, "lifecycle_policy": policies.lifecycle.handover[0].en,
        "segment_policy": policies.segments.segment[-1].en, "playbooks": policies.playbooks["RENEWAL"].en,
        "playbooks.limits": policies.playbooks.limits.snooze_max_days,
    }  # fmt: skip


# --- what the process goes by -----------------------------------------------------------------------------------------


def by_process(settings: Settings, patch: pytest.MonkeyPatch) -> Seen:
    """What `collector serve` makes of its settings before it listens."""
    seen: dict[str, Any] = {}

    class Groups:
        witnesses = Witnesses()

        def __init__(self, _: Any, *, register_unknown: bool, keep: Keep, bounds: Bounds, refused_per_h: int) -> None:
            seen.update(
                refused_readings_per_h=refused_per_h,
                register_unknown_robots=register_unknown, hours_keep_days=keep.hours_days,
                events_keep_days=keep.events_days, faults_keep_days=keep.faults_days, parked_keep_days=keep.parked_days,
                skill_manifests=bounds.per_h("hall.door"),
            )  # fmt: skip

    class Broker:
        settle = publish = lambda *_: None

        def __init__(self, url: Any, _: Any, *, part: Any, share_group: str, client_id: str) -> None:
            seen.update(mqtt=f"mqtt://{url.host}:{url.port}", part=f"{part[0]}/{part[1]}", share_group=share_group)
            seen.update(mqtt_client_id=client_id)

    def closings(closing: Any, _: Any) -> object:
        seen.update(of_closing(closing))
        return object()

    async def until_there(work: Any, wait_s: float) -> Any:
        seen["store_wait_s"] = wait_s
        return await work()

    async def served(_: Any, address: tuple[str, int], setting: str = "listen", *_tls: Any) -> None:
        seen[setting] = f"{address[0]}:{address[1]}"
        if setting == "listen":
            raise Reached

    def tls(certificate: Path, key: Path, robots: Path | None) -> None:
        seen.update(skills_certificate=str(certificate), skills_certificate_key=str(key), skills_robots_ca=str(robots))

    def repository(folder: Path) -> None:
        seen["skills_folder"] = str(folder)

    for name, double in (
        ("Groups", Groups),
        ("Broker", Broker),
        ("Runs", closings),
        ("_web", served),
        ("until_there", until_there),
    ):
        patch.setattr(app, name, double)
    patch.setattr(app.packages, "tls", tls)
    patch.setattr(app.packages, "application", repository)
    with pytest.raises(Reached):
        asyncio.run(app.serve(settings))
    return dict.fromkeys(Settings.model_fields) | seen


def by_jobs(settings: Settings, _: pytest.MonkeyPatch) -> Seen:
    with contextlib.closing(open_store(settings.store.get_secret_value())) as store:
        asked = context.of(settings, store, lambda: NOON, THE_CLOCK)
        periods = {job.name: job.every_s for job in scheduled.jobs(asked, Keep())}
        keys: dict[str, Any] = {}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(skill_repository.Online, "load", lambda folder: keys.update(skills_keys=str(folder)))
            skill_repository.issue_repository(asked, None)
        sending = scheduled.sending(asked)
    digest = datetime.fromtimestamp(sending.digest_at(NOON), UTC)
    private = {sender.private if hasattr(sender, "private") else sender._private for sender in sending.senders.values()}
    return {
        "closing_every_s": periods["closing"], "digest_hour": digest.astimezone(ZoneInfo(KATHMANDU)).hour,
        "digest_timezone": KATHMANDU if digest.minute == 15 else "UTC",
        "deliver_to_private_networks": private == {True}, "skills_keys": keys.get("skills_keys"),
    }  # fmt: skip


def by_api(settings: Settings, _: pytest.MonkeyPatch) -> Seen:
    return asyncio.run(asked_of_the_api(settings))


async def asked_of_the_api(settings: Settings) -> Seen:
    with contextlib.closing(open_store(settings.store.get_secret_value())) as store:
        given = settings.model_dump(exclude={"store", "mqtt"}, exclude_unset=True)
        async with fleets.site(store, **given) as site:

            async def got(path: str) -> Any:
                status, answer = await site.get(path)
                assert status == 200, answer
                return answer

            rates = (await got(f"/rates?from={iso(-364)}&to={iso(0)}"))["rates"]
            taken, _ = await site.ask("POST", "/webhooks", "admin", json={"url": "http://127.0.0.1:9/"})
            hall = {"name": "hall", "url": "json://127.0.0.1:9/"}
            channel_taken, _ = await site.ask("POST", "/notice-channels", "admin", json=hall)
            somebody = {"mail": "li@example.com", "name": "Li", "lang": "en", "roles": ["viewer"]}
            _, invited = await site.ask("POST", "/people", "admin", json=somebody)
            door = await (await site.client.get(f"{site.url}/sign-in")).text()
            entry = {"data": {"token": site.secrets["staff"]}, "allow_redirects": False}
            signed_in = await site.client.post(f"{site.url}/sign-in", **entry)
            _, too_late = await site.ask("POST", "/ctas/1/snooze", "staff", json={"until": iso(400)})
            titles = {rule["rule"]: rule["title"]["en"] for rule in await got("/playbooks")}
            return {
                "base_timezone": KIRITIMATI if (await got("/rates"))["rates"]["as_of"] == iso(1) else "UTC",
                "base_currency": rates["currency"], "health_policy": rates["grace_days"],
                "segment_policy": (await got("/segments"))[-1]["name"], "playbooks": titles["RENEWAL"],
                "playbooks.limits": 11 if iso(11) in json.dumps(too_late) else too_late,
                "lifecycle_policy": (await got("/lifecycle/handovers"))["items"][0]["steps"][0]["name"],
                "deliver_to_private_networks": (taken, channel_taken) == (201, 201),
                "public_url": invited["invitation"]["link"].rpartition("/link/")[0],
                "oidc_issuer": "http://localhost:9" if "/sign-in/company" in door else "",
                "secure_cookies": "Secure" in signed_in.headers["Set-Cookie"],
                "skills_review": (await site.get("/skills/repository"))[1].get("review_wanted", True),
                "robots_authority": await signed_by(site, settings.robots_authority),
            }  # fmt: skip


async def signed_by(site: fleets.Site, folder: Path | None) -> str:
    """The folder of the authority, where a robot that is paired gets a certificate of it; else what it gets."""
    _, offered = await site.ask("POST", "/robots/hall-99/pairing", "admin", json={"account": "ACME"})
    key = ec.generate_private_key(ec.SECP256R1())
    asked = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    shown = {"code": offered["code"], "request": asked.public_bytes(Encoding.PEM).decode()}
    _, answer = await site.ask("POST", "/pair", "admin", json=shown)
    ours = folder is not None and answer["authority"] == (folder / "ca.crt").read_text()
    return str(folder) if ours else answer["authority"]


# --- the table --------------------------------------------------------------------------------------------------------

COMMANDS: Mapping[str, Callable[[Given, pytest.MonkeyPatch], Seen]] = {
    "serve": by_serve, "score": by_score, "explain": by_explain, "rates": by_rates, "segments": by_segments,
    "cta list": by_cta_list, "backtest": by_backtest, "backtest of files": by_backtest_of_files,
}  # fmt: skip
IN_PROCESS: Mapping[str, Callable[[Settings, pytest.MonkeyPatch], Seen]] = {
    "process": by_process, "jobs": by_jobs, "API": by_api,
}  # fmt: skip
TABLE: Mapping[str, tuple[str, ...]] = {
    "store": ("process", "score"),  # and every command, below
    "mqtt": ("process",),
    "mqtt_client_id": ("process",),
    "store_wait_s": ("process",),
    "listen": ("process",),
    "part": ("process",),
    "share_group": ("process",),
    "secure_cookies": ("API",),
    "trusted_proxies": (),
    "hosts": (),
    "support_contact": (),  # a page of the portal names it: web/test_portal.py
    "billing_contact": (),  # the same page
    "bill_grace_days": (),  # skillstore/bills/test_closing.py: two settings of it, two answers
    "public_url": ("API",),
    "oidc_issuer": ("API",),
    "oidc_client_id": (),
    "oidc_client_secret": (),
    "register_unknown_robots": ("process",),
    "hours_keep_days": ("process",),
    "events_keep_days": ("process",),
    "faults_keep_days": ("process",),
    "parked_keep_days": ("process",),
    "refused_readings_per_h": ("process",),
    "base_currency": ("process", "API", "score", "rates", "segments", "backtest", "backtest of files"),
    "base_timezone": ("process", "API", "score"),
    "health_policy": ("process", "API", "score", "explain", "rates", "backtest", "backtest of files"),
    "lifecycle_policy": ("process", "API", "score"),
    "segment_policy": ("process", "API", "score", "segments"),
    "playbooks": ("process", "API", "score", "cta list"),
    "skill_manifests": ("process",),
    "closing_every_s": ("jobs",),
    "scoring_processes": ("process", "score"),
    "deliver_to_private_networks": ("API", "jobs"),
    "digest_hour": ("jobs",),
    "digest_timezone": ("jobs",),
    "skills_folder": ("process",),
    "skills_keys": ("jobs",),
    "skills_review": ("API",),
    "skills_listen": ("process",),
    "skills_certificate": ("process",),
    "skills_certificate_key": ("process",),
    "skills_robots_ca": ("process",),
    "robots_authority": ("API",),
    "log_level": (),
    "gallery": (),
    "log_form": (),
}
"""Setting -> the places that go by it; `serve` hands on every one."""
PARTS = {"playbooks.limits": ("process", "API", "score")}  # the numbers of a file beside its rules

CASES = [
    (setting, place, way)
    for setting, places in (TABLE | PARTS).items()
    for place in ("serve", *places)
    for way in (WAYS if place in COMMANDS else ("settings",))
]


@pytest.fixture(scope="module")
def ask(installation, tmp_path_factory) -> Callable[..., Seen]:
    """What a place went by, with these settings given in that way. Each is asked once."""
    known: dict[Any, Seen] = {}

    def asked(place: str, way: str, chosen: Mapping[str, Any]) -> Seen:
        key = (place, way, len(chosen))
        if key not in known:
            folder = tmp_path_factory.mktemp("here")
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(folder)
                if place in COMMANDS:
                    known[key] = COMMANDS[place](WAYS[way](chosen, folder), patch)
                else:
                    shutil.copy(installation.folder / "hall.db", folder / "hall.db")  # tokens are written into it
                    copied = dict(chosen) if place == "process" else chosen | {"store": f"sqlite:///{folder}/hall.db"}
                    known[key] = IN_PROCESS[place](config.load(copied), patch)
        return known[key]

    return asked


def complaint(seen: Seen, setting: str, wanted: Any) -> str | None:
    return None if seen[setting] == wanted else f"{setting} is {seen[setting]!r}, not {wanted!r}"


def test_every_setting_is_in_the_table():
    assert set(TABLE) == set(Settings.model_fields)
    assert {place for places in TABLE.values() for place in places} <= COMMANDS.keys() | IN_PROCESS.keys()


@pytest.mark.parametrize(("setting", "place", "way"), CASES)
def test_every_place_obeys_the_setting(ask, installation, setting, place, way):
    seen = ask(place, way, installation.chosen)
    assert complaint(seen, setting, installation.sees(setting)) is None


@pytest.mark.parametrize(
    ("setting", "place"),
    [(setting, place) for setting, place, way in CASES if way != "--config" and setting != "store"],
)
def test_a_place_that_ignores_the_setting_is_caught(ask, installation, setting, place):
    """The control: the same places are given nothing but the store, as if they looked at nothing else."""
    way = "COLLECTOR_CONFIG" if place in COMMANDS else "settings"
    seen = ask(place, way, {"store": installation.store})
    assert complaint(seen, setting, installation.sees(setting)) is not None


@pytest.mark.parametrize("setting", FILES)
def test_a_bad_file_stops_the_start_in_one_line_that_names_setting_and_file(tmp_path, monkeypatch, setting):
    monkeypatch.chdir(tmp_path)
    for text in ("not TOML", "[strange]\nx = 1\n"):
        file = tmp_path / "bad.toml"
        file.write_text(text, encoding="utf-8")
        done = run(("serve",), by_variables({setting: file}, tmp_path))
        assert str(done.exception).startswith(f"{setting} {file}: ")
        assert "\n" not in str(done.exception)
        assert [found.name for found in tmp_path.iterdir()] == ["bad.toml"], "no store is made"
