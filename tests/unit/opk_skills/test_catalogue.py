"""The 14 skills that ship: all are right, none claims what another has, and the command shows them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from opk_skills.catalogue import HERE, catalogue, read, registry
from opk_skills.errors import CatalogueError, ManifestError
from protocol.counters import COUNTERS
from tests.waiting import DEADLINE_S

PUBLISHED = {"portal", "directions", "navigation", "guide", "reception", "cruise", "advert", "dance"}


def opk(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "opk_skills", *arguments],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def test_one_orchestrator_and_thirteen_skills_ship_and_all_are_right():
    skills = catalogue()
    assert [skill.key for skill in skills if skill.role == "orchestrator"] == ["workflow"]
    assert len(skills) == 14


def test_eight_of_the_thirteen_carry_app_keys_the_vendor_has_published():
    assert {skill.key for skill in catalogue() if skill.published} == PUBLISHED


def test_every_skill_counter_of_the_registry_belongs_to_a_skill():
    claimed = {key for skill in catalogue() for key in skill.counts}
    assert {c.key for c in COUNTERS.values() if c.group in {"funnel", "skill"}} <= claimed


def test_the_registry_holds_the_protocols_counters_and_the_skills():
    known = registry(catalogue())
    assert set(COUNTERS) < set(known)
    assert known["workflow.skill_switch"].zh == "技能切换"
    assert known["advert.seconds"].unit == "s"


@pytest.fixture
def two_skills(tmp_path):
    for key in ("guide", "lead"):
        shutil.copytree(HERE / key, tmp_path / key)
    return tmp_path


def edit(folder, old, new):
    file = folder / "skill.toml"
    assert old in file.read_text(encoding="utf-8")
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_two_skills_may_not_claim_one_app_key(two_skills):
    edit(two_skills / "lead", 'app_keys = ["lead"]', 'app_keys = ["guide"]')
    with pytest.raises(CatalogueError, match="app key guide is claimed by"):
        catalogue(two_skills)


def test_two_skills_may_not_claim_one_appid(two_skills):
    edit(two_skills / "lead", read(HERE / "lead").appid, read(HERE / "guide").appid)
    with pytest.raises(CatalogueError, match="is claimed by"):
        catalogue(two_skills)


def test_a_skill_may_not_declare_one_counter_twice(two_skills):
    edit(two_skills / "lead", "lead.aborted", "lead.arrived")
    with pytest.raises(CatalogueError, match="declared twice"):
        registry(catalogue(two_skills))


def test_a_counter_is_divided_by_a_counter_that_exists(two_skills):
    edit(two_skills / "lead", 'per = "leading"', 'per = "leadings"')
    with pytest.raises(CatalogueError, match="names no counter"):
        registry(catalogue(two_skills))


def test_a_manifest_lies_in_a_folder_of_its_name(two_skills):
    (two_skills / "lead").rename(two_skills / "leading")
    with pytest.raises(ManifestError, match="rename one of them"):
        catalogue(two_skills)


def test_a_folder_without_a_skill_is_said_to_be_one(tmp_path):
    with pytest.raises(CatalogueError, match="holds no skill"):
        catalogue(tmp_path)


def test_the_command_lists_shows_and_counts():
    listed = opk("list")
    assert listed.returncode == 0
    assert "guide" in listed.stdout
    assert json.loads(opk("show", "guide", "--json").stdout)["app_keys"] == ["guide"]
    assert {c["key"] for c in json.loads(opk("counters", "--json").stdout)} == set(registry(catalogue()))


def test_lint_refuses_with_one_line_and_exit_code_1(two_skills):
    assert opk("lint", str(two_skills / "lead")).returncode == 0
    edit(two_skills / "lead", "priority = 2", "priority = 9")
    refused = opk("lint", str(two_skills / "lead"))
    assert refused.returncode == 1
    assert "priority" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_lint_gives_each_wrong_field_a_line_of_its_own(two_skills):
    edit(two_skills / "lead", "priority = 2", "priority = 9")
    edit(two_skills / "lead", "format = 2", "")
    first, *lines = opk("lint", str(two_skills / "lead")).stderr.splitlines()
    assert first.endswith(": 2 problems")
    assert [line.split(":")[0].strip() for line in lines] == ["format", "line 10, priority"]


def test_an_unknown_skill_is_answered_with_the_names_there_are():
    refused = opk("show", "lift")
    assert refused.returncode == 1
    assert "navigation" in refused.stderr


def test_every_skill_that_ships_has_a_page_that_is_whole():
    pages = {
        path.stem: path.read_text(encoding="utf-8")
        for path in (Path(__file__).parents[3] / "docs" / "skills").glob("*.md")
    }
    assert set(pages) == {skill.key for skill in catalogue()}
    for key, text in pages.items():
        heads = [line for line in text.splitlines() if line.startswith("## ")]
        assert heads == ["## What it needs", "## What it counts", "## What it costs", "## From its manifest"], key
        skill = next(skill for skill in catalogue() if skill.key == key)
        assert f"<!-- table: skill {key} -->" in text
        assert all(f"`{counter}`" in text for counter in skill.rates())
