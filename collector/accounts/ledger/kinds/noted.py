"""Facts that people keep beside the others: notes, tags, fields of their own, attachments. Pure.

No measure reads them: what somebody writes down moves no score.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from collector.accounts.ledger.kinds.fields import NOTE_MAX_CHARS, Day, Key, Name, Note, PaperKey
from protocol.limits import TEXT

TAG_MAX_CHARS = 40
VALUE_MAX_CHARS = 200
ATTACHMENT_MAX_BYTES = 10 * 1024 * 1024

Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NOTE_MAX_CHARS, pattern=TEXT)]


def _one_line(text: Any) -> Any:
    """Words with one space between them: `big  hall` is no other tag than `big hall`."""
    return " ".join(text.split()) if isinstance(text, str) else text


TagWord = Annotated[
    str, StringConstraints(min_length=1, max_length=TAG_MAX_CHARS, pattern=r"^[^,;\x00-\x1f]+$"),
    BeforeValidator(_one_line),
]  # fmt: skip
FieldText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=VALUE_MAX_CHARS, pattern=TEXT)
]
Digest = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[0-9a-f]{64}$")]
Bytes = Annotated[int, Field(ge=1, le=ATTACHMENT_MAX_BYTES)]
ValueForm = Literal["text", "number", "date", "choice"]
RecordKind = Literal["account", "site", "contact", "contract", "deployment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountNote:
    """What somebody wrote down about an account. `@` before a CSM's id or name mentions that CSM."""

    id: Key
    account: Key
    day: Day
    text: Said
    by: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTag:
    """One word of an account that people sort by; letter case tells no two apart."""

    id: Key
    account: Key
    tag: TagWord


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """A field of one's own for a kind of records. `choices`: of a choice, one a line or with `|` between."""

    id: Key
    name: Name
    of: RecordKind = "account"
    form: ValueForm = "text"
    choices: Note = ""

    @property
    def chosen_from(self) -> tuple[str, ...]:
        """The choices in their order, each once."""
        words = (word.strip() for word in self.choices.replace("|", "\n").splitlines())
        return tuple(dict.fromkeys(word for word in words if word))


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomValue:
    """What a field of one's own says of the account, or of its `record`, of the kind that the field is for."""

    id: Key
    account: Key
    field: Key
    value: FieldText
    record: PaperKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of an account. Its bytes lie beside the ledger, by their SHA-256, and are never shown in a page."""

    id: Key
    account: Key
    day: Day
    name: Name
    size_bytes: Bytes
    sha256: Digest
    by: Key | None = None
