"""The ceremony by commands alone: three people, a publisher, a package, a recall; and what a robot then believes."""

import json
import time
from pathlib import Path

import pytest

from collector.commands.skills import SkillsProblem
from collector.store.engine import open_store
from edge_agent.skills.errors import Untrusted
from edge_agent.skills.fetching import Fetching, Patience
from edge_agent.skills.trust import Trust
from opk_skills.package import build
from tests.integration.edge_agent.skills.test_trust import served
from tests.packages import DECLARED
from tests.settings_given import by_variables, run

APPID = "fw_" + "0e79" * 8
PASSPHRASE = ("--passphrase", "three words and more")


@pytest.fixture
def ceremony(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = f"sqlite:///{tmp_path}/fleet.db"
    open_store(store).close()
    chosen = {
        "store": store,
        "skills_folder": str(tmp_path / "repository"),
        "skills_keys": str(tmp_path / "online"),
        "skills_review": "false",
    }
    given = by_variables(chosen, tmp_path)

    def said(*command: str) -> str:
        done = run(("skills", *command), given)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    for name in ("ann", "bob", "cyn", "acme"):
        said("key", name, *PASSPHRASE)
    said("keys", "online")
    people = [part for name in ("ann", "bob", "cyn") for part in ("--person", f"{name}.pub.json")]
    said("draft", "root", *people, "--needed", "2", "--online", "online", "-o", "root.json")
    said("draft", "targets", "-o", "targets.json")
    return said


def signed(said, document: str, *people: str) -> None:
    for name in people:
        said("sign", document, "--key", f"{name}.key", *PASSPHRASE)


def founded(said) -> None:
    for document in ("root.json", "targets.json"):
        signed(said, document, "ann", "bob")
    said("found", "root.json", "targets.json")


def test_two_people_sign_copies_of_one_document_and_join_them(ceremony):
    signed(ceremony, "root.json", "ann", "bob")
    Path("copy.json").write_bytes(Path("targets.json").read_bytes())
    signed(ceremony, "targets.json", "ann")
    signed(ceremony, "copy.json", "cyn")
    assert ceremony("join", "targets.json", "copy.json") == "targets.json: targets version 1, joined\n"
    ceremony("found", "root.json", "targets.json")
    with pytest.raises(SkillsProblem, match="do not say the same"):
        ceremony("join", "targets.json", "root.json")


def test_a_publisher_withdraws_a_release_by_commands(ceremony):
    founded(ceremony)
    ceremony("draft", "targets", "--after", "targets.json", "--publisher", "fw=acme.pub.json", "-o", "next.json")
    signed(ceremony, "next.json", "bob", "cyn")
    ceremony("accept", "targets", "next.json")
    Path("guide.opk").write_bytes(package())
    ceremony("publish", "guide.opk", "--key", "acme.key", *PASSPHRASE)
    ceremony("fetch", "fw", "-o", "fw.json")
    with pytest.raises(SkillsProblem, match="is not offered"):
        ceremony("draft", "withdraw", APPID, "2", "--after", "fw.json", "-o", "fw.json")
    ceremony("draft", "withdraw", APPID, "1", "--after", "fw.json", "-o", "fw.json")
    signed(ceremony, "fw.json", "acme")
    ceremony("accept", "fw", "fw.json")
    assert json.loads(ceremony("show", "--json"))["releases"] == []


def test_a_ceremony_by_commands_ends_with_a_package_that_a_robot_believes(ceremony, tmp_path):
    founded(ceremony)
    ceremony("fetch", "targets", "-o", "next.json")
    ceremony("draft", "targets", "--after", "next.json", "--publisher", "fw=acme.pub.json", "-o", "next.json")
    signed(ceremony, "next.json", "bob", "cyn")
    ceremony("accept", "targets", "next.json")
    Path("guide.opk").write_bytes(package())
    assert ceremony("publish", "guide.opk", "--key", "acme.key", *PASSPHRASE) == f"guide.opk is release 1 of {APPID}\n"
    shown = json.loads(ceremony("show", "--json"))
    assert [(one["appid"], one["release"]) for one in shown["releases"]] == [(APPID, 1)]
    assert APPID in ceremony("show")
    (tmp_path / "robot").mkdir()
    with served(tmp_path / "repository") as server:
        trust = Trust(
            tmp_path / "robot", Path("root.json").read_bytes(), Fetching(server.url, None, Patience(20)), time.time
        )
        trust.refresh()
        assert trust.release(APPID, 1).length == len(package())
    ceremony(
        "draft",
        "recall",
        APPID,
        "1",
        "--grade",
        "faulty",
        "--reason-en",
        "x",
        "--reason-zh",
        "误",
        "-o",
        "recalls.json",
    )
    ceremony("fetch", "targets", "-o", "next.json")
    ceremony(
        "draft", "targets", "--after", "next.json", "--recalls", "recalls.json", "--revoke", "fw", "-o", "next.json"
    )
    signed(ceremony, "next.json", "ann", "cyn")
    ceremony("accept", "targets", "next.json", "--file", "fleet/recalls.json=recalls.json")
    with served(tmp_path / "repository") as server:
        trust = Trust(
            tmp_path / "robot", Path("root.json").read_bytes(), Fetching(server.url, None, Patience(20)), time.time
        )
        trust.refresh()
        assert [one.releases for one in trust.recalls()] == [(1,)]
        with pytest.raises(Untrusted):
            trust.release(APPID, 1)


def test_one_signature_of_two_is_said_with_who_can_still_sign(ceremony):
    signed(ceremony, "root.json", "ann")
    signed(ceremony, "targets.json", "ann", "bob")
    with pytest.raises(Exception, match=r"root has 1 of 2 signatures.*bob, cyn"):
        ceremony("found", "root.json", "targets.json")


def test_a_wrong_passphrase_and_a_foreign_file_are_one_line(ceremony):
    for arguments in (("sign", "root.json", "--key", "ann.key", "--passphrase", "no such words"),
                      ("sign", "ann.pub.json", "--key", "ann.key", *PASSPHRASE)):  # fmt: skip
        with pytest.raises(SkillsProblem) as caught:
            ceremony(*arguments)
        assert "\n" not in str(caught.value)


def refreshed(folder: Path, url: str) -> Trust:
    trust = Trust(folder, Path("root.json").read_bytes(), Fetching(url, None, Patience(20)), time.time)
    trust.refresh()
    return trust


def package() -> bytes:
    return build({**DECLARED, "appid": APPID}, {"skill.py": b"pass\n"})
