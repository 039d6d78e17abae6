"""The tables of the reference pages, made from the code they describe.

A page holds a table between `<!-- table: NAME -->` and `<!-- end -->`. `make docs` rewrites them all,
tests/unit/test_docs.py fails when one is not what the code says. The help of the commands is written too.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import click

ROOT = Path(__file__).parents[1]
HELP = ROOT / "collector/commands/help.json"
BLOCK = re.compile(r"(<!-- table: (?P<name>[a-z ]+) -->\n)(?P<body>.*?)(<!-- end -->)", re.DOTALL)


def markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def code(value: object) -> str:
    shown = str(value).lower() if isinstance(value, bool) else value
    return "" if shown is None or shown in ("", {}, ()) else f"`{shown}`"


def counters() -> str:
    from opk_skills.catalogue import catalogue, registry  # noqa: PLC0415 - a page needs only what it shows

    rows = [
        (
            code(c.key),
            c.unit,
            c.group,
            c.en,
            c.zh,
            code(c.per),
            f"{c.family}: {c.did}" if c.family else "",
            f"{c.most_per_h:,}",
        )
        for c in registry(catalogue()).values()
    ]
    return markdown(("key", "unit", "group", "English", "中文", "divided by", "family", "at most per hour"), rows)


def families() -> str:
    from protocol.counters import FAMILIES  # noqa: PLC0415 - as above

    return markdown(
        ("key", "English", "中文", "opportunity"), [(code(f.key), f.en, f.zh, code(f.per)) for f in FAMILIES.values()]
    )


def agent_settings() -> str:
    from edge_agent.config import PREFIX, SETTABLE, meaning  # noqa: PLC0415 - as above

    rows = []
    for setting in SETTABLE:
        default = setting.default if setting.default is not MISSING else ""
        shown = {Path(): ""}.get(default, default) if isinstance(default, Path) else default
        shown = ",".join(shown) if isinstance(shown, tuple) else shown
        said = meaning(setting.name)[1]
        limits = f"; {said.low:g} to {said.high:g}" if said.high else ""
        rows.append((code(setting.name), code(PREFIX + setting.name.upper()), code(shown), said.help + limits))
    return markdown(("setting", "variable", "default", "is"), rows)


def collector_settings() -> str:
    from collector.config import Settings  # noqa: PLC0415 - as above

    rows = []
    for name, field in Settings.model_fields.items():
        default = getattr(field.default, "get_secret_value", lambda value=field.default: value)()
        rows.append((code(name), code(f"COLLECTOR_{name.upper()}"), code(default), field.description or ""))
    return markdown(("setting", "variable", "default", "is"), rows)


def api_routes() -> str:
    from collector.access.caller import RIGHTS  # noqa: PLC0415 - as above
    from collector.web.api.routes import BASE, ROUTES  # noqa: PLC0415 - as above

    names = {allowed: name for name, allowed in RIGHTS.items()}
    rows = [
        (
            code(route.method),
            code(BASE + route.path),
            route.summary,
            names[route.roles].replace("_", " "),
            ", ".join(code(field.alias or name) for name, field in route.query.model_fields.items()),
        )
        for route in ROUTES
    ]
    return markdown(("method", "path", "answers", "right", "parameters"), rows)


def rights() -> str:
    from collector.access.caller import RIGHTS, Role  # noqa: PLC0415 - as above

    rows = [
        (name.replace("_", " "), *("●" if role in allowed else "" for role in Role)) for name, allowed in RIGHTS.items()
    ]
    return markdown(("right", *(role.value.replace("_", " ") for role in Role)), rows)


def operations() -> list[Any]:
    """Every operation, with its module."""
    import collector.operations as package  # noqa: PLC0415 - as above
    from collector.operations.operation import Operation  # noqa: PLC0415 - as above

    modules = [import_module(f"{package.__name__}.{each.name}") for each in iter_modules(package.__path__)]
    found = {
        (module.__name__.rpartition(".")[2], value.name): value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, Operation) and value.run.__module__ == module.__name__
    }
    return sorted(found.items())


def operations_and_roles() -> str:
    from collector.access.caller import Role  # noqa: PLC0415 - as above

    rows = [
        (code(f"{module}.{name}"), *("●" if role in operation.roles else "" for role in Role))
        for (module, name), operation in operations()
    ]
    return markdown(("operation", *(role.value.replace("_", " ") for role in Role)), rows)


def api_errors() -> str:
    from collector.web.errors import Problem  # noqa: PLC0415 - as above

    rows = {(kind.status, code(kind.code)) for kind in (Problem, *Problem.__subclasses__())}
    return markdown(("status", "code"), sorted(rows))


def collector_metrics() -> str:
    from collector.closing.clock_guard import FOLLOWS  # noqa: PLC0415 - as above
    from collector.ingest.metrics import IngestFigures  # noqa: PLC0415 - as above
    from collector.store.watch import TAKES  # noqa: PLC0415 - as above
    from collector.values.store_state import PortfolioFigures, StoreFigures  # noqa: PLC0415 - as above
    from collector.web.metrics import IngestMetrics, StoreMetrics  # noqa: PLC0415 - as above

    shown = [
        *IngestMetrics(IngestFigures(), lambda: 0.0, lambda: FOLLOWS, lambda: TAKES).collect(),
        *StoreMetrics(lambda: StoreFigures(0, 0, PortfolioFigures({}, 0, 0, {}, {}), 0.0), lambda: 0.0).collect(),
    ]
    suffix = {"counter": "_total", "gauge": "", "histogram": ""}
    return markdown(
        ("metric", "type", "is"),
        [(code(metric.name + suffix[metric.type]), metric.type, metric.documentation) for metric in shown],
    )


def stories() -> str:
    from simulators.stories.plots import PLOTS  # noqa: PLC0415 - as above

    rows = [
        (
            code(plot.key),
            plot.tells,
            ", ".join(code(word) for word in sorted(plot.truth.shows)),
            ", ".join(plot.truth.bands) or "no score any more",
        )
        for plot in PLOTS.values()
    ]
    return markdown(("story", "what happens", "must hold", "may be"), rows)


def health_measures() -> str:
    from collector.built_in import HEALTH as DEFAULT  # noqa: PLC0415 - as above
    from collector.language import names  # noqa: PLC0415 - as above

    rows = []
    for name, rule in DEFAULT.measures.items():
        entry = DEFAULT.entries[f"measures.{name}"]
        curve = "of its own, below" if rule.zero is None else f"{rule.zero:g} to {rule.full:g} {entry.unit}"
        share = DEFAULT.peers.absolute_share if rule.peers else 1
        english, chinese = names.measure(name, "en"), names.measure(name, "zh")
        rows.append((name, english, chinese, f"{rule.weight:g}", curve, f"{share * 100:g} %", entry.reason))
    return markdown(("", "measure", "中文", "weight", "0 to 100 points", "curve's part", "why"), rows)


def health_policy() -> str:
    from collector.built_in import HEALTH as DEFAULT  # noqa: PLC0415 - as above

    def shown(value: object) -> str:
        if isinstance(value, dict):
            return ", ".join(f"{name} {shown(each)}" for name, each in value.items())
        return ", ".join(value) if isinstance(value, list) else f"{value:g}" if isinstance(value, float) else str(value)

    rows = [
        (code(name), shown(entry.value) or "none", entry.unit, entry.reason, entry.source)
        for name, entry in DEFAULT.entries.items()
        if name.split(".", maxsplit=1)[0] not in ("measures", "anomaly")
    ]
    return markdown(("entry", "value", "unit", "because", "from"), rows)


def playbooks() -> str:
    from collector.built_in import PLAYBOOKS  # noqa: PLC0415 - as above

    rows = [
        (
            code(rule.key),
            rule.en,
            rule.zh,
            "of the cap" if rule.severity is None else rule.severity,
            rule.due_in_days,
            rule.occasion.replace("_", "-"),
            len(rule.steps),
        )
        for rule in PLAYBOOKS.values()
    ]
    return markdown(("rule", "English", "中文", "severity", "due in", "contact", "steps"), rows)


def webhook_events() -> str:
    from collector.notifications.signing import EVENTS  # noqa: PLC0415 - as above

    return markdown(("event", "when"), [(code(event), says) for event, says in EVENTS.items()])


def ledger_kinds() -> str:
    from collector.accounts.ledger.kinds.registry import KINDS  # noqa: PLC0415 - as above

    rows = []
    for kind in KINDS.values():
        fields = kind.model.__dataclass_fields__
        more = [name for name, field in fields.items() if field.default is not MISSING or name in kind.from_base]
        needed = [name for name in fields if name not in {"id", "account", *more}]
        named = [", ".join(code(name) for name in names) for names in (needed, more)]
        rows.append((code(kind.path), kind.en, kind.zh, "yes" if kind.of_account else "", code(kind.day), *named))
    return markdown(("path", "English", "中文", "of an account", "its day", "fields", "may be left empty"), rows)


def row_keys() -> str:
    from collector.accounts.ledger.kinds.registry import KINDS  # noqa: PLC0415 - as above
    from collector.exchange.imports.row_ids import KEYS  # noqa: PLC0415 - as above

    rows = [
        (
            code(kind.path),
            kind.zh,
            ", ".join(map(code, KEYS[kind.key].fields)),
            ", ".join(map(code, KEYS[kind.key].needed)),
        )
        for kind in KINDS.values()
        if kind.key in KEYS
    ]
    return markdown(("path", "中文", "key of a row without an id", "must not be empty"), rows)


def rates() -> str:
    from collector.accounts.rates.figures import FIGURES  # noqa: PLC0415 - as above
    from collector.language import rates as words  # noqa: PLC0415 - as above

    rows = [
        (
            code(key), words.name(key, "en"), words.name(key, "zh"), words.definition(key, "en"),
            words.NOTHING[figure.nothing],
        )
        for key, figure in FIGURES.items()
    ]  # fmt: skip
    return markdown(("figure", "English", "中文", "is", "without anything to divide by"), rows)


def skill_page(key: str) -> Callable[[], str]:
    """What the manifest of a skill that ships says of it: what it may, its counters, its settings."""

    def made() -> str:
        from opk_skills.catalogue import HERE, read  # noqa: PLC0415 - as above
        from protocol.counters import COUNTERS  # noqa: PLC0415 - as above

        skill = read(HERE / key)
        facts = [
            ("intents", ", ".join(map(code, skill.intents))), ("priority", skill.priority),
            ("may ask the body for", ", ".join(map(code, skill.permissions))),
            ("is of no use without", ", ".join(map(code, skill.needs)) or "nothing"),
            ("models", ", ".join(map(code, skill.models)) or "any"), ("core, at least", skill.core),
            ("memory, at most", f"{skill.limits.memory_mb} MB"),
            ("of a core, at most", f"{skill.limits.cpu_percent} %"),
        ]  # fmt: skip
        own = {counter.key: counter for counter in skill.counters}
        known = [own.get(counter) or COUNTERS[counter] for counter in (*own, *skill.counts)]
        counted = [(code(each.key), each.en, each.zh, code(each.per)) for each in known]
        settings = [
            (
                code(name),
                each["title"],
                each["x-zh"],
                code(text if len(text := str(each.get("default", ""))) < SHORT else "…"),
            )
            for name, each in skill.settings.get("properties", {}).items()
        ]
        tables = [
            markdown(("", ""), facts), markdown(("counter", "English", "中文", "divided by"), counted),
            markdown(("setting", "is", "中文", "default"), settings) if settings else "",
        ]  # fmt: skip
        return "\n".join(table for table in tables if table)

    return made


SHORT = 120
SKILLS = tuple(sorted(path.stem for path in (ROOT / "docs" / "skills").glob("*.md")))
TABLES: dict[str, Callable[[], str]] = {
    **{f"skill {key}": skill_page(key) for key in SKILLS},
    "ledger kinds": ledger_kinds,
    "row keys": row_keys,
    "playbooks": playbooks,
    "webhook events": webhook_events,
    "counters": counters,
    "families": families,
    "agent settings": agent_settings,
    "collector settings": collector_settings,
    "api routes": api_routes,
    "api errors": api_errors,
    "rights": rights,
    "operations and roles": operations_and_roles,
    "collector metrics": collector_metrics,
    "rates": rates,
    "stories": stories,
    "health measures": health_measures,
    "health policy": health_policy,
}


def pages() -> list[Path]:
    return sorted((ROOT / "docs").rglob("*.md"))


def rewritten(text: str) -> str:
    """The page with every table as the code has it now. Raises KeyError for a table nobody makes."""
    return BLOCK.sub(lambda match: f"{match[1]}{TABLES[match['name']]()}{match[4]}", text)


def help_file() -> str:
    """What `collector … --help` prints without loading a command."""
    from collector.__main__ import main_group  # noqa: PLC0415 - as above
    from collector.commands import help_pages  # noqa: PLC0415 - as above

    context = click.Context(main_group, info_name="collector", **main_group.context_settings)
    said = help_pages.recorded(main_group, context)["commands"]
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


def main() -> int:
    HELP.write_text(help_file(), encoding="utf-8")
    for page in pages():
        old = page.read_text(encoding="utf-8")
        new = rewritten(old)
        if new != old:
            page.write_text(new, encoding="utf-8")
            print(page.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
