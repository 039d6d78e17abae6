"""The message catalogues: extracted from the code, updated, compiled. `make messages` does it; tests compare.

Every message of a domain stands in one .po file for each language, with its compiled .mo beside it. Both are
committed: pages and commands load the .mo with the standard library, and a robot has no Babel.
"""

import io
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from collector.accounts.ledger.kinds.registry import KINDS
from collector.config import Settings
from collector.exchange.imports.fields import fields_of
from collector.exchange.imports.headings import label
from protocol.counters import COUNTERS, FAMILIES
from protocol.refused import REFUSED_READINGS
from tests import refusal_texts

ROOT = Path(__file__).parents[1]
KEYWORDS = {
    "gettext": (2,),
    "ngettext": (2, 3),
    "pgettext": ((2, "c"), 3),
    "deferred": (1,),
    "Sentence": (1,),
    "ConfigError": (1,),
    "ConfigurationError": (1,),
    "deferred_in": ((1, "c"), 2),
}
QUOTED = re.compile("`[^`]*`")
API = ROOT / "collector/web/api"  # no page says what it refuses


@dataclass(frozen=True)
class Domain:
    """The messages of one part of the code."""

    name: str
    folder: Path
    locales: Path

    def catalogues(self) -> Iterator[Path]:
        return iter(sorted(self.locales.glob(f"*/LC_MESSAGES/{self.name}.po")))


COLLECTOR = Domain("fleetward", ROOT / "collector", ROOT / "collector/language/locale")
AGENT = Domain("agent", ROOT / "edge_agent", ROOT / "edge_agent/locale")
OPK = Domain("opk", ROOT / "opk_skills", ROOT / "opk_skills/locale")
DOMAINS = (COLLECTOR, AGENT, OPK)


def extracted(domain: Domain) -> Catalog:
    """Every message that the code of the domain says, with the files that say it."""
    found = Catalog(domain=domain.name)
    for path in sorted(domain.folder.rglob("*.py")):
        place = str(path.relative_to(domain.folder.parent))
        for _, message, comments, context in extract_from_file(
            "python", path, KEYWORDS, comment_tags=("Translators:",)
        ):
            found.add(message, None, [(place, None)], auto_comments=comments, context=context)
        for text in refusals(path.read_text("utf-8")) if API not in path.parents else ():
            found.add(text, None, [(place, None)])
    for text in REFUSED_READINGS.values() if domain is not OPK else ():  # the agent writes them, and both say them
        found.add(text, None, [("protocol/refused.py", None)])
    if domain is COLLECTOR:
        for one in Settings.model_fields.values():
            found.add(one.description, None, [("collector/config.py", None)], context="setting")
    return found


def refusals(source: str) -> Iterator[str]:
    """Why and what instead, where a refusal says them as literals. One that says a code is for programs."""
    for one in refusal_texts.of_source(source):
        if not one.values and not says_a_code(one.text):
            yield one.text


def says_a_code(text: str) -> bool:
    """A name with underscores, which no page may say, unless it is quoted."""
    return "_" in QUOTED.sub("", text)


PAIRED = ("en", "zh")  # the languages that registries, policy files and manifests carry themselves
POLICIES = (
    "collector/success/playbooks.toml", "collector/accounts/segments/segments.toml",
    "collector/accounts/lifecycle/lifecycle.toml",
)  # fmt: skip


def carried(domain: Domain) -> Catalog:
    """The English of what carries its own Chinese: in any other language the catalogue says it."""
    found = Catalog(domain=domain.name)
    texts = [one.en for one in (*COUNTERS.values(), *FAMILIES.values())] if domain is not OPK else []
    if domain is COLLECTOR:
        texts += [kind.en for kind in KINDS.values()]
        texts += [label(field).en for kind in KINDS.values() for field in fields_of(kind)]
        texts += [pair[0] for path in POLICIES for pair in pairs(tomllib.loads((ROOT / path).read_text("utf-8")))]
    for text in texts:
        found.add(text)
    return found


def pairs(table: object) -> list[tuple[str, str]]:
    """(English, Chinese) of each text of a file that carries both."""
    if isinstance(table, list):
        return [pair for one in table for pair in pairs(one)]
    if not isinstance(table, dict):
        return []
    own = [(str(table.get("en", "")), str(table.get("zh", "")))] if set(PAIRED) & set(table) else []
    return own + [pair for one in table.values() for pair in pairs(one)]


def needed(domain: Domain, language: str) -> Catalog:
    """Every message that a catalogue of that language must have."""
    found = extracted(domain)
    for one in () if language in PAIRED else carried(domain):
        if one.id and one.id not in found:
            found.add(one.id)
    return found


def read(po: Path) -> Catalog:
    with po.open("rb") as file:
        return read_po(file, locale=po.parents[1].name, domain=po.stem)


def written(catalogue: Catalog) -> bytes:
    """As a .po file."""
    out = io.BytesIO()
    write_po(out, catalogue, width=120, sort_output=True, omit_header=False, include_lineno=False, ignore_obsolete=True)
    return out.getvalue()


def compiled(catalogue: Catalog) -> bytes:
    """As a .mo file. Fuzzy and missing entries are not in it."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def updated(domain: Domain, po: Path) -> Catalog:
    """The catalogue with what the code says now: new messages are empty, those that nothing says are gone."""
    catalogue = read(po)
    catalogue.update(needed(domain, po.parents[1].name), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    return catalogue


def forms(said: object) -> list[str]:
    """All forms of a message or of its translation: one, or several where it has a plural."""
    return [str(one or "") for one in said] if isinstance(said, list | tuple) else [str(said or "")]


def untranslated(catalogue: Catalog) -> list[str]:
    """Messages of which a form is empty."""
    return [forms(message.id)[0] for message in catalogue if message.id and not all(forms(message.string))]


def main() -> int:
    missing = 0
    for domain in DOMAINS:
        for po in domain.catalogues():
            catalogue = updated(domain, po)
            po.write_bytes(written(catalogue))
            po.with_suffix(".mo").write_bytes(compiled(catalogue))
            empty = untranslated(catalogue)
            print(f"{po.relative_to(ROOT)}: {len(catalogue)} messages, {len(empty)} to translate")
            missing += len(empty)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
