"""What ships for skills under systemd, read as text: no name smuggles anything in, and no size lacks a limit."""

import json
import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.skills.allowed import SIZES_MB
from edge_agent.skills.host import SkillEnd
from edge_agent.skills.installed import KEY
from edge_agent.skills.place import KEPT
from edge_agent.skills.starters.systemd import REMOVE, UNITS, ended_with, key_of, unit_of
from opk_skills.runtime.process import KEPT_VARIABLE
from tests import ROOT

PACKAGING = ROOT / "edge_agent" / "packaging"
RULE = (PACKAGING / "50-fleetward-skills.rules").read_text()
SKILLS = {size: (PACKAGING / f"{name}@.service").read_text() for size, name in UNITS.items()}
SMUGGLED = ["../x", "a/b", "a.service", "a@b", "A", "1", "", "g" * 29, "a\n", "a b", "a-b", "é", "-a"]


def lines(unit):
    return [line for line in unit.splitlines() if line and not line.startswith("#")]


def test_there_is_a_unit_for_each_size_with_that_much_memory():
    assert tuple(UNITS) == SIZES_MB
    assert all(f"MemoryMax={size}M" in lines(unit) for size, unit in SKILLS.items())


def test_the_sizes_differ_in_memory_alone():
    plain = {tuple(line for line in lines(unit) if not line.startswith("MemoryMax=")) for unit in SKILLS.values()}
    assert len(plain) == 1


@pytest.mark.parametrize("line", [
    "DynamicUser=yes", "User=fw-%i", "PrivateNetwork=yes", "NoNewPrivileges=yes", "CapabilityBoundingSet=",
    "TasksMax=16",
    "BindReadOnlyPaths=/run/fleetward/skills/%i:/run/skill", "ProtectProc=invisible", "LimitNOFILE=64", "Restart=no",
])  # fmt: skip
def test_a_skill_is_kept_apart(line):
    """`User=` above all: without it systemd gives all instances one user, and one skill can kill another."""
    assert line in lines(SKILLS[32])


def test_what_outlives_a_skills_crash_is_one_file_of_its_own_that_a_limit_bounds():
    """No limit of systemd bounds a folder. A unit whose agent is older, and makes no such file, starts all the same."""
    writable = [line for line in lines(SKILLS[32]) if line.startswith("BindPaths=")]
    assert writable == [f"BindPaths=-/run/fleetward/skills/%i/{KEPT}:/run/kept"]
    assert "LimitFSIZE=4M" in lines(SKILLS[32])
    [environ] = [line for line in lines(SKILLS[32]) if line.startswith("Environment=")]
    assert f"{KEPT_VARIABLE}=/run/kept" in environ.partition("=")[2].split()
    assert not [line for line in lines(SKILLS[32]) if line.startswith("StateDirectory=")]


def test_only_the_skills_own_folder_of_sockets_is_mounted():
    mounted = [line for line in lines(SKILLS[32]) if line.startswith(("BindPaths", "BindReadOnlyPaths"))]
    assert all("%i" in line for line in mounted)
    assert any(line.startswith("TemporaryFileSystem=/run ") for line in lines(SKILLS[32]))


def test_a_user_name_has_room_for_the_longest_key():
    assert KEY.fullmatch("k" * 28)
    assert not KEY.fullmatch("k" * 29)
    assert len("fw-" + "k" * 28) == 31


def decided(*asked):
    """What the shipped rule answers, run by a JavaScript engine with polkit's two objects."""
    program = (
        "let rule; const polkit = {addRule: f => { rule = f }, Result: {YES: 'yes', NOT_HANDLED: 'no'}};"
        + RULE
        + "const answer = a => rule({id: a.id, lookup: n => a[n]}, {user: a.user});"
        + "console.log(JSON.stringify(JSON.parse(process.argv[1]).map(answer)))"
    )
    done = subprocess.run(["node", "-e", program, json.dumps(asked)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def ask(unit, verb="start", user="edge-agent", id_="org.freedesktop.systemd1.manage-units"):
    return {"unit": unit, "verb": verb, "user": user, "id": id_}


needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no node here: apt-get install nodejs")


@needs_node
def test_the_rule_lets_the_agent_start_and_stop_skills():
    units = [unit_of(name, key) for name in UNITS.values() for key in ("guide", "k" * 28, "a_1")]
    assert decided(*(ask(unit, verb) for unit in units for verb in ("start", "stop"))) == ["yes"] * 2 * len(units)
    assert decided(ask(unit_of(REMOVE, "guide")), ask("fleetward-store.service")) == ["yes", "yes"]


@needs_node
def test_the_rule_lets_it_do_nothing_else():
    smuggled = [unit_of(name, key) for name in (*UNITS.values(), REMOVE) for key in SMUGGLED]
    others = ["ssh.service", "edge-agent.service", "fleetward-skill.service", "fleetward-skill@guide.socket",
              "x.service",
              "evil-fleetward-skill@guide.service", "fleetward-skill@guide.service.d"]  # fmt: skip
    verbs = [ask("fleetward-skill@guide.service", verb) for verb in ("restart", "kill", "set-property", "clean", "")]
    remove = [ask(unit_of(REMOVE, "guide"), "stop"), ask("fleetward-store.service", "stop")]
    stranger = [
        ask("fleetward-skill@guide.service", user="fw-guide"),
        ask("fleetward-skill@guide.service", id_="org.x"),
    ]
    asked = [*(ask(unit) for unit in smuggled + others), *verbs, *remove, *stranger]
    assert set(decided(*asked)) == {"no"}


@given(st.from_regex(KEY, fullmatch=True))
def test_a_key_goes_into_a_units_name_and_comes_back(key):
    assert key_of(unit_of(UNITS[48], key)) == key


def test_the_rule_and_the_agent_know_the_same_keys():
    assert RULE.count(KEY.pattern) == 2


@pytest.mark.parametrize(("result", "status", "ended"), [
    ("exit-code", 78, SkillEnd("not_given", "exit code 78")), ("exit-code", 1, SkillEnd("fault", "exit code 1")),
    ("signal", 9, SkillEnd("killed", "SIGKILL")), ("oom-kill", 9, SkillEnd("memory")),
    ("success", 0, SkillEnd("exited")),
    ("resources", 0, SkillEnd("not_started", "resources")),
])  # fmt: skip
def test_how_a_unit_ended_is_said_in_our_words(result, status, ended):
    assert ended_with(result, status) == ended


def test_nothing_that_ships_for_skills_runs_our_code_as_root():
    for file in PACKAGING.glob("fleetward-skill*.service"):
        unit = file.read_text()
        runs = re.findall(r"^ExecStart=-?(\S+)", unit, re.MULTILINE)
        assert set(runs) == {"/usr/bin/systemctl"} if "remove" in file.name else {"/usr/bin/python3"}
        assert "remove" in file.name or "User=fw-%i" in unit
