"""What a table may hold: its columns, what each may be called, and the name of its sheet in a workbook. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType

from collector.accounts.ledger.kinds.registry import Kind
from collector.exchange.imports.fields import Field, fields_of
from collector.exchange.imports.heading_units import STRICT, HeadingParts, parts_of, says_nothing
from collector.exchange.imports.headings import folded, spellings
from collector.exchange.imports.row_ids import KEYS
from collector.exchange.imports.systems import NAME_PARTS, OF_PERSONS, yielding


@dataclass(frozen=True, slots=True)
class Layout:
    """`name` is what messages call the table. `sheets`: what its sheet may be called.

    `headings` is {folded heading: field}. `skill_counters`: a heading `<skill>.<counter>` is a column of counts too.
    `yielding`: {folded heading: (field, rank)} of headings that give way to those of a lower rank.
    """

    name: str
    sheets: tuple[str, ...]
    fields: Mapping[str, Field]
    headings: Mapping[str, str]
    skill_counters: bool = False
    yielding: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    def field(self, name: str) -> Field:
        """A field that `field_of` found."""
        return self.fields.get(name) or Field(name, "count", required=False)

    def field_of(self, heading: str) -> str | None:
        """The field that a heading means; None when it means none."""
        parts = self.parts(heading)
        if parts is not None:
            return self.named(parts.name)
        return heading.strip() if self.skill_counters and "." in heading else None

    def named(self, name: str) -> str | None:
        """The field of a name that stands alone."""
        bare = folded(name)
        return self.headings.get(bare) or self.yielding.get(bare, (None,))[0]

    def parts(self, heading: str) -> HeadingParts | None:
        """The name of a field and what stands beside it; None: the heading means none.

        Another field's name, or an English text, beside that of a text is not known: `Phone (work)` is no phone.
        """
        parts = parts_of(heading, self.named)
        if parts is None or not parts.notes:
            return parts
        name = self.named(parts.name)
        if name is None or self.field(name).form in STRICT:
            return parts
        strange = [note for note in parts.notes if self.named(note) != name and not says_nothing(note)]
        is_other = any(self.named(note) is not None for note in strange) or (strange and heading.isascii())
        return None if is_other else parts

    def rank(self, heading: str) -> int:
        """0: no heading of its field goes before it."""
        parts = self.parts(heading)
        bare = folded(heading if parts is None else parts.name)
        name, rank = self.yielding.get(bare, ("", 0))
        return 0 if bare == folded(name) else rank

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(name for name, field in self.fields.items() if field.required)


# What tables of older releases call a kind.
_FORMER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"renewal": ("续约",), "renewal_step": ("续约步骤",), "closure": ("闭馆日",), "line": ("合同明细",)}
)


@cache
def layout_of(kind: Kind) -> Layout:
    """The table of a kind of facts."""
    fields = fields_of(kind)
    former = _FORMER.get(kind.key, ())
    ids = (f"{kind.key} id", f"{kind.zh}编号", f"{kind.en} id", *(f"{name}编号" for name in former))
    known = spellings(fields, {"id": ids})
    if kind.key == "account":  # the customer's number is the account's own id here
        known.update({folded(name): "id" for name in ("account", "customer", "客户编号", "客户号", "客户代码")})
        known[folded("客户名称")] = "name"
        known[folded("客户")] = "name"
    names = (kind.path, kind.key, kind.en, kind.zh, *former)
    yields = yielding(kind.key, frozenset(fields))
    if kind.key in OF_PERSONS:
        fields = MappingProxyType({**fields, **{part: Field(part, "text", required=False) for part in NAME_PARTS}})
    if kind.key in KEYS:  # a row may have no id
        fields = MappingProxyType({**fields, "id": replace(fields["id"], required=False)})
    return Layout(kind.path, names, fields, MappingProxyType(known), yielding=yields)
