"""Every refusal says what kind it is, and "there is no such thing" is never a conflict."""

import ast
from pathlib import Path

import pytest

import collector
from collector.values.refusal import Refusal, Refused

HOME = Path(collector.__file__).parent


def calls(source):
    """(line, first words of the reason, kind) of each refusal that is made in this source."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in {"Refused", "Refusal"}:
            continue
        reason = node.args[0] if node.args else None
        if isinstance(reason, ast.JoinedStr):
            reason = reason.values[0]
        words = reason.value if isinstance(reason, ast.Constant) and isinstance(reason.value, str) else ""
        kind = node.args[2] if len(node.args) > 2 else None
        yield node.lineno, words, kind.value if isinstance(kind, ast.Constant) else None


def misnamed(source):
    return [
        (line, words) for line, words, kind in calls(source) if words.startswith("there is no ") and kind == "conflict"
    ]


def test_a_refusal_without_its_kind_cannot_be_made():
    for made in (Refused, Refusal):
        with pytest.raises(TypeError):
            made("there is no robot r-1", "list them")


def test_what_is_not_there_is_never_called_a_conflict():
    sources = {path: path.read_text(encoding="utf-8") for path in HOME.rglob("*.py")}
    found = {path.name: list(calls(source)) for path, source in sources.items()}
    assert sum(len(each) for each in found.values()) > 40
    assert {path: misnamed(source) for path, source in sources.items() if misnamed(source)} == {}
    assert misnamed('Refused(f"there is no CSM {owner}", "list them", "conflict")')  # the control
