"""Three ways to give settings to a command: variables, a file that is named, a file that a variable names."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from collector.__main__ import main_group

Given = tuple[list[str], dict[str, str]]  # arguments and variables


def by_variables(chosen: Mapping[str, Any], _: Path) -> Given:
    return [], {f"COLLECTOR_{name.upper()}": str(value) for name, value in chosen.items()}


def a_file(chosen: Mapping[str, Any], folder: Path) -> str:
    file = folder / "collector.toml"
    file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in chosen.items()), encoding="utf-8")
    return str(file)


def by_config(chosen: Mapping[str, Any], folder: Path) -> Given:
    return ["--config", a_file(chosen, folder)], {}


def by_config_variable(chosen: Mapping[str, Any], folder: Path) -> Given:
    return [], {"COLLECTOR_CONFIG": a_file(chosen, folder)}


WAYS: Mapping[str, Callable[[Mapping[str, Any], Path], Given]] = {
    "variables": by_variables, "--config": by_config, "COLLECTOR_CONFIG": by_config_variable,
}  # fmt: skip


def run(command: tuple[str, ...], given: Given) -> Result:
    arguments, variables = given
    return CliRunner().invoke(main_group, [*command, *arguments], env=variables)
