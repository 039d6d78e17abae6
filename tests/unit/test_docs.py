"""What the documents say is so: their links, commands, tables and trees are checked against the code."""

import ast
import importlib
import inspect
import re
import tomllib
from pathlib import Path

import pytest

from opk_skills.catalogue import catalogue, registry
from protocol import topics
from tests import ROOT, reference

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SCRIPTS = PROJECT["scripts"]
FOLDERS = "protocol|edge_agent|collector|opk_skills|simulators|deploy|docs|tests|bench-results"
MADE = {"bench-results"}  # folders that commands make
ERRORS = sorted(ROOT.glob("*/errors.py")) + sorted(ROOT.glob("*/*/errors.py"))
BOXES = "│├└─┬ "


def texts() -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in DOCUMENTS}


def found(problems: list[str]) -> None:
    assert not problems, "\n" + "\n".join(problems)


def shell_lines(text: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [line for line in lines if line]


def test_every_link_leads_somewhere():
    problems = []
    for path, text in texts().items():
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if "://" in target or target.startswith("#"):
                continue
            file, _, anchor = target.partition("#")
            there = (path.parent / file).resolve()
            if not there.exists():
                problems.append(f"{path.relative_to(ROOT)}: {target} is not there")
            elif anchor and anchor not in _anchors(there.read_text(encoding="utf-8")):
                problems.append(f"{path.relative_to(ROOT)}: {target} has no such heading")
    found(problems)


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_every_file_that_is_named_exists():
    named = re.compile(rf"`((?:{FOLDERS})/[\w./-]*)(?:::\w+)?`")
    problems = [
        f"{path.relative_to(ROOT)}: {name}"
        for path, text in texts().items()
        for name in named.findall(text)
        if name.split("/")[0] not in MADE and not (ROOT / name).exists()
    ]
    found(problems)


CODE = [path for suffix in ("py", "html", "toml", "yml") for folder in (*FOLDERS.split("|"), ".") for path in
        (ROOT.glob(f"*.{suffix}") if folder == "." else (ROOT / folder).rglob(f"*.{suffix}"))]  # fmt: skip
POINTER = re.compile(rf"(?<![\w./{{-])((?:{FOLDERS})/[\w./-]*\.(?:py|md|toml|json|html))\b")
STRAY = "collector/stray.py"  # of the test of import directions: it is made there


def dead_pointers(text: str) -> list[str]:
    """Files that a comment, a docstring or a string names, and that are not there."""
    return [name for name in POINTER.findall(text) if name != STRAY and not (ROOT / name).exists()]


def test_every_file_that_the_code_names_exists():
    found([f"{path.relative_to(ROOT)}: {name}" for path in CODE for name in dead_pointers(path.read_text("utf-8"))])
    gone = "collector/" + "gone.py"
    assert dead_pointers(f"see {gone}, and collector/errors.py") == [gone], "the control"


def test_every_test_that_is_named_exists():
    named = re.compile(r"`(tests/[\w./-]*)::(\w+)`")
    problems = [
        f"{path.relative_to(ROOT)}: {file}::{name}"
        for path, text in texts().items()
        for file, name in named.findall(text)
        if not re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    found(problems)


def test_every_protection_names_the_test_that_shows_it():
    rows = unproved((ROOT / "SECURITY.md").read_text(encoding="utf-8"))
    found(rows)


def unproved(text: str) -> list[str]:
    """Threats of the table whose last cell names no test, nor the one above."""
    table = [line for line in text.splitlines() if line.startswith("| ")][1:]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]
    assert len(cells) > 10
    return [
        row[0]
        for row in cells
        if len(row) != 3 or not all(row) or not ("`tests/" in row[2] or row[2].startswith("the same"))
    ]


def test_a_protection_without_a_test_would_be_seen():
    """The control of the test above."""
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    row = "| a thief | a lock | its tests |\n"
    assert unproved(text.replace("| another user of the collector's", row + "| another user of the collector's")) == [
        "a thief"
    ]


def test_every_make_word_exists():
    words = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    problems = [
        f"{path.relative_to(ROOT)}: make {word}"
        for path, text in texts().items()
        for word in re.findall(r"`make ([a-z]+)", text)
        + [line.split()[1] for line in shell_lines(text) if line.startswith("make ")]
        if word not in words
    ]
    found(problems)


def test_the_first_page_shows_the_two_commands_and_ci_runs_them():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert shell_lines(readme) == ["make demo", "make test"]
    assert all(line in ci for line in shell_lines(readme))


@pytest.mark.parametrize("script", sorted(SCRIPTS))
def test_a_console_script_leads_to_a_function(script):
    module, function = SCRIPTS[script].split(":")
    assert callable(getattr(importlib.import_module(module), function))


def test_every_command_in_the_documents_is_one_of_ours_with_that_word():
    problems = []
    for path, text in texts().items():
        spans = [*shell_lines(text), *re.findall(r"`([^`\n]+)`", text)]
        for line in spans:
            words = line.split()
            if words and words[0] in SCRIPTS and len(words) > 1 and re.fullmatch(r"[a-z-]+", words[1]):
                source = (ROOT / (SCRIPTS[words[0]].split(".")[0])).rglob("*.py")
                if not any(
                    re.search(rf"""["']{words[1]}["']|def {words[1]}_?\(""", file.read_text()) for file in source
                ):
                    problems.append(f"{path.relative_to(ROOT)}: {line}")
    found(problems)


@pytest.mark.parametrize("table", sorted(reference.TABLES))
def test_a_reference_table_is_what_the_code_says(table):
    made = reference.TABLES[table]()
    shown = [
        match["body"] for text in texts().values() for match in reference.BLOCK.finditer(text) if match["name"] == table
    ]
    assert shown, f"no page shows the table {table!r}: put <!-- table: {table} --> and <!-- end --> into one"
    assert all(body == made for body in shown), f"{table} has changed: make docs"


def test_no_page_asks_for_a_table_that_nobody_makes():
    asked = {name for text in texts().values() for name in re.findall(r"<!-- table: (.*?) -->", text)}
    assert asked <= set(reference.TABLES)


def test_the_wire_format_names_every_topic():
    text = (ROOT / "docs" / "wire-format.md").read_text(encoding="utf-8")
    kinds = [topics.ack, topics.presence, topics.desired, topics.reported]
    spelled = [kind("<robot>") for kind in kinds] + [f"{topics.ROOT}/up/<shard>/<robot>"]
    found([f"docs/wire-format.md does not name {topic}" for topic in spelled if topic not in text])


def test_every_counter_of_a_manifest_is_on_the_counters_page():
    page = (ROOT / "docs" / "counters.md").read_text(encoding="utf-8")
    found([key for key in registry(catalogue()) if f"| `{key}` |" not in page])


@pytest.mark.parametrize("path", ERRORS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_tree_of_errors_is_drawn_as_it_is(path):
    """Each class of the module is drawn, under the class it derives from."""
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    drawn = _drawn(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")
    own = {
        name: kind
        for name, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__ and issubclass(kind, BaseException)
    }
    above = {base.__name__ for kind in own.values() for base in kind.__mro__} - set(own)  # a tree may hang on another
    assert set(drawn) - above == set(own)
    problems = [
        f"{name} is drawn under {parent}, and derives from {own[name].__bases__[0].__name__}"
        for name, parent in drawn.items()
        if name in own and parent is not None and parent not in {base.__name__ for base in own[name].__bases__}
    ]
    found(problems)


def _drawn(docstring: str) -> dict[str, str | None]:
    """Class → the class above it in the drawing; several on one line are siblings."""
    tree: dict[str, str | None] = {}
    path: list[tuple[int, str]] = []
    for line in docstring.splitlines():
        bare = line.lstrip(BOXES)
        depth = len(line) - len(bare)
        if not re.match(r"[A-Z]\w+( |$)", bare) or (depth == 0 and tree):
            continue
        if depth == 0 and not re.fullmatch(r"[A-Z][a-z]+[A-Z]?\w*", bare.split("  ")[0].strip()):
            continue  # a sentence before the drawing
        path = [(at, name) for at, name in path if at < depth]
        parent = path[-1][1] if path else None
        for name in re.findall(r"(?:^|· )([A-Z]\w+)", bare):
            tree[name] = parent
        path.append((depth, re.match(r"\w+", bare).group(0)))
    return tree


def test_every_decision_is_in_the_list_and_its_number_is_its_own():
    folder = ROOT / "docs" / "adr"
    decisions = sorted(path.name for path in folder.glob("[0-9]*.md") if not path.name.startswith("0000"))
    listed = re.findall(r"\]\((\d{4}-[^)]+)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert sorted(set(listed) - {"0000-template.md"}) == decisions
    assert len({name[:4] for name in decisions}) == len(decisions)


def test_the_documents_do_not_praise():
    praise = re.compile(
        r"\b(robust|scalable|production-ready|seamless|powerful|blazing|cutting-edge|world-class|state-of-the-art|"
        r"effortless|elegant|comprehensive|lightning)\w*",
        re.IGNORECASE,
    )
    found([f"{path.relative_to(ROOT)}: {word}" for path, text in texts().items() for word in praise.findall(text)])
