"""An address of a channel makes the collector ask nobody but its service, and read no file."""

import builtins
import io
import socket
from pathlib import Path
from urllib.parse import quote

import apprise
import pytest

from collector.notifications import messaging

OFFERED = {
    "mailto": "mailto://me:pass@example.com",
    "mailtos": "mailtos://me:pass@example.com",
    "dingtalk": "dingtalk://abcdefgh12345",
    "wecombot": "wecombot://abcdefgh12345",
    "feishu": "feishu://abcdefgh-1234-5678",
    "lark": "lark://abcdefgh-1234-5678",
    "schan": "schan://abcdefgh12345",
    "wxpusher": "wxpusher://AT_appid/123456",
    "slack": "slack://TAAAAAAAA/BBBBBBBBB/aaaaaaaaaaaaaaaaaaaaaaaa/#general",
    "workflow": "workflow://hooks.example.com/workflow-id/signature",
    "workflows": "workflows://hooks.example.com/workflow-id/signature",
    "webex": "webex://" + "a" * 80,
    "wxteams": "wxteams://" + "a" * 80,
    "gchat": "gchat://workspace/key/token",
    "zulip": "zulip://botname@organization/" + "a" * 32,
    "discord": "discord://" + "1" * 18 + "/" + "b" * 68,
    "tgram": "tgram://123456789:abcdefg_hijklmnop/12315544",
    "line": "line://token/U123",
    "pover": "pover://" + "u" * 30 + "@" + "t" * 30,
    **{name: f"{name}://hooks.example.com/{'a' * 26}" for name in ("mmost", "mmosts")},
    **{name: f"{name}://user:pass@hooks.example.com/#room" for name in ("rocket", "rockets")},
    **{name: f"{name}://ntfy.example.com/topic" for name in ("ntfy", "ntfys")},
    **{name: f"{name}://gotify.example.com/token" for name in ("gotify", "gotifys")},
    **{name: f"{name}://bark.example.com/key" for name in ("bark", "barks")},
    **{name: f"{name}://hooks.example.com/x" for name in ("json", "jsons", "form", "forms", "xml", "xmls")},
}
ELSEWHERE = "planted.invalid"
PLANTED = [f"http://{ELSEWHERE}/x", "/planted/file.json", "file:///planted/file.json", "yes"]


def known_to_apprise() -> dict[str, set[str]]:
    """Every schema that Apprise knows with every parameter that it says it takes."""
    found: dict[str, set[str]] = {}
    for service in apprise.Apprise().details()["schemas"]:
        for schema in (*(service["protocols"] or ()), *(service["secure_protocols"] or ())):
            found.setdefault(schema, set()).update(service["details"]["args"])
    return found


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Hosts that were looked up and planted files that were opened while a notice was sent; nothing leaves here."""
    found: list[str] = []
    plain_open = io.open

    def lookup(host: object, *_: object, **__: object) -> object:
        found.append(str(host))
        raise socket.gaierror(socket.EAI_NONAME, "no network here")

    def opened(path: object, *args: object, **options: object) -> object:
        if "planted" in str(path):
            found.append(f"file {path}")
        return plain_open(path, *args, **options)  # type: ignore[call-overload]  # passes on what it got

    monkeypatch.setattr(apprise.URLBase, "throttle", lambda *_, **__: None)  # it waits seconds between two tries
    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setattr(builtins, "open", opened)
    monkeypatch.setattr(io, "open", opened)
    monkeypatch.setattr(Path, "open", opened)
    return found


def send(url: str) -> None:
    service = apprise.Apprise.instantiate(url, suppress_exceptions=True)
    if service is not None:
        service.notify(title="title", body="body")


def with_parameter(url: str, name: str, value: str) -> str:
    bare, _, _ = url.partition("?")
    return f"{bare}?{name}={quote(value, safe='')}"


def test_every_offered_service_has_an_address_that_is_taken() -> None:
    assert set(OFFERED) == set(messaging.SERVICES)
    assert {s: messaging.complaint_of(url, private=True) for s, url in OFFERED.items()} == dict.fromkeys(OFFERED)


def test_a_service_that_is_not_offered_is_refused() -> None:
    others = sorted(known_to_apprise().keys() - messaging.SERVICES.keys())
    assert len(others) > 100
    for schema in (*others, "https", "http", "file"):
        for url in (f"{schema}://hooks.example.com/a/b", f"{schema.upper()}://hooks.example.com", f"{schema}:/x"):
            assert messaging.complaint_of(url, private=True) is not None, url


@pytest.mark.parametrize("schema", sorted(OFFERED))
def test_a_parameter_that_is_not_listed_is_refused_by_name(schema: str) -> None:
    allowed = messaging.SERVICES[schema] | messaging.ANY_SERVICE
    for name in (
        known_to_apprise()[schema] - allowed
        | {"-get", ":payload", "Template", "attach"}
        | (set() if schema in messaging.TAKES_HEADERS else {"+header"})
    ):
        for url in (
            with_parameter(OFFERED[schema], name, PLANTED[0]),
            OFFERED[schema].partition("?")[0] + f"?format=text;{name}=x",
            OFFERED[schema].partition("?")[0] + f"?format=text&%20{name.upper()}%20=x",
        ):
            complaint = messaging.complaint_of(url, private=True)
            assert complaint is not None, url
            assert "parameter" in complaint


@pytest.mark.parametrize("schema", sorted(OFFERED))
def test_no_parameter_that_is_taken_leads_elsewhere_or_reads_a_file(schema: str, asked: list[str]) -> None:
    for name in sorted(messaging.SERVICES[schema] | messaging.ANY_SERVICE):
        for value in PLANTED:
            url = with_parameter(OFFERED[schema], name, value)
            if name != "smtp":  # names the mail server, which is judged like every host of an address
                send(url)
    assert [found for found in asked if "planted" in found] == []


def test_control_a_template_of_slack_would_be_fetched_or_read(asked: list[str]) -> None:
    for value in PLANTED[:2]:
        send(with_parameter(OFFERED["slack"], "template", value))
    assert {ELSEWHERE, "file /planted/file.json"} & set(asked)
