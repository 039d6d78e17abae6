"""The message catalogues: extracted from the code, updated, compiled. `make messages` does it; tests compare.

Every message of a domain stands in one .po file for each language, with its compiled .mo beside it. Both are
committed: pages and commands load the .mo with the standard library, and a robot has no Babel.
"""

import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

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
    catalogue.update(extracted(domain), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    return catalogue


def forms(said: object) -> list[str]:
    """All forms of a message or of its translation: one, or several where it has a plural."""
    return [str(one) for one in said] if isinstance(said, list | tuple) else [str(said)]


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
