"""What refusals say, read from the code: the literals behind every reason and every remedy, through names and choices.

A text that is given directly, by `a if b else c`, by a name of the function or of the module, by a table of the module,
or by an argument of a function of the same module is found. What comes from another module is found where it is made.
"""

import ast
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

REFUSES = {
    "Refused", "Refusal", "StoreRefusal", "BadRequest", "Complaint",
    "Forbidden", "NotFound", "MethodNotAllowed", "ConflictProblem", "Outdated",
    "TooLarge", "Unprocessable", "TooManyRequests", "Unavailable", "Internal",
    "NotUndone", "NoImport", "CreditRefused", "Remedy",
}  # fmt: skip
TEXTS = {"Complaint": slice(1, 3), "Remedy": slice(1), "CreditRefused": slice(1)}
"""Which arguments are for people, where it is not the first two: a complaint begins with its field."""
_NAMED = {"reason", "remedy", "why"}
_DEPTH = 5
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a refusal. `values`: it is an f-string, which no catalogue can hold."""

    line: int
    text: str
    values: bool


def of_source(source: str) -> Iterator[Text]:
    """All of one module."""
    tree = ast.parse(source)
    module = _Module(tree)
    for function, node in _calls(tree, None):
        called = _name(node.func)
        if called not in REFUSES:
            continue
        before = itertools.takewhile(lambda one: not isinstance(one, ast.Starred), node.args)
        given = [*list(before)[TEXTS.get(called, slice(2))], *(k.value for k in node.keywords if k.arg in _NAMED)]
        for one in given:
            yield from module.texts(one, function, _DEPTH)


class _Module:
    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._calls = list(_calls(tree, None))

    def texts(self, said: ast.AST, function: _Function | None, depth: int) -> Iterator[Text]:
        """The texts that an expression can be."""
        if depth == 0:
            return
        if isinstance(said, ast.Constant) and isinstance(said.value, str):
            yield Text(said.lineno, said.value, values=False)
        elif isinstance(said, ast.JoinedStr):
            yield Text(said.lineno, ast.unparse(said), values=True)
        elif isinstance(said, ast.IfExp | ast.BoolOp):
            for each in said.values if isinstance(said, ast.BoolOp) else (said.body, said.orelse):
                yield from self.texts(each, function, depth - 1)
        elif isinstance(said, ast.Name | ast.Subscript):
            for where, value in self._values(said, function):
                yield from self.texts(value, where, depth - 1)

    def _values(self, said: ast.AST, function: _Function | None) -> Iterator[tuple[_Function | None, ast.AST]]:
        """What a name, or an entry of a table, was given."""
        if isinstance(said, ast.Subscript):
            yield from self._entries(said, function)
        elif isinstance(said, ast.Name):
            found = list(_assigned(function, said.id)) if function is not None else []
            if found:
                yield from ((function, value) for value in found)
            elif function is not None and said.id in (names := _parameters(function)):
                yield from self._arguments(function.name, names.index(said.id), said.id)
            else:
                yield from ((None, value) for value in _assigned(self._tree, said.id))

    def _entries(self, said: ast.Subscript, function: _Function | None) -> Iterator[tuple[_Function | None, ast.AST]]:
        for where, table in [*self._values(said.value, function), (function, said.value)]:
            if isinstance(table, ast.Dict):
                yield from ((where, value) for value in table.values)
            elif isinstance(table, ast.Tuple) and isinstance(said.slice, ast.Constant):
                yield where, table.elts[said.slice.value]

    def _arguments(self, function: str, at: int, name: str) -> Iterator[tuple[_Function | None, ast.AST]]:
        for where, call in self._calls:
            if _name(call.func) == function:
                yield from ((where, value) for value in call.args[at : at + 1])
                yield from ((where, one.value) for one in call.keywords if one.arg == name)


def _calls(tree: ast.AST, function: _Function | None) -> Iterator[tuple[_Function | None, ast.Call]]:
    """Every call, with the function that it stands in."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call):
            yield function, node
        yield from _calls(node, node if isinstance(node, _Function) else function)


def _assigned(where: ast.AST, name: str) -> Iterator[ast.AST]:
    """The values that a name is given in a function, or in a module outside of its functions."""
    for node in ast.walk(where) if isinstance(where, _Function) else ast.iter_child_nodes(where):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            yield from _of_target(target, node.value, name)


def _of_target(target: ast.expr, value: ast.expr, name: str) -> Iterator[ast.AST]:
    if isinstance(target, ast.Name) and target.id == name:
        yield value
    elif isinstance(target, ast.Tuple):
        for at, one in enumerate(target.elts):
            if isinstance(one, ast.Name) and one.id == name:
                yield from _parts(value, at)


def _parts(value: ast.expr, at: int) -> Iterator[ast.AST]:
    """The part at this place of what is unpacked."""
    if isinstance(value, ast.Tuple):
        yield value.elts[at]
    elif isinstance(value, ast.IfExp):
        yield from (*_parts(value.body, at), *_parts(value.orelse, at))
    else:
        yield ast.Subscript(value=value, slice=ast.Constant(at))


def _parameters(function: _Function) -> Sequence[str]:
    return [one.arg for one in (*function.args.posonlyargs, *function.args.args)]


def _name(called: ast.expr) -> str:
    return ast.unparse(called).split(".")[-1]
