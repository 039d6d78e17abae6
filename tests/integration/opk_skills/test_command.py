"""The way of a new developer, with the command as it is installed: new, lint, test, build, inspect, run."""

import json
import os
import subprocess
import sys

import pytest

from opk_skills.catalogue import HERE
from opk_skills.folder import packed
from tests import ROOT
from tests.waiting import DEADLINE_S

ENVIRON = {**os.environ, "PYTHONPATH": str(ROOT), "OPK_LANGUAGE": "en"}


def called(*words, code=0, **environ):
    done = subprocess.run(
        [sys.executable, *map(str, words)], env=ENVIRON | environ, capture_output=True, text=True, timeout=DEADLINE_S,
        check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def opk(*words, **more):
    return called("-m", "opk_skills", *words, **more)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    into = tmp_path_factory.mktemp("skills")
    opk("new", "lift_boy", "--into", into)
    return into / "lift_boy"


def test_a_new_skill_is_right_and_its_own_tests_pass(folder):
    assert "lift_boy 0.1.0: right; counts plays" in opk("lint", folder)
    told = called("-m", "pytest", "-q", "-p", "no:cacheprovider", folder)
    assert "3 passed" in told


def test_it_is_built_to_the_same_bytes_and_a_package_says_what_is_in_it(folder, tmp_path):
    one, two = tmp_path / "one.opk", tmp_path / "two.opk"
    opk("build", folder, "-o", one)
    opk("build", folder, "-o", two, TZ="Asia/Shanghai")
    assert one.read_bytes() == two.read_bytes()
    said = json.loads(opk("inspect", one, "--json"))
    assert said["manifest"]["key"] == "lift_boy"
    assert "lift_boy.greeting <= 360/h" in opk("inspect", one)


def test_a_run_shows_what_was_counted_beside_what_the_body_saw(folder):
    said = json.loads(opk("run", folder, "--speed", 50, "--guests", 3, "--say", "lift_boy&start", "--json"))
    assert said["refused"] == {}
    assert said["counted"]["lift_boy.greeting"] == 3
    assert said["counted"]["plays"] == said["witnessed"]["plays"]
    assert "lift_boy.greeting" in opk("run", folder, "--speed", 50, "--say", "lift_boy&start")


def test_the_help_and_a_refusal_are_in_chinese_for_who_speaks_it(folder):
    assert "机器人" in opk("--help", OPK_LANGUAGE="zh")
    assert "package" in opk("--help", OPK_LANGUAGE="en_GB.UTF-8")
    assert "已存在" in opk("new", "lift_boy", "--into", folder.parent, code=1, OPK_LANGUAGE="zh_CN.UTF-8")


def test_a_file_that_is_no_package_is_refused_in_one_line(tmp_path, folder):
    (tmp_path / "no.opk").write_bytes(b"PK\x03\x04" + bytes(600))
    assert "opk build" in opk("inspect", tmp_path / "no.opk", code=1)
    assert "cannot be read" in opk("inspect", tmp_path / "gone.opk", code=1)
    assert "cannot be written" in opk("build", folder, "-o", tmp_path / "no" / "such" / "x.opk", code=1)


def test_settings_that_do_not_fit_are_refused_before_anything_runs(tmp_path, folder):
    (tmp_path / "settings.json").write_text('{"ask": "perhaps"}')
    assert "ask: boolean is expected" in opk("run", folder, "--settings", tmp_path / "settings.json", code=1)


def test_a_skill_that_breaks_ends_the_run_with_what_it_said(folder, tmp_path):
    broken = tmp_path / "lift_boy"
    broken.mkdir()
    for path in folder.iterdir():
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            text = text.replace('await self.say("hello")', "1 / 0")
            (broken / path.name).write_text(text, encoding="utf-8")
    said = opk("run", broken, "--speed", 50, "--guests", 1, code=1)
    assert "ZeroDivisionError" in said
    assert "ended with code 1" in said


def test_a_manifest_of_format_1_is_rewritten_and_stays_what_it_was(tmp_path):
    (tmp_path / "lift").mkdir()
    file = tmp_path / "lift" / "skill.toml"
    file.write_text(
        'format = 1 # old\nkey = "lift"\n'.replace(" # old", "")
        + 'role = "skill"\nappid = "fw_00000000000000000000000000000001"\napp_keys = ["lift"]\npublished = false\n'
        'version = "0.1.0"\nscenes = []\npriority = 2\nintents = []\ncounts = []\n[name]\nen = "Lift"\nzh = "乘梯"\n'
        '[requires]\ncore = "2.3.0"\nmodels = []\n',
        encoding="utf-8",
    )
    assert "in this format now" in opk("migrate", tmp_path / "lift")
    assert "format = 2" in file.read_text(encoding="utf-8")
    assert "already" in opk("migrate", tmp_path / "lift")


def test_a_makers_signature_holds_for_these_bytes_and_no_others(folder, tmp_path):
    secret = {"OPK_PASSPHRASE": "twelve letters and more"}
    file, other = tmp_path / "one.opk", tmp_path / "other.opk"
    opk("build", folder, "-o", file)
    opk("key", "ann", "--out", tmp_path, **secret)
    opk("key", "bob", "--out", tmp_path, **secret)
    opk("sign", file, "--key", tmp_path / "ann.key", **secret)
    assert "signed by ann" in opk("verify", file, "--maker", tmp_path / "ann.pub.json")
    assert "bob has not signed" in opk("verify", file, "--maker", tmp_path / "bob.pub.json", code=1)
    other.write_bytes(packed(HERE / "guide"))
    signature = tmp_path / "one.opk.sig"
    said = opk("verify", other, "--maker", tmp_path / "ann.pub.json", "--signature", signature, code=1)
    assert "ann signed another package" in said
    spoiled = bytearray(file.read_bytes())
    spoiled[700] ^= 1
    other.write_bytes(spoiled)
    assert "opk build" in opk("verify", other, "--maker", tmp_path / "ann.pub.json", code=1)
    signature.write_bytes(b"[" * 20_000)
    assert "ann has not signed" in opk("verify", file, "--maker", tmp_path / "ann.pub.json", code=1)
    assert "passphrase" in opk("sign", file, "--key", tmp_path / "ann.key", code=1, OPK_PASSPHRASE="wrong")
