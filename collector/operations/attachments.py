"""Attachments: a file comes with its fact in the ledger, and goes out whole, as a file and never as a page."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from sqlalchemy import Connection, func, insert, select

from collector.access.caller import INSIDE, WRITERS
from collector.accounts import attachments
from collector.accounts.attachments import HEAD_BYTES
from collector.accounts.ledger import reading
from collector.accounts.ledger.facts import NOW
from collector.accounts.ledger.kinds.noted import ATTACHMENT_MAX_BYTES
from collector.accounts.ledger.kinds.registry import KINDS
from collector.context import Context
from collector.operations import ledger
from collector.operations.ledger import FactAnswer
from collector.operations.operation import account_row, operation
from collector.store.tables.ledger import fact
from collector.store.tables.noted import attachment_part
from collector.values.refusal import Refusal, Refused, Remedy
from collector.values.sentence import Sentence
from collector.values.texts import FILE_NAME_MAX_CHARS, bounded

OF_ACCOUNT_MAX = 200  # attachments of one account: 2 GB at most
_PART_BYTES = 256 * 1024
_KIND = KINDS["attachment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach:
    """`account` is an external id, `name` the file's; `day` None: today."""

    account: str
    name: str
    file: BinaryIO
    day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentFile:
    """`attachment` is the fact's id; its bytes are written to `out`."""

    attachment: str
    out: BinaryIO


@dataclass(frozen=True, slots=True)
class AttachmentSent:
    name: str
    size_bytes: int


@operation(roles=WRITERS, writes=True)
def attach(context: Context, wanted: Attach) -> FactAnswer | Refused:
    """A fact of the ledger with the bytes beside it: all or none. The same bytes are kept once.

    Refuses an unknown account, a type or name that is not taken, an empty file and one that is too large.
    """
    bounded("name", wanted.name, FILE_NAME_MAX_CHARS)
    name = attachments.name_of(wanted.name)
    if isinstance(name, Refused):
        return name
    content = wanted.file.read(ATTACHMENT_MAX_BYTES + 1)
    if (wrong := attachments.complaint(name, content[:HEAD_BYTES], len(content))) is not None:
        return wrong
    sha256 = hashlib.sha256(content).hexdigest()

    def change(connection: Connection) -> FactAnswer:
        account_id = account_row(context, connection, wanted.account)
        _room(connection, account_id)
        _keep(connection, sha256, content)
        day = context.today_of(connection, account_id) if wanted.day is None else wanted.day
        fields: dict[str, Any] = {
            "account": wanted.account, "day": day, "name": name, "size_bytes": len(content), "sha256": sha256,
        }  # fmt: skip
        return ledger.said_within(context, connection, _KIND, fields)

    return ledger.in_turn(context, change)


@operation(roles=INSIDE, long=True)
def download_attachment(context: Context, wanted: AttachmentFile) -> AttachmentSent:
    """Its bytes as they came. Refuses one that was withdrawn, and one whose bytes did not come with its fact."""

    def read(connection: Connection) -> AttachmentSent:
        found = reading.one(connection, _KIND, wanted.attachment, NOW)
        if found is None or found.withdrawn:
            way = Remedy("list them", "export attachments", "GET /api/v1/attachments")
            raise Refusal(
                Sentence("there is no attachment {attachment}", attachment=wanted.attachment), way, "not_found"
            )
        size = sum(wanted.out.write(part) for part in _parts(connection, found.said.sha256))
        if size != found.said.size_bytes:
            remedy = "attach it again: a list of attachments that is imported brings no files"
            raise Refusal(
                Sentence("the bytes of {name} are not in this store", name=found.said.name), remedy, "not_found"
            )
        return AttachmentSent(found.said.name, size)

    return context.read(read)


def _room(connection: Connection, account_id: int) -> None:
    """Raises Refusal."""
    standing = select(func.count()).where(
        fact.c.account_id == account_id, fact.c.kind == _KIND.key, fact.c.replaced_at.is_(None),
        fact.c.withdrawn.is_(False),
    )  # fmt: skip
    if connection.execute(standing).scalar_one() >= OF_ACCOUNT_MAX:
        raise Refusal(
            Sentence("the account has {of_account_max} attachments", of_account_max=OF_ACCOUNT_MAX),
            "withdraw those that nobody needs",
            "conflict",
        )


def _keep(connection: Connection, sha256: str, content: bytes) -> None:
    there = select(attachment_part.c.part).where(attachment_part.c.sha256 == sha256).limit(1)
    if connection.execute(there).first() is not None:
        return
    for part, start in enumerate(range(0, len(content), _PART_BYTES)):
        row = {"sha256": sha256, "part": part, "content": content[start : start + _PART_BYTES]}
        connection.execute(insert(attachment_part), row)


def _parts(connection: Connection, sha256: str) -> Iterator[bytes]:
    query = select(attachment_part.c.content).where(attachment_part.c.sha256 == sha256).order_by(attachment_part.c.part)
    yield from (row.content for row in connection.execute(query))
