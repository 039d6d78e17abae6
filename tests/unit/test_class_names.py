"""What a package takes from another has a name that none of its own classes has."""

import ast

from tests import ROOT
from tests.unit.test_tidy import CODE, TREES, found, where


def test_a_package_has_no_class_of_the_name_of_one_that_it_imports_from_another():
    """Both would be one word where they meet: `NotTrusted` of the robot's store and of what signs packages."""
    own = {
        (path.relative_to(ROOT).parts[0], node.name): where(path, node.lineno)
        for path in CODE
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.ClassDef)
    }
    problems = []
    for path in CODE:
        package = path.relative_to(ROOT).parts[0]
        for node in ast.walk(TREES[path]):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] != package:
                other = node.module.partition(".")[0]
                problems += [
                    f"{where(path, node.lineno)}: {one.name} is {other}'s and stands at {own[package, one.name]}, too"
                    for one in node.names
                    if (package, one.name) in own and (other, one.name) in own
                ]
    found(problems)
