"""A remedy names both doors, the command and the route, where the act has both: who reads it may have only one."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest

from collector.accounts.ledger.kinds.registry import KINDS
from collector.exchange.lists import NAMES
from tests import ROOT

COLLECTOR = ROOT / "collector"
ONE_DOOR = ("commands", "web", "language")  # whoever stands in a door is told of that door
NO_ROUTE = (  # `token create` makes the first token; keys and drafts are made where nobody listens
    "serve", "store", "token create", "backtest", "verify", "skills key", "skills keys", "skills draft", "skills sign",
)  # fmt: skip
ROUTE = re.compile(r"\b(GET|POST|PUT|DELETE) /api/v1(/[^\s?,;)]+)")
COMMAND = re.compile(r"(?<!the )(?<!a )(?<!start )\bcollector (?=[a-z{])([a-z]+(?: [a-z]+)?)")


def texts_of(source: str) -> Iterator[tuple[int, str]]:
    """Every text of a module that is no docstring, the slots of an f-string as {}."""
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if id(node) in docstrings | inside:
            continue
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def routes_with_a_command() -> set[str]:
    """METHOD and path of what the commands ask a serving collector, and of the lists and tables."""
    found = {f"GET /{name}" for name in NAMES} | {f"GET /{kind.path}" for kind in KINDS.values()}
    found |= {f"POST /{kind.path}" for kind in KINDS.values()} | {"GET /{}", "POST /{}", "PUT /{}/{}"}
    for file in sorted((COLLECTOR / "commands").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            arguments = list(node.args) if isinstance(node, ast.Call) else []
            for method, path in pairwise(arguments):
                if isinstance(method, ast.Constant) and method.value in {"GET", "POST", "PUT", "DELETE"}:
                    text = next((said for _, said in texts_of(f"X = {ast.unparse(path)}")), "")
                    found.add(f"{method.value} {text.split('?')[0]}")
    return found


def has_a_route(command: str) -> bool:
    return not any(command == each or command.startswith(f"{each} ") for each in NO_ROUTE)


def one_door(source: str, with_command: set[str]) -> Iterator[str]:
    for line, text in texts_of(source):
        named = [f"{method} {path.rstrip('.:`')}" for method, path in ROUTE.findall(text)]
        commands = [word for word in COMMAND.findall(text) if "`" in text or named]
        if named and not commands and set(named) & with_command:
            yield f"line {line}: {text!r} names the route alone"
        if not named and any(has_a_route(word) for word in commands):
            yield f"line {line}: {text!r} names the command alone"


def test_every_remedy_names_the_command_and_the_route_where_both_are():
    known = routes_with_a_command()
    assert {"POST /scores/run", "GET /alarms", "GET /sessions", "GET /csms", "GET /ctas/{}"} <= known
    wrong, remedies = [], 0
    for file in sorted(COLLECTOR.rglob("*.py")):
        if file.relative_to(COLLECTOR).parts[0] in ONE_DOOR:
            continue
        source = file.read_text("utf-8")
        remedies += sum(bool(ROUTE.search(text)) for _, text in texts_of(source))
        wrong += [f"{file.relative_to(ROOT)}, {each}" for each in one_door(source, known)]
    assert remedies > 25, "the walk has lost the remedies"
    assert wrong == []


@pytest.mark.parametrize(
    "text",
    [
        '"list them: GET /api/v1/alarms?uncleared=true"',
        '"list them with GET /api/v1/csms"',
        'f"list them with GET /api/v1/{kind.path}"',
        'f"correct it (PUT /api/v1/{kind.path}/{key})"',
        'f"see them: `collector cta tasks {cta_id}`"',
        '"take those days back: `collector clock withdraw`"',
    ],
)
def test_the_control_a_remedy_with_one_door_is_found(text):
    assert list(one_door(f"X = {text}", routes_with_a_command()))


@pytest.mark.parametrize(
    "text",
    ['"list them with GET /api/v1/webhooks"', '"the one that `collector serve` runs"', '"see the collector log"'],
)
def test_the_control_what_has_one_door_only_may_name_it(text):
    assert not list(one_door(f"X = {text}", routes_with_a_command()))
