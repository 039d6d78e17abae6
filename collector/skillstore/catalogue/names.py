"""Names that people would take for one another, in English and Chinese. Pure.

Two names are alike when nothing is left to tell them apart after what eyes skip is taken away: case, width, spaces and
signs, letters of other alphabets that look the same (Unicode UTS 39 names the idea "skeleton"; the table here holds
the pairs that occur in names of skills), and digits that stand for letters.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from collector.language.catalogue import deferred
from collector.skillstore.catalogue.listing import Listing
from opk_skills.manifest.manifest import Manifest

UNSHOWN = deferred("the names of {skill} cannot be shown"), deferred("write names of visible letters")
ALIKE = (
    deferred("the names of {skill} look like those of {other} by {publisher}"),
    deferred("take names that nobody mistakes for it"),
)
TAKEN = deferred("{skill} is a skill of {publisher}"), deferred("take another key")

_SAME = str.maketrans(
    {
        "а": "a", "с": "c", "ԁ": "d", "е": "e", "һ": "h", "і": "i", "ј": "j", "к": "k", "м": "m", "о": "o", "р": "p",
        "ѕ": "s", "т": "t", "у": "y", "х": "x", "в": "b", "н": "h", "α": "a", "ο": "o", "ρ": "p", "ν": "v", "ι": "i",
        "τ": "t", "κ": "k", "0": "o", "1": "l", "3": "e", "5": "s", "|": "l", "ı": "i", "ӏ": "l",
        "導": "导", "覽": "览", "講": "讲", "領": "领", "廣": "广", "對": "对", "話": "话",
        "機": "机", "員": "员", "務": "务", "遞": "递", "歡": "欢", "櫃": "柜", "場": "场", "飯": "饭", "廳": "厅",
        "曰": "日", "巳": "己", "已": "己", "末": "未", "土": "士", "入": "人",
    }
)  # fmt: skip


def skeleton(name: str) -> str:
    """What is left of a name for the eye; "" for one of signs alone."""
    plain = unicodedata.normalize("NFKC", name).casefold().translate(_SAME)
    plain = unicodedata.normalize("NFD", plain)
    kept = (letter for letter in plain if unicodedata.category(letter)[0] in "LN")
    return "".join(kept).replace("rn", "m").replace("vv", "w").replace("i", "l")


def resembled(name_en: str, name_zh: str, publisher: str, listings: Iterable[Listing]) -> Listing | None:
    """The first listing of another publisher that has, in either language, a name that looks like one of these."""
    asked = {skeleton(name_en), skeleton(name_zh)} - {""}
    for one in listings:
        if one.publisher != publisher and asked & {skeleton(one.name_en), skeleton(one.name_zh)}:
            return one
    return None


def is_plain(name: str) -> bool:
    """Whether it can be shown: something is to be seen, and nothing hides or turns the text around."""
    hidden = any(unicodedata.category(letter) in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"} for letter in name)
    return bool(skeleton(name)) and not hidden


@dataclass(frozen=True, slots=True)
class NameTrouble:
    """Why a skill may not have these names, and what to do; texts of the catalogue with their slots."""

    reason: str
    remedy: str
    slots: dict[str, str] = field(default_factory=dict)


def name_trouble(one: Manifest, publisher: str, others: Iterable[Listing]) -> NameTrouble | None:
    """A name that hides something, that people would take for another publisher's skill, or a key that is taken."""
    known = list(others)
    if not (is_plain(one.en) and is_plain(one.zh)):
        return NameTrouble(*UNSHOWN, {"skill": one.key})
    found = resembled(one.en, one.zh, publisher, known)
    if found is not None:
        return NameTrouble(*ALIKE, {"skill": one.key, "other": found.skill, "publisher": found.publisher})
    same = next((other for other in known if other.skill == one.key and other.publisher != publisher), None)
    return None if same is None else NameTrouble(*TAKEN, {"skill": one.key, "publisher": same.publisher})
