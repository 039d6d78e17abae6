"""Each module can be the first that is imported: no module needs one that is only half loaded because of it."""

import ast
from collections.abc import Iterable, Mapping

from tests import ROOT

PACKAGES = ("protocol", "edge_agent", "collector", "simulators", "opk_skills")
Sources = Mapping[str, tuple[str, bool]]  # module -> its text, and whether it is a package


def sources() -> Sources:
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            is_package = parts[-1] == "__init__"
            found[".".join(parts[: len(parts) - is_package])] = (path.read_text("utf-8"), is_package)
    return found


def loaded_at_once(nodes: Iterable[ast.stmt]) -> Iterable[ast.Import | ast.ImportFrom]:
    """The imports that run when the module is loaded: not those of a function, nor those for the type checker."""
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            yield from loaded_at_once(node.orelse)
        elif isinstance(node, ast.If | ast.Try | ast.With | ast.ClassDef):
            yield from loaded_at_once(ast.iter_child_nodes(node))  # type: ignore[arg-type]  # what is no statement is skipped


def needs(module: str, text: str, known: Sources) -> set[str]:
    """The modules that are run first when this one is loaded. A module is inside its packages, and waits for none."""
    names = set()
    for node in loaded_at_once(ast.parse(text).body):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    found = set()
    for name in names:
        parts = name.split(".")
        found.update(".".join(parts[: n + 1]) for n in range(len(parts)))
    own = {module} | {module[:at] for at, sign in enumerate(module) if sign == "."}
    return (found & known.keys()) - own


def circles(known: Sources) -> list[list[str]]:
    """Modules that need each other: one circle through each of them that has any."""
    graph = {module: sorted(needs(module, text, known)) for module, (text, _) in known.items()}
    done: set[str] = set()
    found = []

    def walk(module: str, path: list[str]) -> None:
        if module in path:
            found.append([*path[path.index(module) :], module])
        elif module not in done:
            for each in graph[module]:
                walk(each, [*path, module])
            done.add(module)

    for module in graph:
        walk(module, [])
    return found


def test_no_module_needs_one_that_needs_it():
    assert len(sources()) > 300
    assert circles(sources()) == [], "move what both need into a module below them"


def test_the_control_two_packages_that_need_each_other_are_found():
    below = "from agent.outbox.values import Key\n"
    planted = {
        "agent": ("", True),
        "agent.outbox": ("from agent.counting.steps import Step\n", True),
        "agent.outbox.values": ("", False),
        "agent.counting": ("", True),
        "agent.counting.steps": (below, False),
    }
    assert circles(planted) == [["agent.outbox", "agent.counting.steps", "agent.outbox"]]
    late = f"def later():\n    {below}"
    assert circles({**planted, "agent.counting.steps": (late, False)}) == []
