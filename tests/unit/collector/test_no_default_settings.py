"""What a deployment decides, or a caller must say, has no default in the domain: a call site cannot forget it.

Emptiness is no default. A fact's field is None or "" where the person who stated the fact did not say it. A question
to an operation, or how a file is to be read, is None where the person leaves it to the Context or to the file.
The outermost floors (settings, web, commands) give defaults to people; they hand the value on.
"""

import ast

import pytest

from tests import ROOT

DECIDED = frozenset({
    "basis", "knowledge", "currency", "base_currency", "timezone", "base_timezone", "language", "grace_days", "policy",
    "lifecycle", "segments", "playbooks",
})  # fmt: skip
OUTERMOST = ("config.py", "web/", "commands/")
UNSAID = {  # folder: what says nothing there
    "accounts/ledger/kinds/": ("None", "''"),
    "exchange/imports/": ("None",),
    "operations/": ("None",),
}

FILES = {str(path.relative_to(ROOT / "collector")): path for path in sorted((ROOT / "collector").rglob("*.py"))}
DOMAIN = {name: path for name, path in FILES.items() if not name.startswith(OUTERMOST)}


def defaults(tree: ast.Module) -> list[tuple[int, str, str]]:
    """(line, name, default) of every parameter and field that has one of the names and a default."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            placed = [*node.args.posonlyargs, *node.args.args]
            pairs = [
                *zip(placed[len(placed) - len(node.args.defaults) :], node.args.defaults, strict=True),
                *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True),
            ]
            found += [(each.lineno, each.arg, default) for each, default in pairs if default is not None]
        elif isinstance(node, ast.ClassDef):
            fields = [each for each in node.body if isinstance(each, ast.AnnAssign) and each.value is not None]
            found += [(each.lineno, ast.unparse(each.target), each.value) for each in fields]
    return [(line, name, ast.unparse(default)) for line, name, default in found if name in DECIDED]


def refused(name: str, tree: ast.Module) -> list[str]:
    unsaid = next((values for folder, values in UNSAID.items() if name.startswith(folder)), ())
    return [
        f"collector/{name}:{line} {what} = {default}: let the caller say it"
        for line, what, default in defaults(tree)
        if default not in unsaid
    ]


def test_no_domain_function_decides_what_the_context_or_the_caller_decides():
    problems = [each for name, path in DOMAIN.items() for each in refused(name, ast.parse(path.read_text("utf-8")))]
    assert not problems, "\n" + "\n".join(problems)


@pytest.mark.parametrize(
    ("name", "text", "is_refused"),
    [
        ("scores/x.py", "def f(basis='arrived'): ...", True),
        ("scores/x.py", "def f(*, policy=DEFAULT): ...", True),
        ("scores/x.py", "async def f(a, knowledge=NOW, /, b=1): ...", True),
        ("scores/x.py", "f = lambda currency=None: 1", True),
        ("closing/x.py", "class A:\n    timezone: str = ''", True),
        ("closing/x.py", "class A:\n    grace_days: int = field(default=30)", True),
        ("operations/x.py", "class A:\n    currency: str | None = None", False),
        ("operations/x.py", "class A:\n    currency: str = 'CNY'", True),
        ("accounts/ledger/kinds/x.py", "class A:\n    language: str = ''", False),
        ("accounts/ledger/kinds/x.py", "class A:\n    language: str = 'zh'", True),
        ("scores/x.py", "def f(basis, *, policy, other=1): ...", False),
    ],
)
def test_the_control_each_form_of_a_default_is_found_and_nothing_else(name, text, is_refused):
    assert bool(refused(name, ast.parse(text))) is is_refused


def test_the_walk_reads_every_domain_package_and_finds_what_the_outermost_floors_decide():
    packages = {each.split("/")[0] for each in DOMAIN}
    assert {"accounts", "closing", "scores", "operations", "success", "health"} <= packages
    assert any(name == "base_currency" for _, name, _ in defaults(ast.parse(FILES["config.py"].read_text("utf-8"))))
