"""House rules that a machine can check and the linter does not. There is no list of exceptions to grow."""

import ast
import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from tests import ROOT

PACKAGES = ("protocol", "edge_agent", "collector", "opk_skills", "simulators")
FILE_MAX_LINES = 500  # a file holds one noun
FUNCTION_MAX_LINES = 70
IGNORED_RULES_MAX = 20  # lines of ruff's ignore list; may only fall

CODE = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PATTERNS = ("*.md", "*.toml", "*.conf", "*.acl", "*.service", "*.sh", "*.sql", "*.html", "*.js", "*.css")
FOLDERS = (*PACKAGES, "docs", "deploy", "tests")
TEXTS = [
    *ROOT.glob("*.md"),
    *(ROOT / name for name in ("Makefile", "pyproject.toml", ".ci/run", "deploy/mosquitto/certificates")),
    *(path for pattern in PATTERNS for folder in FOLDERS for path in sorted((ROOT / folder).rglob(pattern))),
]

# names that say nothing about the field
EMPTY_WORDS = {"util", "utils", "helper", "helpers", "manager", "managers", "handler", "handlers", "misc", "common"}
LEFTOVER = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
SILENCED = re.compile(r"#\s*noqa\b(?P<rest>.*)")
UNTYPED = re.compile(r"#\s*type:\s*ignore\b(?P<rest>.*)")
# a place on one machine; system folders that a manual names (/etc, /var/lib, /run, /usr) are not
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|work|Users|mnt)/\w+")
TREES: dict[Path, ast.Module] = {path: ast.parse(path.read_text(encoding="utf-8")) for path in [*CODE, *TESTS]}


def where(path: Path, line: int = 1) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def found(problems: list[str]) -> None:
    assert not problems, "\n" + "\n".join(problems)


def words_of(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)}


def test_there_is_code_to_check():
    assert len(CODE) > 20
    assert len(TEXTS) > 10


def test_a_file_has_one_noun_and_fits_into_500_lines():
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in TREES}
    found([f"{where(path)} has {count} lines: split it" for path, count in lines.items() if count > FILE_MAX_LINES])


def test_a_function_fits_into_70_lines():
    problems = []
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_MAX_LINES:
                    problems.append(f"{where(path, node.lineno)} {node.name} has {length} lines: split it")
    found(problems)


def test_every_module_says_what_lives_in_it():
    problems = [where(path) for path, tree in TREES.items() if not ast.get_docstring(tree)]
    found([f"{at}: no docstring" for at in problems if not at.endswith("tests/__init__.py:1") and not _is_empty(at)])


def _is_empty(at: str) -> bool:
    """The __init__.py of a test folder may hold nothing at all."""
    path = ROOT / at.rsplit(":", 1)[0]
    return path.name == "__init__.py" and path.is_relative_to(ROOT / "tests") and not path.read_text().strip()


def test_names_come_from_the_field():
    problems = []
    for path, tree in TREES.items():
        if words_of(path.stem) & EMPTY_WORDS:
            problems.append(f"{where(path)}: name the file after what it is about")
        problems += [
            f"{where(path, node.lineno)}: class {node.name} says nothing"
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef) and words_of(node.name) & EMPTY_WORDS
        ]
    found(problems)


def test_one_word_is_one_thing():
    """Two classes of one name in one top-level package are two things under one word.

    The options of a source are one thing: each source's `Options` is what `edge_agent.sources.options.parse` makes.
    """
    homes: dict[tuple[str, str], list[str]] = {}
    for path in CODE:
        package = path.relative_to(ROOT).parts[0]
        for node in ast.walk(TREES[path]):
            if isinstance(node, ast.ClassDef):
                homes.setdefault((package, node.name), []).append(where(path, node.lineno))
    found(
        [
            f"class {name} is defined at {', '.join(at)}: give each its own name"
            for (package, name), at in homes.items()
            if len(at) > 1 and not (package == "edge_agent" and name == "Options")
        ]
    )


def test_no_reminder_is_left_behind():
    found(
        [
            f"{where(path, number)}: {line.strip()}"
            for path in [*CODE, *TESTS, *TEXTS]
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            if LEFTOVER.search(line)
        ]
    )


def test_only_commands_print():
    problems = []
    for path in CODE:
        if path.name == "__main__.py" or "__main__" in path.read_text(encoding="utf-8"):
            continue
        problems += [
            f"{where(path, node.lineno)}: print in a library; return it or log it"
            for node in ast.walk(TREES[path])
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
        ]
    found(problems)


def test_no_error_is_swallowed():
    problems = []
    for path in CODE:
        for node in ast.walk(TREES[path]):
            if isinstance(node, ast.ExceptHandler):
                if node.type is None:
                    problems.append(f"{where(path, node.lineno)}: except without a type")
                elif all(isinstance(s, ast.Pass) or _is_ellipsis(s) for s in node.body):
                    problems.append(
                        f"{where(path, node.lineno)}: except that only passes; contextlib.suppress says why"
                    )
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
                broad = {"Exception", "BaseException"} & {ast.unparse(argument) for argument in node.args}
                if broad:
                    problems.append(f"{where(path, node.lineno)}: suppresses everything; name the error")
    found(problems)


def _is_ellipsis(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and statement.value.value is ...
    )


@pytest.mark.parametrize(
    ("mark", "form"),
    [
        (SILENCED, re.compile(r":\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*\W+\w.+")),
        (UNTYPED, re.compile(r"\[[a-z-]+(,\s*[a-z-]+)*\]\s*#\s*\w.+")),
    ],
    ids=["noqa", "type-ignore"],
)
def test_a_silenced_rule_is_named_with_its_reason(mark, form):
    problems = []
    for path in [*CODE, *TESTS]:
        if path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = mark.search(line)
            if match and not form.match(match["rest"]):
                problems.append(f"{where(path, number)}: {match.group(0)} wants a code and a reason")
    found(problems)


def test_the_linter_is_obeyed_not_silenced():
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert ruff["select"] == ["ALL"]
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text.split("\nignore = [\n", 1)[1].split("\n]", 1)[0].splitlines()
    assert len(block) <= IGNORED_RULES_MAX
    found([f"pyproject.toml: {line.strip()} has no reason" for line in block if "#" not in line])


def test_topics_are_spelled_in_one_place():
    problems = []
    for path in CODE:
        if path == ROOT / "protocol" / "topics.py":
            continue
        docstrings = {id(_docstring_node(node)) for node in ast.walk(TREES[path])}
        problems += [
            f"{where(path, node.lineno)}: {node.value!r}; use protocol.topics"
            for node in ast.walk(TREES[path])
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.search(r"\bfw/\d", node.value)
            and id(node) not in docstrings
        ]
    found(problems)


def _docstring_node(node: ast.AST) -> ast.AST | None:
    body = getattr(node, "body", None)
    if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
        return body[0].value
    return None


def _lengths(tree: ast.AST, seconds: tuple[int, ...]) -> list[int]:
    """Lines with one of these numbers, or with a product of numbers that is one."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) in {int, float} and node.value in seconds:
            found.append(node.lineno)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and _product(node) in seconds:
            found.append(node.lineno)
    return found


def _product(node: ast.AST) -> float | None:
    if isinstance(node, ast.Constant) and type(node.value) in {int, float}:
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left, right = _product(node.left), _product(node.right)
        return None if left is None or right is None else left * right
    return None


def test_the_collector_has_one_calendar():
    """Only `collector/calendar` knows how long a day and an hour are; the agent and the protocol have their own."""
    here = ROOT / "collector" / "calendar"
    found(
        [
            f"{where(path, line)}: use DAY_S, HOUR_S or WEEK_DAYS of collector.calendar.days"
            for path in CODE
            if path.is_relative_to(ROOT / "collector") and not path.is_relative_to(here)
            for line in _lengths(TREES[path], (3_600, 86_400, 604_800))
        ]
    )


def test_the_control_a_day_in_seconds_is_found_however_it_is_written():
    for text in ("86_400", "7 * 86400", "24 * 60 * 60", "3600.0", "30 * 24 * 3_600"):
        assert _lengths(ast.parse(text), (3_600, 86_400, 604_800)), text
    assert not _lengths(ast.parse("2 * 900 + 60"), (3_600, 86_400, 604_800))


def test_no_path_of_one_machine_is_written_down():
    found(
        [
            f"{where(path, number)}: {match.group(0)}"
            for path in [*CODE, *TESTS, *TEXTS]
            if path != Path(__file__)
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            if (match := MACHINE_PATH.search(line))
        ]
    )


def test_every_dependency_has_its_reason():
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    start = lines.index("dependencies = [")
    end = lines.index("[project.scripts]")
    named = [line for line in lines[start:end] if re.match(r'\s+"', line) and "fleetward[" not in line]
    assert len(named) > 15
    found([f"pyproject.toml: {line.strip()}" for line in named if not re.search(r'^\s+"[^"]+",\s+# \w.{5,}$', line)])


IMPORTED_AS = {
    "argon2-cffi": "argon2",
    "paho-mqtt": "paho",
    "psycopg": "psycopg",
    "prometheus-client": "prometheus_client",
    "vl-convert-python": "vl_convert",
}


@pytest.mark.parametrize(
    ("extra", "package"),
    [("agent", "edge_agent"), ("collector", "collector"), ("sim", "simulators"), ("trust", "opk_skills")],
)
def test_every_dependency_is_used_by_whom_it_is_for(extra, package):
    """And by nobody else's leave: what `protocol` needs on the collector's side stands in the collector's extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    own = project["name"]  # an extra may take another one in
    named = {re.split(r"[\[<>=]", line)[0] for line in project["optional-dependencies"][extra]} - {own}
    imported = set()
    for path, tree in TREES.items():
        if path.relative_to(ROOT).parts[0] in {package, "protocol"}:
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    imported |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    imported.add(node.module.split(".")[0])
    wanted = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in named}
    assert wanted <= imported, f"nobody imports {sorted(wanted - imported)}: take it out of the extra {extra}"


@pytest.mark.parametrize(
    "unwanted", ["pydantic", "sqlalchemy", "alembic", "gmqtt", "jinja2", "psycopg", "click", "orjson"]
)
def test_an_install_on_the_robot_pulls_nothing_of_the_centre(unwanted):
    pulled, waiting = set(), ["fleetward[agent]"]
    while waiting:
        name, _, extra = waiting.pop().partition("[")
        if name in pulled:
            continue
        pulled.add(name)
        for needed in metadata.requires(name) or []:
            requirement, _, condition = needed.partition(";")
            if "extra ==" not in condition or (extra and f'"{extra.rstrip("]")}"' in condition.replace("'", '"')):
                found = re.match(r"[A-Za-z0-9_.-]+", requirement.strip())
                if found and _is_installed(found.group(0)):
                    waiting.append(found.group(0).lower())
    assert "psutil" in pulled, "the walk found the agent's own dependencies"
    assert unwanted not in pulled


def _is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False  # for another platform or version of Python
    return True


def test_tests_use_working_fakes_and_do_not_patch_our_own_code():
    """A bound (UPPER_CASE) may be made small; what the code does may not be replaced."""
    patched = re.compile(rf"""(?:patch|setattr)\(\s*["']((?:{"|".join(PACKAGES)})\.[\w.]+)""")
    found(
        [
            f"{where(path)}: {name}"
            for path in TESTS
            for name in patched.findall(path.read_text(encoding="utf-8"))
            if not name.rsplit(".", 1)[1].isupper()
        ]
    )


SPEAKING = ("collector", "edge_agent")  # the packages with catalogues


def _language_branches(tree: ast.AST) -> list[int]:
    """Lines that choose a text by naming a language, as `x == "zh"` and `rule.zh if … else rule.en` do."""
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            sides += [each for side in sides if isinstance(side, ast.Tuple | ast.Set | ast.List) for each in side.elts]
            if any(isinstance(side, ast.Constant) and side.value in {"en", "zh"} for side in sides):
                lines.append(node.lineno)
        elif isinstance(node, ast.IfExp):
            sides = (node.body, node.orelse)
            branches = {branch.attr for branch in sides if isinstance(branch, ast.Attribute)}
            branches |= {branch.value for branch in sides if isinstance(branch, ast.Constant)}
            if branches & {"en", "zh"}:
                lines.append(node.lineno)
        elif isinstance(node, ast.MatchValue) and ast.unparse(node.value) in {"'en'", "'zh'"}:
            lines.append(node.value.lineno)
    return lines


def test_no_text_is_chosen_by_naming_a_language():
    """A third language is a folder with a catalogue: sentences come from `gettext`, names of a file from `names.of`."""
    found(
        [
            f"{where(path, line)}: use gettext, or names.of for what carries en and zh"
            for path in CODE
            if path.relative_to(ROOT).parts[0] in SPEAKING
            for line in _language_branches(TREES[path])
        ]
    )


def test_the_control_a_branch_on_a_language_is_found_however_it_is_written():
    for text in (
        'x == "zh"', '"zh" != x', 'x in ("zh", "en")', "rule.zh if chinese else rule.en",
        '"zh" if prefers_chinese(wanted) else "en"',
        'match x:\n  case "zh":\n    pass',
    ):  # fmt: skip
        assert _language_branches(ast.parse(text)), text
    assert not _language_branches(ast.parse('table["zh"], rule.zh, x == SOURCE'))


# What an installation or a caller decides: it comes from the context or the request, by name.
DECIDED_ABOVE = {
    "currency", "base_currency", "policy", "zone", "timezone", "base_timezone", "language", "lang", "chinese",
    "grace_days", "playbooks",
}  # fmt: skip
DOMAIN = (
    "accounts", "health", "scores", "closing", "backtest", "success", "fleet", "notifications", "language", "exchange",
    "calendar",
)  # fmt: skip


def _defaulted(tree: ast.AST) -> list[tuple[int, str]]:
    """(line, name) of each parameter that decides by itself what is decided above."""
    problems = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            given = node.args
            placed = [*given.posonlyargs, *given.args]
            with_default = placed[len(placed) - len(given.defaults) :]
            with_default += [
                one for one, said in zip(given.kwonlyargs, given.kw_defaults, strict=True) if said is not None
            ]
            problems += [(node.lineno, one.arg) for one in with_default if one.arg in DECIDED_ABOVE]
    return problems


# What a class may say by itself, because it is not decided above.
OWN_WORD = {("Contact", "language")}  # the person's own; "" is: nobody knows


def _field_default(value: ast.expr | None) -> ast.expr | None:
    """What stands in a field that nobody gives; None where there is no such thing."""
    if not isinstance(value, ast.Call) or ast.unparse(value.func).split(".")[-1] not in {"field", "Field"}:
        return value
    given = {word.arg: word.value for word in value.keywords}
    first = value.args[0] if value.args else None  # pydantic's
    return given.get("default", given.get("default_factory", first))


def _decided(tree: ast.AST) -> list[tuple[int, str]]:
    """(line, name) of each field of a class that decides by itself what is decided above. None decides nothing."""
    problems = []
    for node in ast.walk(tree):
        for each in node.body if isinstance(node, ast.ClassDef) else ():
            targets = [each.target] if isinstance(each, ast.AnnAssign) else getattr(each, "targets", [])
            default = _field_default(getattr(each, "value", None))
            if default is None or (isinstance(default, ast.Constant) and default.value in {None, ...}):
                continue
            named = [target.id for target in targets if isinstance(target, ast.Name)]
            problems += [
                (each.lineno, f"{node.name}.{name}")
                for name in named
                if name in DECIDED_ABOVE and (node.name, name) not in OWN_WORD
            ]
    return problems


def test_no_domain_function_or_class_has_a_default_for_what_is_decided_above():
    """A call that forgets the currency, the policy, the zone or the language must not compile, rather than guess."""
    found(
        [
            f"{where(path, line)}: {name} has a default: let the caller say it"
            for folder in DOMAIN
            for path in CODE
            if path.is_relative_to(ROOT / "collector" / folder)
            for line, name in [*_defaulted(TREES[path]), *_decided(TREES[path])]
        ]
    )


def test_the_control_a_default_is_found_however_it_is_given():
    for text in (
        "def f(currency='CNY'): ...", "def f(a, *, policy=None): ...", "async def f(zone='UTC', /, b=1): ...",
        "class C:\n  def f(self, *, chinese: bool = False): ...", "lambda language='en': 0",
    ):  # fmt: skip
        assert _defaulted(ast.parse(text)), text
    assert not _defaulted(ast.parse("def f(currency, *, policy, limit=1, on=True): ..."))


def test_the_control_a_field_that_decides_is_found_however_it_is_given():
    for text in (
        "currency: Currency = 'CNY'", "timezone: str = field(default='UTC')", "currency: str = ''", "zone = 'UTC'",
        "policy: tuple[str, ...] = ()", "playbooks: Playbooks = field(default_factory=load)",
        "language: str = Field('en', description='x')", "grace_days: int = dataclasses.field(default=30)",
    ):  # fmt: skip
        assert _decided(ast.parse(f"class C:\n    {text}")), text
    for text in (
        "currency: Currency", "currency: str | None = None", "timezone: str | None = Field(None, description='x')",
        "policy: Policy = field(repr=False)", "limit: int = 1", "zone: str = Field(..., description='x')",
    ):  # fmt: skip
        assert not _decided(ast.parse(f"class C:\n    {text}")), text
    of_a_person = "class {}:\n    language: Literal['zh', 'en', ''] = ''"
    assert not _decided(ast.parse(of_a_person.format("Contact")))
    assert _decided(ast.parse(of_a_person.format("Receiver"))), "only what is named above may"
