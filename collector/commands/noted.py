"""collector note | tag | field | attachment: what people keep about accounts beside everything else."""

import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import click
from pydantic import ValidationError

from collector.accounts.ledger.facts import NOW
from collector.accounts.ledger.kinds.noted import RecordKind, ValueForm
from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.accounts.ledger.reading import FactFilter
from collector.commands.door import CommandRefused, Door, door_options
from collector.commands.options import DAY, Choice, Number, day_text
from collector.exchange.errors import BadFile
from collector.operations import attachments, custom_values, ledger, mentions
from collector.values.complaints import words_of

_LIMIT = click.option("--limit", type=Number(1, 1000), default=50, show_default=True)
_NUMBER = Number(1, 10**12)
_ANY_DAY = "2026-05-01"  # in place of one that is left away


@click.group(
    epilog=(
        "\b\n"
        'collector note add ACME "A second hall opens in May. @csm-east please call."\n'
        "collector note list ACME\n"
        "collector note mentions"
    )
)
def note() -> None:
    """Write notes about accounts; @ and a CSM's id or name mentions that CSM."""


@note.command(name="add")
@click.argument("account")
@click.argument("text")
@click.option("--day", type=DAY, metavar="DAY", help="Default: today.")
@click.option("--by", metavar="CSM", help="Default: who writes it, where that is a CSM.")
@door_options
def add_note(door: Door, account: str, text: str, day: int | None, by: str | None) -> None:
    """Write one down. Whom it mentions is told, and finds it on Today."""
    done = _create(door, KINDS["note"], {"account": account, "text": text, "day": day_text(day), "by": by})
    door.say(done, f"{done['id']} is written")


@note.command(name="list")
@click.argument("account")
@_LIMIT
@door_options
def list_notes(door: Door, account: str, limit: int) -> None:
    """List an account's notes, the newest first."""
    found = _list(door, KINDS["note"], account, limit)
    door.say(found, "\n".join(f"{one['day']}  {one['id']}  {one['text']}" for one in found["items"]) or "no notes")


@note.command(name="withdraw")
@click.argument("key", metavar="ID")
@door_options
def withdraw_note(door: Door, key: str) -> None:
    """It never was so: whom it mentioned finds it no longer. Its history stays."""
    door.say(_withdraw(door, KINDS["note"], key), f"{key} is withdrawn")


@note.command(name="mentions")
@click.option("--seen", is_flag=True, help="Also those that were put away.")
@_LIMIT
@door_options
def list_mentions(door: Door, limit: int, *, seen: bool) -> None:
    """List the notes that mention the caller, the newest first."""
    query = {"seen": "true" if seen else None, "limit": limit}
    found = door.ask(
        mentions.list_mentions, mentions.ListMentions(seen=seen, limit=limit), "GET", "/mentions", query=query
    )
    lines = [f"{one['id']}  {one['at'][:10]}  {one['name']}: {one['text']}" for one in found["items"]]
    door.say(found, "\n".join(lines) or "nobody mentions you")


@note.command(name="seen")
@click.argument("mention", type=_NUMBER)
@click.option("--undo", is_flag=True, help="It was not seen after all.")
@door_options
def see_mention(door: Door, mention: int, *, undo: bool) -> None:
    """Put a mention away from Today."""
    if undo:
        done = door.ask(mentions.unsee_mention, mention, "DELETE", f"/mentions/{mention}/seen")
    else:
        done = door.ask(mentions.see_mention, mention, "POST", f"/mentions/{mention}/seen")
    door.say(done, f"mention {mention} is {'back' if undo else 'put away'}")


@click.group(epilog="\b\ncollector tag add ACME pilot\ncollector tag list ACME\ncollector tag remove ACME pilot")
def tag() -> None:
    """Tag accounts; `collector portfolio list --tag WORD` finds them."""


@tag.command(name="add")
@click.argument("account")
@click.argument("word", metavar="TAG")
@door_options
def add_tag(door: Door, account: str, word: str) -> None:
    """Give an account a tag."""
    done = _create(door, KINDS["tag"], {"account": account, "tag": word})
    door.say(done, f"{account} has the tag {done['tag']}")


@tag.command(name="list")
@click.argument("account")
@_LIMIT
@door_options
def list_tags(door: Door, account: str, limit: int) -> None:
    """List an account's tags."""
    found = _list(door, KINDS["tag"], account, limit)
    door.say(found, "\n".join(f"{one['tag']}  {one['id']}" for one in found["items"]) or "no tags")


@tag.command(name="remove")
@click.argument("account")
@click.argument("word", metavar="TAG")
@door_options
def remove_tag(door: Door, account: str, word: str) -> None:
    """Take a tag from an account. Its history stays."""
    found = _list(door, KINDS["tag"], account, 1000)["items"]
    same = [one["id"] for one in found if one["tag"].casefold() == word.strip().casefold()]
    if not same:
        raise click.UsageError(f"{account} has no tag {word}: `collector tag list {account}` shows those that it has")
    done = [_withdraw(door, KINDS["tag"], key) for key in same]
    door.say(done, f"{account} has the tag {word} no longer")


@click.group(
    epilog=(
        "\b\n"
        'collector field add tier "Service tier" --form choice \\\n'
        '  --choices "gold|silver|bronze"\n'
        "collector field set ACME tier gold\n"
        'collector field set ACME tier ""'
    )
)
def field() -> None:
    """Define fields of one's own, and set what they say of accounts."""


@field.command(name="add")
@click.argument("key", metavar="ID")
@click.argument("name")
@click.option("--of", type=Choice(get_args(RecordKind)), default="account", show_default=True, help="Of what it is.")
@click.option("--form", type=Choice(get_args(ValueForm)), default="text", show_default=True)
@click.option("--choices", default="", metavar="TEXT", help="Of a choice, with | between.")
@door_options
def add_field(door: Door, key: str, name: str, of: str, form: str, choices: str) -> None:
    """Define a field. What it is of and its form stay as they are."""
    fields = {"id": key, "name": name, "of": of, "form": form, "choices": choices}
    done = _create(door, KINDS["custom_field"], fields)
    door.say(done, f"{done['id']} is a {done['form']} of every {done['of']}")


@field.command(name="list")
@_LIMIT
@door_options
def list_fields(door: Door, limit: int) -> None:
    """List the fields that there are."""
    found = _list(door, KINDS["custom_field"], None, limit)
    lines = [f"{one['id']}  {one['name']} ({one['form']} of {one['of']})" for one in found["items"]]
    door.say(found, "\n".join(lines) or "no fields")


@field.command(name="set")
@click.argument("account")
@click.argument("key", metavar="FIELD")
@click.argument("value")
@click.option("--record", metavar="ID", help="Of a field that is not the account's: the site, contact or contract.")
@door_options
def set_field(door: Door, account: str, key: str, value: str, record: str | None) -> None:
    """Set what a field says; an empty VALUE takes it away. Its history stays."""
    wanted = custom_values.SetCustomValue(account=account, field=key, value=value, record=record)
    path = f"/accounts/{_quoted(account)}/custom-values/{_quoted(key)}"
    body = {"value": value, "record": record}
    done = door.ask(custom_values.set_custom_value, wanted, "PUT", path, body=body)
    door.say(done, f"{account}: {done['name']} is {done['value'] or 'empty'}")


@click.group(
    epilog="\b\ncollector attachment add ACME floor-plan.pdf\ncollector attachment get attachment-3f9a --out plan.pdf"
)
def attachment() -> None:
    """Attach files to accounts, at most 10 MB each."""


@attachment.command(name="add")
@click.argument("account")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--day", type=DAY, metavar="DAY", help="Default: today.")
@door_options
def add_attachment(door: Door, account: str, file: Path, day: int | None) -> None:
    """Attach a file under its own name."""
    try:
        with file.open("rb") as opened:
            wanted = attachments.Attach(account=account, name=file.name, file=opened, day=day)
            query = {"account": account, "name": file.name, "day": day_text(day)}
            done = door.ask(attachments.attach, wanted, "POST", "/attachments", query=query, body=opened)
    except OSError as error:
        raise BadFile(f"{file}: {error.strerror}; name a file that this user may read") from error
    door.say(done, f"{done['id']} is attached: {done['name']}, {done['size_bytes']} bytes")


@attachment.command(name="list")
@click.argument("account")
@_LIMIT
@door_options
def list_attachments(door: Door, account: str, limit: int) -> None:
    """List an account's attachments, the newest first."""
    found = _list(door, KINDS["attachment"], account, limit)
    lines = [f"{one['day']}  {one['id']}  {one['name']}  {one['size_bytes']} bytes" for one in found["items"]]
    door.say(found, "\n".join(lines) or "no attachments")


@attachment.command(name="get")
@click.argument("key", metavar="ID")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE")
@door_options
def get_attachment(door: Door, key: str, out: Path) -> None:
    """Write an attachment's bytes into a file."""
    try:
        with out.open("wb") as opened:
            wanted = attachments.AttachmentFile(attachment=key, out=opened)
            door.download(attachments.download_attachment, wanted, f"/attachments/{_quoted(key)}/file", opened)
    except OSError as error:
        raise BadFile(f"{out}: {error.strerror}; choose a file that this user may write") from error
    door.say({"file": str(out)}, f"written: {out}")


def _create(door: Door, kind: Kind, body: Mapping[str, str | None]) -> dict[str, str]:
    given = {name: value for name, value in body.items() if value is not None}
    wanted = ledger.CreateFact(kind=kind, fields=_fields(kind, given))
    done: dict[str, str] = door.ask(ledger.create_fact, wanted, "POST", f"/{kind.path}", body=given)
    return done


def _fields(kind: Kind, given: dict[str, str]) -> dict[str, Any]:
    """As the kind's model has them; what is left away stays away. Raises CommandRefused."""
    try:
        stand_in = {"id": "new"} | ({kind.day: _ANY_DAY} if kind.day else {})
        said = kind.adapter.validate_python(stand_in | given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        reason, remedy = words_of(first)
        raise CommandRefused(f"{first['loc'][0]}: {reason}; {remedy}" if remedy else reason) from error
    return {name: getattr(said, name) for name in given}


def _list(door: Door, kind: Kind, account: str | None, limit: int) -> dict[str, list[dict[str, str]]]:
    wanted = ledger.ListFacts(kind=kind, account=account, chosen=FactFilter(), knowledge=NOW, limit=limit)
    query = {"account": account, "limit": limit}
    found: dict[str, list[dict[str, str]]] = door.ask(ledger.list_facts, wanted, "GET", f"/{kind.path}", query=query)
    return found


def _withdraw(door: Door, kind: Kind, key: str) -> dict[str, str]:
    wanted = ledger.WithdrawFact(kind=kind, key=key)
    done: dict[str, str] = door.ask(ledger.withdraw_fact, wanted, "DELETE", f"/{kind.path}/{_quoted(key)}")
    return done


def _quoted(key: str) -> str:
    return urllib.parse.quote(key, safe="")
