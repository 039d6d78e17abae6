"""A remedy says the act of the door that its reader stands in, and never that of another door."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import click
import pytest
from aiohttp import web

from collector.__main__ import main_group
from collector.accounts.ledger.kinds.registry import KINDS
from collector.exchange.lists import NAMES
from collector.values.refusal import Refused, Remedy, together
from collector.web.api.routes import ROUTES
from collector.web.pages import pages
from tests import ROOT

COLLECTOR = ROOT / "collector"
AT_A_TERMINAL = {
    "__main__.py", "config.py", "store", "commands", "backtest/proposal.py", "language/backtest.py", "language/cta.py",
    "language/listings.py", "language/policy_effect.py", "language/rates.py",
}  # fmt: skip
"""Read by whoever starts the collector or gives a command: no page and no route says these texts."""
AT_THE_API = {"web/api", "web/auth", "web/metrics.py", "web/errors.py", "web/server.py"}
NO_ROUTE = ("skills draft", "token create")  # drafts are made where nobody listens; who has no token asks no route
COMMAND = re.compile(
    r"`collector [a-z]|“collector [a-z]|(?<!\w)--(?!data-binary)[a-z]|\bcollector (?:import|export|skills|score)\b"
)
ROUTE = re.compile(r"\b(GET|POST|PUT|DELETE|PATCH) /[a-z]|/api/v1\b(?!\")")
PARAMETER = re.compile(r"^[a-z_]+=")


def texts_of(tree: ast.AST, *, inside_remedies: bool = True) -> Iterator[tuple[int, str]]:
    """Every text of a module that is no docstring, the slots of an f-string as {}."""
    passed = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    passed |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for call in () if inside_remedies else remedy_calls(tree):
        acts = [*call.args[1:4], *(word.value for word in call.keywords if word.arg != "also")]
        passed |= {id(node) for act in acts for node in ast.walk(act)}
    for node in ast.walk(tree):
        if id(node) in passed:
            continue
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def remedy_calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Remedy":
            yield node


def remedies_of(source: str) -> Iterator[Remedy]:
    """Each with its slots as {}. Those whose text is no literal (two joined) are made of others."""
    for call in remedy_calls(ast.parse(source)):
        named = {word.arg: word.value for word in call.keywords if word.arg is not None and word.arg != "also"}
        given = dict(zip(("text", "command", "route", "page"), call.args, strict=False)) | named
        said = {name: next((text for _, text in texts_of(value)), None) for name, value in given.items()}
        if said["text"] is not None:
            yield Remedy(**{name: text or "" for name, text in said.items()})


def in_folder(file: Path, places: set[str]) -> bool:
    inside = file.relative_to(COLLECTOR)
    return bool({inside.as_posix(), *(parent.as_posix() for parent in inside.parents)} & places)


def all_remedies() -> list[Remedy]:
    return [one for file in sorted(COLLECTOR.rglob("*.py")) for one in remedies_of(file.read_text("utf-8"))]


def others(told: str, by: str) -> bool:
    """Whether what somebody at that door is told names an act of another one."""
    command, route = bool(COMMAND.search(told)), bool(ROUTE.search(told))
    return {"api": command, "command": route, "page": command or route}[by]


def test_each_door_says_its_own_act_and_never_another_ones():
    found = all_remedies()
    assert len(found) > 60, "the walk has lost the remedies"
    for one in found:
        assert not others(one.text, "page"), one
        assert one.told("page") == one.text
        assert one.told("api") == (f"{one.text}: {one.route}" if one.route else one.text)
        own = one.command if one.command.startswith("--") else f"collector {one.command}"
        assert one.told("command") == (f"{one.text}: `{own}`" if one.command else one.text)
        assert not any(others(one.told(by), by) for by in ("api", "command", "page")), one


def known_command(words: str) -> bool:
    """An option of some command, or the words of one with its options."""
    if words.startswith("--"):
        return words in options(main_group)
    at: click.Command = main_group
    path = words.split()
    while path and isinstance(at, click.Group):
        found = at.get_command(click.Context(at), "accounts" if path[0] == "{}" else path[0])
        if found is None:
            return False
        at, path = found, path[1:]
    return all(word in options(at) for word in path if word.startswith("--"))


def options(command: click.Command) -> set[str]:
    """Those of a command, or of all in a group."""
    found = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    if isinstance(command, click.Group):
        inside = click.Context(command)
        for name in command.list_commands(inside):
            one = command.get_command(inside, name)
            found |= options(one) if one is not None else set()
    return found


def same_path(said: str, known: str) -> bool:
    """`{}` and names in braces stand for one part each."""
    mine, theirs = (
        said.split("?", maxsplit=1)[0].split(maxsplit=1)[0].strip("/").split("/"),
        known.strip("/").split("/"),
    )
    pairs = zip(mine, theirs, strict=False)
    return len(mine) == len(theirs) and all("{" in one or "{" in other or one == other for one, other in pairs)


def test_every_act_that_a_remedy_names_is_there():
    app = web.Application()
    pages.add_to(app)
    shown = [route.resource.canonical for route in app.router.routes() if route.method == "GET" and route.resource]
    for one in all_remedies():
        assert not one.command or known_command(one.command), one
        method, _, path = one.route.removesuffix(" with `replaces`").partition(" /api/v1")
        is_route = any(each.method == method and same_path(path, each.path) for each in ROUTES) if path else False
        assert not one.route or is_route or PARAMETER.match(one.route), one
        assert not one.page or one.page == "/" or any(same_path(one.page, each) for each in shown), one


def test_the_control_an_act_that_is_not_there_is_found():
    assert known_command("skills submission check")
    assert known_command("cta list --account {}")
    assert not known_command("skills submission verify")
    assert not known_command("cta list --client {}")
    assert not known_command("list them")
    assert same_path("/accounts/{account}/scores", "/accounts/{account}/scores")
    assert not same_path("/accounts/{account}/scores", "/accounts/{account}")


def routes_with_a_command() -> set[str]:
    """METHOD and path of what the commands ask a serving collector, and of the lists and tables."""
    found = {f"GET /{name}" for name in NAMES} | {f"GET /{kind.path}" for kind in KINDS.values()}
    found |= {f"POST /{kind.path}" for kind in KINDS.values()} | {"GET /{}", "POST /{}", "PUT /{}/{}"}
    for file in sorted((COLLECTOR / "commands").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            arguments = list(node.args) if isinstance(node, ast.Call) else []
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "door.every":  # reads all pages of a list
                arguments.insert(2, ast.Constant("GET"))
            for method, path in pairwise(arguments):
                if isinstance(method, ast.Constant) and method.value in {"GET", "POST", "PUT", "DELETE"}:
                    text = next((said for _, said in texts_of(ast.parse(f"X = {ast.unparse(path)}"))), "")
                    found.add(f"{method.value} {text.split('?')[0]}")
    return found


def one_door(one: Remedy, with_command: set[str]) -> bool:
    """Whether it leaves out a door that has the act too. How far a run is: the command waits for it."""
    route = one.route.replace("/api/v1", "").split("?")[0]
    if route == "GET /scores/run":
        return False
    return (route in with_command and not one.command) or (
        bool(one.command) and not route and not one.command.startswith(NO_ROUTE)
    )


def test_a_remedy_has_the_act_of_every_door_that_has_it():
    known = routes_with_a_command()
    assert {"POST /scores/run", "GET /alarms", "GET /sessions", "GET /csms", "GET /ctas/{}"} <= known
    assert [one for one in all_remedies() if one_door(one, known)] == []


@pytest.mark.parametrize(
    "one", [Remedy("list them", route="GET /api/v1/csms"), Remedy("list them", command="cta list")]
)
def test_the_control_a_remedy_that_leaves_out_a_door_is_found(one):
    assert one_door(one, routes_with_a_command())


def wrong_texts(source: str, *, commands: bool, routes: bool) -> Iterator[str]:
    """Texts beside the acts of remedies that name an act of a door that may not be theirs."""
    for line, text in texts_of(ast.parse(source), inside_remedies=False):
        if re.fullmatch(r"[-\w/{}.]*", text):  # an address or an option itself, which no sentence is around
            continue
        if (not commands and COMMAND.search(text)) or (not routes and ROUTE.search(text)):
            yield f"line {line}: {text!r}"


def test_no_other_text_names_a_door_that_its_reader_may_not_stand_in():
    wrong = []
    for file in sorted(COLLECTOR.rglob("*.py")):
        terminal, api = in_folder(file, AT_A_TERMINAL), in_folder(file, AT_THE_API)
        found = wrong_texts(file.read_text("utf-8"), commands=terminal, routes=api)
        wrong += [f"{file.relative_to(ROOT)}, {each}" for each in found]
    for file in sorted((COLLECTOR / "web" / "templates").rglob("*.html")):
        wrong += [f"{file.name}: {each[0]}" for each in re.finditer(r"[`“]collector [a-z]+", file.read_text("utf-8"))]
    assert wrong == []


@pytest.mark.parametrize(
    "text",
    [
        '"list them: `collector cta list`, or GET /api/v1/ctas"',
        'f"list them with GET /api/v1/{kind.path}"',
        'Remedy("list them with GET /api/v1/ctas", "cta list")',
        '"made with “collector token create”."',
        '"name its encoding (--encoding NAME)"',
    ],
)
def test_the_control_a_text_that_names_a_door_is_found(text):
    assert list(wrong_texts(f"X = {text}", commands=False, routes=False))


def test_what_is_joined_says_each_part_by_the_door():
    both = Remedy("list them", "cta list", "GET /api/v1/ctas", also=("or not", Remedy("add one", "cta add", "POST /x")))
    assert both.told("command") == "list them: `collector cta list`; or not; add one: `collector cta add`"
    assert both.told("api") == "list them: GET /api/v1/ctas; or not; add one: POST /x"
    assert str(both) == both.told("page") == "list them; or not; add one"
    assert Refused("there is none", both, "not_found").told("page") == f"there is none; {both}"


def test_several_are_told_together_and_one_stays_what_it_is():
    act = Remedy("list them", "cta list", "GET /api/v1/ctas")
    assert together(["correct it"]) == "correct it"
    assert together([act]) == act
    told = [together(both).told("command") for both in ([act, "correct it"], ["correct it", act])]
    assert told == ["list them: `collector cta list`; correct it", "correct it; list them: `collector cta list`"]
