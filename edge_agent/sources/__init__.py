"""The registry of sources. A source's module is imported only when it is configured.

`[sources.<name>]` is a source of kind <name>, or of the `kind` it names, so that there can be two of one
kind. docs/sources.md describes every kind and its options.
"""

import difflib
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from edge_agent.counting.readings import Source
from edge_agent.errors import ConfigError
from edge_agent.sources.options import parse
from edge_agent.sources.surroundings import Surroundings

KINDS = ("system", "local", "statsd", "openmetrics", "vda5050", "ros2", "replay")
DEFAULT = ("system", "local", "statsd")


def build(names: Iterable[str], options: Mapping[str, Mapping[str, Any]], around: Surroundings) -> list[Source]:
    """The sources `names`, each with its table of `options`. Raises ConfigError with one line that says the remedy."""
    wanted = list(names)
    for name in options:
        if name not in wanted:
            raise ConfigError(f"[sources.{name}] is not in use: add {name} to enabled, or remove the table")
    return [_build_one(name, dict(options.get(name, {})), around) for name in dict.fromkeys(wanted)]


def _build_one(name: str, table: dict[str, Any], around: Surroundings) -> Source:
    kind = table.pop("kind", name)
    if kind not in KINDS:
        near = difflib.get_close_matches(str(kind), KINDS, n=1)
        remedy = f"did you mean {near[0]}?" if near else f"choose from {', '.join(KINDS)}"
        raise ConfigError(f"source {name}: {kind!r} is no kind of source: {remedy}")
    if not (name.isascii() and name.replace("_", "").replace("-", "").isalnum()):
        raise ConfigError(f"source {name!r}: a name is letters, digits, - and _")
    module = import_module(f"edge_agent.sources.{kind}")
    built: Source = module.build(name, parse(module.Options, table, f"sources.{name}"), around)
    return built
