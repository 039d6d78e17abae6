"""What the status page does after the PIN, and who gets none of it: real requests, a real socket, files on a disk."""

import asyncio
import contextlib
import io
import json
import os

import pytest
from aiohttp.test_utils import TestClient, TestServer

from edge_agent.__main__ import main
from edge_agent.errors import ConfigError
from edge_agent.status import control, page, pin, self_testing
from edge_agent.status.page import application
from edge_agent.status.pin import Pins, too_weak
from tests.integration.edge_agent.status.test_status import fill, no_settings_of_this_machine, settings_in
from tests.unit.edge_agent.status.test_status import status

__all__ = ["no_settings_of_this_machine"]  # for every test here too
PIN, WRONG = "730492", "730493"


@contextlib.asynccontextmanager
async def robot(tmp_path, *, with_pin=True, done=True):
    """(client, what the agent was asked to do) beside a socket that answers as the agent does."""
    did = []

    def act(word):
        return lambda about: did.append((word, about)) or done

    acts = {word: act(word) for word in ("upload", "restart")}
    shown = status(pid=os.getpid(), outbox=status()["outbox"] | {"trouble": "", "dropped": 0, "oldest_at": None})
    serving = asyncio.create_task(control.serve(tmp_path / "control.sock", lambda: shown, acts))
    if with_pin:
        Pins.of(tmp_path).set(PIN)
    settings = settings_in(tmp_path, "mqtt://127.0.0.1:1")
    async with TestClient(TestServer(application(settings))) as client:
        try:
            yield client, did
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def post(client, number=PIN, do="upload", **more):
    headers = more.pop("headers", {})
    form = {"do": do, "pin": number, "lang": "en", **more}
    return await client.post("/act", data=form, headers=headers, allow_redirects=False)


async def test_the_right_pin_has_the_agent_act_and_the_page_says_so(tmp_path):
    async with robot(tmp_path) as (client, did):
        form = await (await client.get("/act?do=restart&skill=guide&lang=en")).text()
        assert "Restart guide" in form
        answer = await post(client, do="restart", skill="guide")
        assert (answer.status, answer.headers["Location"]) == (303, "/?lang=en&done=restart")
        assert "started anew" in await (await client.get(answer.headers["Location"])).text()
        await post(client)
        assert did == [("restart", "guide"), ("upload", "")]


async def test_a_wrong_pin_does_nothing_and_says_what_follows(tmp_path):
    async with robot(tmp_path) as (client, did):
        answer = await post(client, WRONG)
        assert (answer.status, did) == (403, [])
        assert "4 more at once" in await answer.text()
        for _ in range(4):
            await post(client, WRONG)
        locked = await post(client, PIN)
        assert (locked.status, did) == (429, [])
        assert "Too many wrong PINs: wait 5 min" in (await locked.text()).replace("\u00a0", " ")


async def test_tries_are_counted_on_the_disk_before_they_are_looked_at(tmp_path, monkeypatch):
    """The control: without the file's count, another process may try again."""
    pins = Pins.of(tmp_path)
    pins.set(PIN)
    monkeypatch.setattr(pin, "_hash", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    for _ in range(5):
        with pytest.raises(KeyboardInterrupt):  # the process is killed while it looks
            pins.asked(WRONG, "10.0.0.9", "")
    monkeypatch.undo()
    assert Pins.of(tmp_path).asked(PIN, "10.0.0.9", "").answer == "wait"
    (tmp_path / "page" / "tries.json").unlink()
    assert Pins.of(tmp_path).asked(PIN, "10.0.0.9", "").answer == "unreadable", "what is missing is not no tries"
    Pins.of(tmp_path).forgive()
    assert Pins.of(tmp_path).asked(PIN, "10.0.0.9", "").answer == "right", "the control"


async def test_a_guest_locks_out_strangers_for_a_while_and_no_phone_that_was_here_before(tmp_path):
    pins = Pins.of(tmp_path)
    pins.set(PIN)
    known = pins.asked(PIN, "10.0.0.2", "").phone
    for number in range(60):
        pins.asked(WRONG, f"10.0.1.{number}", "")
    assert pins.asked(PIN, "10.0.0.7", "").answer == "wait", "the control: a phone that nobody knows"
    assert pins.asked(PIN, "10.0.0.2", known).answer == "right"
    assert pins.asked(PIN, "10.0.0.2", f"{known}0").answer == "wait", "a cookie that is not of this robot"


async def test_without_a_pin_nothing_acts_and_there_is_none_before_somebody_sets_it(tmp_path):
    async with robot(tmp_path, with_pin=False) as (client, did):
        assert "No PIN is set" in await (await client.get("/?lang=en")).text()
        for guess in ("", "0000", "123456", PIN):
            assert (await post(client, guess)).status == 403
        assert did == []


WEAK = (
    "",
    "12345",
    "123456",
    "987654",
    "111111",
    "121212",
    "abcdef",
    "1234567890123",
    "\u0663\u0664\u0665\u0666\u0667\u0668",
)


@pytest.mark.parametrize("weak", WEAK)
def test_a_pin_that_anybody_would_try_is_not_taken(tmp_path, weak):
    assert too_weak(weak)
    with pytest.raises(ConfigError, match="choose another one"):
        Pins.of(tmp_path).set(weak)
    assert not too_weak(PIN), "the control"


def test_the_command_sets_it_and_another_one_makes_known_phones_strangers(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert main(["pin", "--state-dir", str(tmp_path)]) == 2
    assert "6 to 12 digits" in capsys.readouterr().err
    pins = Pins.of(tmp_path)
    pins.set(PIN)
    assert (tmp_path / "page" / "pin.json").stat().st_mode & 0o777 == 0o600
    assert PIN not in (tmp_path / "page" / "pin.json").read_text()
    phone = pins.asked(PIN, "a", "").phone
    pins.set("905813")
    assert pins.asked("905813", "a", phone).phone != phone
    assert pins.asked(PIN, "a", "").answer == "wrong"
    assert main(["pin", "--forgive", "--state-dir", str(tmp_path)]) == 0


NO_FORMS = (
    "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded; charset=nonsense", "multipart/mixed; boundary=x", "x",
)  # fmt: skip


@pytest.mark.parametrize("kind", NO_FORMS)
async def test_a_body_that_is_no_form_does_nothing_and_is_no_error_of_ours(tmp_path, kind):
    async with robot(tmp_path) as (client, did):
        answer = await client.post("/act", data=b"--x\r\n\xff", headers={"Content-Type": kind})
        assert answer.status in {400, 404}, "404: a form that names no act"
        assert did == []


async def test_a_form_of_another_site_and_another_name_are_refused(tmp_path):
    async with robot(tmp_path) as (client, did):
        assert (await post(client, headers={"Origin": "http://evil.example"})).status == 403
        assert (await post(client, headers={"Host": "evil.example"})).status == 400
        assert did == []
        own = f"http://{client.host}:{client.port}"
        assert (await post(client, headers={"Origin": own})).status == 303, "the control"


async def test_who_is_not_the_agents_user_may_ask_and_not_act(tmp_path, monkeypatch):
    async with robot(tmp_path) as (client, did):
        monkeypatch.setattr(control, "_uid", lambda _: 65534)
        answer = await post(client)
        assert (answer.headers["Location"], did) == ("/?lang=en&done=not_connected", [])
        shown = await asyncio.to_thread(control.ask, tmp_path / "control.sock")
        assert shown["robot"]
        refused = await asyncio.to_thread(control.have, tmp_path / "control.sock", "upload")
        assert refused == {"refused": "not_allowed"}
        monkeypatch.undo()
        assert await asyncio.to_thread(control.have, tmp_path / "control.sock", "upload") == {"done": True}
        assert await asyncio.to_thread(control.have, tmp_path / "control.sock", "dance") == {"refused": "unknown"}


async def test_the_self_test_leaves_its_result_on_the_page(tmp_path, monkeypatch):
    monkeypatch.setattr(self_testing, "ANSWER_WAIT_S", 0.0)
    async with robot(tmp_path) as (client, did):
        answer = await post(client, do="self_test")
        shown = await (await client.get(answer.headers["Location"])).text()
        assert "Not passed: number 4, 7" in shown  # a source of the story fails, and no answer came after the upload
        assert did == [("upload", "")]


async def test_the_diagnostics_are_a_file_of_what_is_listed(tmp_path):
    async with robot(tmp_path) as (client, _):
        answer = await client.get("/diagnostics.json")
        assert "attachment" in answer.headers["Content-Disposition"]
        found = json.loads(await answer.text())
        assert found["outbox"]["backlog"] == 3
        assert all(set(line) == {"grade", "subject"} for line in found["doctor"])


async def test_a_stopped_agents_doctor_runs_only_when_it_is_asked_for(tmp_path):
    await fill(tmp_path)
    async with TestClient(TestServer(application(settings_in(tmp_path, "mqtt://127.0.0.1:1")))) as client:
        plain = await (await client.get("/?lang=en")).text()
        assert "The agent does not run" in plain
        assert "Have it look" in plain
        assert "1 · settings" in await (await client.get("/?lang=en&doctor=1")).text()


async def test_the_page_stands_still_unless_it_is_told_to_refresh(tmp_path):
    async with robot(tmp_path) as (client, _):
        assert "Refresh" not in (await client.get("/")).headers
        assert (await client.get("/?watch=1")).headers["Refresh"] == "10"
        assert page.STYLE in await (await client.get("/")).text()
