"""The registry of sources. A source's module is imported only when it is configured.

`[sources.<name>]` is a source of kind <name>, or of the `kind` it names, so that there can be two of one
kind. docs/sources.md describes every kind and its options.
"""

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from edge_agent.counting.readings import Source
from edge_agent.deferred import Sentence
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
            raise ConfigError("[sources.{name}] is not in use: add {name} to enabled, or remove the table", name=name)
    return [_build_one(name, dict(options.get(name, {})), around) for name in dict.fromkeys(wanted)]


def _build_one(name: str, table: dict[str, Any], around: Surroundings) -> Source:
    kind = table.pop("kind", name)
    if kind not in KINDS:
        import difflib  # noqa: PLC0415  only a misspelt kind needs it

        near = difflib.get_close_matches(str(kind), KINDS, n=1)
        remedy = Sentence("choose from {names}", names=", ".join(KINDS))
        if near:
            remedy = Sentence("did you mean {name}?", name=near[0])
        raise ConfigError("source {name}: {kind!r} is no kind of source: {remedy}", name=name, kind=kind, remedy=remedy)
    if not (name.isascii() and name.replace("_", "").replace("-", "").isalnum()):
        raise ConfigError("source {name!r}: a name is letters, digits, - and _", name=name)
    module = import_module(f"edge_agent.sources.{kind}")
    built: Source = module.build(name, parse(module.Options, table, f"sources.{name}"), around)
    return built
