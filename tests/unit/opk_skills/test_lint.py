"""A skill's folder is read before it runs, and everything wrong with it is named with file, line and remedy."""

import shutil

import pytest

from opk_skills import new
from opk_skills.catalogue import HERE, read
from opk_skills.errors import FolderError, PackageRefused
from opk_skills.folder import own_files, packed
from opk_skills.language import LANGUAGES, said
from opk_skills.lint import problems_of
from tests.packages import reading


@pytest.fixture
def folder(tmp_path):
    new.make("lift", tmp_path)
    return tmp_path / "lift"


def change(folder, file, old, new_text):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new_text), encoding="utf-8")


def test_what_opk_new_writes_is_right_and_no_two_have_one_appid(tmp_path):
    new.make("one", tmp_path)
    new.make("two_three", tmp_path)
    assert problems_of(tmp_path / "one") == problems_of(tmp_path / "two_three") == []
    assert read(tmp_path / "one").appid != read(tmp_path / "two_three").appid
    assert read(tmp_path / "two_three").program.entry == "two_three.skill:TwoThree"


@pytest.mark.parametrize("key", ["guide", "delivery"])
def test_the_skills_that_ship_are_right(key):
    assert problems_of(HERE / key) == []


@pytest.mark.parametrize("name", ["Lift", "9lift", "", "x" * 29, "../lift", "opk_skills", "start", "abc", "calendar"])
def test_a_name_that_no_skill_may_have_is_refused(name, tmp_path):
    with pytest.raises(FolderError, match="no name for a skill"):
        new.make(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_skill_that_is_called_as_a_module_of_python_would_never_be_found(folder):
    for path in folder.iterdir():
        path.write_text(path.read_text(encoding="utf-8").replace("lift", "queue"), encoding="utf-8")
    found = problems_of(folder.rename(folder.parent / "queue"))
    assert [problem.at for problem in found] == ["key"]
    assert "module of Python" in str(found[0])


def test_a_folder_that_is_there_is_left_alone(folder):
    with pytest.raises(FolderError, match="is there already"):
        new.make("lift", folder.parent)


IMPORT = "from opk_skills.runtime.skill"
WRONG = [
    ("skill.py", '"lift.greeting"', '"lift.greetings"', "skill.py", "lift.greetings, which is not declared"),
    ("skill.py", 'text("well"), ', 'text("fine"), ', "skill.py", "says fine, which is not in texts.json"),
    ("skill.py", 'self.say("hello")', 'self.say("hullo")', "skill.py", "says hullo, which is not in texts.json"),
    ("skill.py", 'else "sorry"', 'else "sad"', "skill.py", "says sad, which is not in texts.json"),
    ("skill.py", "robot.touch(", "robot.listen(", "skill.py", "listen without permission"),
    ("skill.py", 'settings["ask"]', 'settings["aks"]', "skill.py", "reads the setting aks"),
    ("skill.py", '@on("lift&stop")', '@on("lift&halt")', "skill.py", "lift&halt is not declared"),
    ("skill.py", '@on("lift&stop")', "", "intents", "lift&stop is answered by no method"),
    (
        "skill.py",
        "from opk_skills.runtime.skill",
        "import requests\nfrom opk_skills.runtime.skill",
        "skill.py",
        "requests",
    ),
    (
        "skill.py",
        "from opk_skills.runtime.skill",
        "import ssl\nfrom opk_skills.runtime.skill",
        "skill.py",
        "imports ssl",
    ),
    ("skill.py", "class Lift(", "class Lft(", "runtime.entry", "no class Lift"),
    ("skill.py", "async def stop", "async dfe stop", "skill.py", "is no Python"),
    ("skill.toml", "lift.skill:Lift", "lift.main:Lift", "runtime.entry", "lift.main is no module"),
    ("skill.toml", "lift.skill:Lift", "os:system", "runtime.entry", "os is no module of this folder"),
    ("skill.toml", "priority = 3", "priority = 4", "priority", "one of 1, 2, 3"),
    ("texts.json", '"glad": "I am glad.",', "", "texts.json", "glad has no text in en"),
    ("texts.json", '"I am glad."', '"I am glad, {name}."', "texts.json", "glad has other slots"),
    ("texts.json", '"zh"', '"de"', "texts.json", "for each of en, zh"),
]


@pytest.mark.parametrize(("file", "old", "changed", "at", "says"), WRONG)
def test_what_is_wrong_is_named_where_it_stands(folder, file, old, changed, at, says):
    change(folder, file, old, changed)
    found = problems_of(folder)
    assert any(problem.at == at and says in str(problem) for problem in found), [str(p) for p in found]
    for language in LANGUAGES:
        assert all(said(language, problem) for problem in found)


@pytest.mark.parametrize(
    "program",
    ["x" + ".y" * 5000, "-" * 50_000 + "1", "(" * 5000 + ")" * 5000, "\0", "x = 1\n" * 50_000, "f(" * 90 + ")" * 90],
    ids=["dots", "minus", "brackets", "zero", "long", "calls"],
)
def test_a_program_that_is_odd_is_named_or_read_and_nothing_is_raised(folder, program):
    (folder / "odd.py").write_text(program, encoding="utf-8")
    assert {problem.at for problem in problems_of(folder)} <= {"odd.py"}


def test_the_line_is_that_of_the_call(folder):
    change(folder, "skill.py", '"lift.greeting"', '"lift.greetings"')
    lines = (folder / "skill.py").read_text(encoding="utf-8").splitlines()
    (problem,) = problems_of(folder)
    assert "greetings" in lines[problem.line - 1]


def test_a_name_no_package_may_hold_is_named(folder):
    (folder / "Icon.png").write_bytes(b"x")
    (problem,) = problems_of(folder)
    assert "lift/Icon.png" in str(problem)


def test_a_link_is_named_and_not_followed(folder, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("key")
    (folder / "notes.txt").symlink_to(secret)
    (problem,) = problems_of(folder)
    assert (problem.at, "no plain file" in str(problem)) == ("notes.txt", True)
    (folder / "notes.txt").unlink()
    (folder / "all").symlink_to(tmp_path)
    assert "no plain file" in str(problems_of(folder)[0])


def test_tests_notes_and_hidden_files_stay_at_home(folder):
    for name in ("README.md", ".env", "conftest.py", "old.opk"):
        (folder / name).write_text("x")
    (folder / "tests").mkdir()
    (folder / "tests" / "more.py").write_text("x")
    assert sorted(own_files(folder, read(folder))) == ["__init__.py", "skill.py", "texts.json"]


def test_a_package_is_the_same_wherever_the_folder_lies_and_in_whichever_order_it_was_written(folder, tmp_path):
    elsewhere = tmp_path / "elsewhere" / "lift"
    elsewhere.mkdir(parents=True)
    for path in sorted(folder.iterdir(), reverse=True):
        if path.is_file():
            shutil.copyfile(path, elsewhere / path.name)
            (elsewhere / path.name).chmod(0o600)
    assert packed(elsewhere) == packed(folder)


def test_a_package_holds_the_program_and_the_runtime_and_starts_by_start_py(folder):
    names = [entry.name for entry in reading(packed(folder)).entries]
    assert {"start.py", "lift/skill.py", "lift/texts.json", "opk_skills/runtime/skill.py"} <= set(names)
    assert not any("template" in name or "manifest" in name or "package" in name for name in names)


def test_a_skill_that_declares_and_does_not_run_is_no_package(tmp_path):
    text = (HERE / "dance" / "skill.toml").read_text(encoding="utf-8")
    declared = tmp_path / "dance"
    declared.mkdir()
    program = '[runtime]\nkind = "python"\nentry = "dance.skill:Dance"\n'
    assert program in text
    (declared / "skill.toml").write_text(text.replace(program, ""), encoding="utf-8")
    with pytest.raises(FolderError, match="nothing would run"):
        packed(declared)


def test_what_is_too_large_is_said_before_it_is_read(folder, monkeypatch):
    monkeypatch.setattr("opk_skills.folder.FILE_MAX_BYTES", 10)
    with pytest.raises(FolderError, match="larger than 10 bytes"):
        packed(folder)
    monkeypatch.setattr("opk_skills.package.building.PACKAGE_MAX_BYTES", 100)
    monkeypatch.setattr("opk_skills.folder.FILE_MAX_BYTES", 10_000)
    with pytest.raises(PackageRefused, match="larger than 100 bytes"):
        packed(folder)


VENDOR = '[runtime]\nkind = "vendor"\nbundle = "biz.opk"\n'


def test_a_vendors_bundle_is_packed_as_it_is_and_brings_no_runtime(folder):
    text = (folder / "skill.toml").read_text(encoding="utf-8")
    for path in folder.iterdir():
        path.unlink()
    changed = text.replace('[runtime]\nkind = "python"\nentry = "lift.skill:Lift"\n', VENDOR)
    (folder / "skill.toml").write_text(changed, encoding="utf-8")
    assert [(p.at, "biz.opk is not in the folder" in str(p)) for p in problems_of(folder)] == [("runtime.bundle", True)]
    (folder / "biz.opk").write_bytes(b"bundle" * 1000)
    assert problems_of(folder) == []
    found = reading(packed(folder))
    assert [entry.name for entry in found.entries] == ["lift/biz.opk"]
    assert (found.manifest.program.kind, found.manifest.program.bundle) == ("vendor", "biz.opk")
