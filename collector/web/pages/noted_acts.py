"""What is kept about an account from its page: a note, a tag, a field's value, a file; each with its undo.

Each is a form without script: the answer is the account's page again, whose address says what was done.
"""

from urllib.parse import quote

from aiohttp import BodyPartReader, web

from collector.access.caller import WRITERS
from collector.accounts.attachments import NAME_MAX_CHARS
from collector.accounts.ledger.kinds.noted import ATTACHMENT_MAX_BYTES
from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.language import noted as said
from collector.language.pages import Words
from collector.operations import attachments, custom_values, ledger, mentions, put_back
from collector.operations.attachments import Attach
from collector.operations.custom_values import SetCustomValue
from collector.operations.ledger import CreateFact, WithdrawFact
from collector.values.sentence import Sentence
from collector.values.texts import ACCOUNT_MAX_CHARS, NOTE_MAX_CHARS
from collector.web.api.noted import attachment_sent
from collector.web.api.routing import NUMBER_MAX_DIGITS, Call
from collector.web.api.uploads import spooled
from collector.web.auth import access
from collector.web.errors import NO_FORM, BadRequest, Forbidden, TooLarge, Unprocessable
from collector.web.pages import shell, told
from collector.web.pages.forms import fields_of_staff
from collector.web.pages.rendering import visit
from collector.web.pages.told import Toast, Undo

_SHOWN_CHARS = 60  # of what a toast names
_KEY_MAX = 200
_OF_KINDS = ("note", "tag", "attachment")
_SAID = ("note", "tag", "custom_value", "attachment", "withdrawn", "back")


def add_to(app: web.Application) -> None:
    """The addresses of these acts."""
    app.router.add_post("/acts/notes", note_written)
    app.router.add_post("/acts/tags", tag_added)
    app.router.add_post("/acts/custom-values", value_set)
    app.router.add_post("/acts/attachments", file_attached)
    app.router.add_post("/acts/kept/take-away", taken_away)
    app.router.add_post("/acts/kept/say-again", said_again)
    app.router.add_post("/acts/mentions/see", mention_seen)
    app.router.add_post("/acts/mentions/unsee", mention_unseen)
    app.router.add_get("/attachments/{attachment}", attachment_got)


async def note_written(request: web.Request) -> web.StreamResponse:
    call, form = await fields_of_staff(request)
    text, mentioned = form.get("text", "").strip(), form.get("mention", "").strip()
    if mentioned and f"@{mentioned}" not in text:
        text = f"@{mentioned} {text}" if text else ""
    account = form.get("account", "")
    if not 0 < len(text) <= NOTE_MAX_CHARS:
        words = shell.words_of(request)
        raise Unprocessable(words("note_length"), words("note_length_remedy"), in_words=True)
    done = await call.do(ledger.create_fact, CreateFact(kind=KINDS["note"], fields={"account": account, "text": text}))
    return _back(call, account, "note", text, kind="note", key=done["id"])


async def tag_added(request: web.Request) -> web.StreamResponse:
    call, form = await fields_of_staff(request)
    account, kind = form.get("account", ""), KINDS["tag"]
    tag = " ".join(form.get("tag", "").split())
    if not tag or len(tag) > 40 or "," in tag or ";" in tag:  # noqa: PLR2004 - as TagWord has it
        words = shell.words_of(request)
        raise Unprocessable(words("tag_length"), words("tag_length_remedy"), in_words=True)
    done = await call.do(ledger.create_fact, CreateFact(kind=kind, fields={"account": account, "tag": tag}))
    return _back(call, account, "tag", tag, kind="tag", key=done["id"])


async def value_set(request: web.Request) -> web.StreamResponse:
    call, form = await fields_of_staff(request)
    account, field = form.get("account", ""), form.get("field", "")
    done = await call.do(
        custom_values.set_custom_value, SetCustomValue(account=account, field=field, value=form.get("value", ""))
    )
    return _back(call, account, "custom_value", done.name, field=field, before=done.before)


async def file_attached(request: web.Request) -> web.StreamResponse:
    """The file is read as it comes; the token of forms stands before it."""
    call, given, file = await _with_file(request)
    with spooled() as held:
        held.write(file[1])
        held.seek(0)
        done = await call.do(attachments.attach, Attach(account=given.get("account", ""), name=file[0], file=held))
    return _back(call, given.get("account", ""), "attachment", done["name"], kind="attachment", key=done["id"])


async def taken_away(request: web.Request) -> web.StreamResponse:
    """Withdrawn; its undo says it again. The undo of what was just written is this too."""
    call, form = await fields_of_staff(request)
    kind, key = _kind(form), form.get("key", "")
    await call.do(ledger.withdraw_fact, WithdrawFact(kind=kind, key=key))
    if form.get("undo"):
        return _back(call, form.get("account", ""), "back", form.get("name", ""))
    return _back(call, form.get("account", ""), "withdrawn", form.get("name", ""), kind=kind.key, key=key)


async def said_again(request: web.Request) -> web.StreamResponse:
    """What was withdrawn stands again as it stood."""
    call, form = await fields_of_staff(request)
    kind, key = _kind(form), form.get("key", "")
    await call.do(put_back.put_back_fact, put_back.PutBackFact(kind=kind, key=key))
    return _back(call, form.get("account", ""), "back", form.get("name", ""))


async def mention_seen(request: web.Request) -> web.StreamResponse:
    call, form = await fields_of_staff(request)
    await call.do(mentions.see_mention, _number(form))
    raise web.HTTPSeeOther(told.at(call, "/", mention=form.get("mention", "")))


async def mention_unseen(request: web.Request) -> web.StreamResponse:
    call, form = await fields_of_staff(request)
    await call.do(mentions.unsee_mention, _number(form))
    raise web.HTTPSeeOther("/")


async def attachment_got(request: web.Request) -> web.StreamResponse:
    call, _ = await visit(request, inside=True)
    return await attachment_sent(call, request.match_info["attachment"])


def toast_of(call: Call, words: Words) -> Toast | None:
    """What the address of an account's page says was kept, with its undo; None: nothing."""
    query, account = told.of(call), call.request.match_info["account"]
    done = next((one for one in _SAID if one == query.get("noted")), None)
    if done is None:
        return None
    name = query.get("name", "")
    fields: list[tuple[str, str]] = []
    href = ""
    if done == "custom_value" and query.get("field"):
        href = "/acts/custom-values"
        fields = [("field", query["field"]), ("value", query.get("before", ""))]
    elif done in _OF_KINDS or done == "withdrawn":
        href = "/acts/kept/say-again" if done == "withdrawn" else "/acts/kept/take-away"
        fields = [("kind", query.get("kind", "")), ("key", query.get("key", "")), ("undo", "1")]
    fields += [("account", account), ("name", name)]
    undo = Undo(href, fields, words("undo")) if href else None
    return query.toast(said.done(done, name, words.language), undo)


def seen_of(call: Call, words: Words) -> Toast | None:
    """The toast of a mention that was put away; None: none was."""
    done = told.of(call)
    if "mention" not in done:
        return None
    undo = Undo("/acts/mentions/unsee", [("mention", done["mention"])], words("undo"))
    return done.toast(words("mention_seen"), undo)


def _kind(form: dict[str, str]) -> Kind:
    found = next((one for one in _OF_KINDS if one == form.get("kind")), None)
    if found is None:
        raise BadRequest("the form names nothing that is kept", "send the page's own form")
    return KINDS[found]


def _number(form: dict[str, str]) -> int:
    text = form.get("mention", "")
    if not text.isdecimal() or len(text) > NUMBER_MAX_DIGITS:
        raise BadRequest("the form names no mention", "send the page's own form")
    return int(text)


def _back(call: Call, account: str, done: str, name: str, **more: str) -> web.StreamResponse:
    place = f"/accounts/{quote(account[:ACCOUNT_MAX_CHARS], safe='')}#notes"
    raise web.HTTPSeeOther(told.at(call, place, noted=done, name=name[:_SHOWN_CHARS], **more))


async def _with_file(request: web.Request) -> tuple[Call, dict[str, str], tuple[str, bytes]]:
    """The fields before the file, and its name and bytes. Raises Problem, before the file where it is refused."""
    signed_in = await access.visitor_of(request)
    if signed_in is None:
        raise web.HTTPSeeOther("/sign-in")
    given: dict[str, str] = {}
    try:
        reader = await request.multipart()
        while isinstance(part := await reader.next(), BodyPartReader):
            if part.filename is None:
                given[part.name or ""] = (await part.read_chunk(_KEY_MAX)).decode("utf-8", "replace")
                continue
            access.require_csrf(request, signed_in[1], given.get("csrf", ""))
            call, _ = await visit(request, inside=True)
            if not call.caller.may(WRITERS):
                raise Forbidden("you may read this, not write it", "ask for a role that writes")
            return call, given, (part.filename[: 2 * NAME_MAX_CHARS], await _bytes_of(part))
    except NO_FORM as error:
        raise BadRequest("the form cannot be read", "send the page's own form") from error
    access.require_csrf(request, signed_in[1], given.get("csrf", ""))
    words = shell.words_of(request)
    raise Unprocessable(words("no_file_chosen"), words("no_file_chosen_remedy"), in_words=True)


async def _bytes_of(part: BodyPartReader) -> bytes:
    found = bytearray()
    while chunk := await part.read_chunk(256 * 1024):
        found += chunk
        if len(found) > ATTACHMENT_MAX_BYTES:
            raise TooLarge(
                Sentence(
                    "the file has more than {attachment_max_bytes} bytes", attachment_max_bytes=ATTACHMENT_MAX_BYTES
                ),
                "attach one of at most 10 MB",
            )
    return bytes(found)
