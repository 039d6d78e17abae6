"""A table from the browser: choose a file, match its columns, see what each row would do, bring it in.

The file travels with the form, so that it works without script and nothing waits here for somebody who does not come
back. How the columns of a table were matched is kept in the browser for the next file.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import orjson
from aiohttp import web
from aiohttp.web_request import FileField
from multidict import MultiDictProxy

from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.calendar.days import DAY_S
from collector.exchange.imports.columns import fits
from collector.exchange.imports.fields import fields_of
from collector.exchange.imports.headings import label
from collector.exchange.imports.results import ImportResult
from collector.language import names
from collector.language.pages import Words
from collector.language.refusals import in_language
from collector.operations import imports
from collector.operations.imports import ImportTable
from collector.operations.operation import Operation
from collector.values.refusal import Refused
from collector.values.texts import FILE_NAME_MAX_CHARS
from collector.web.api.routing import Call
from collector.web.errors import problem_of
from collector.web.pages import shell
from collector.web.pages.admin import imports_page
from collector.web.pages.forms import sent
from collector.web.pages.rendering import refusal, render
from collector.web.parts import PARTS

FILE_MAX_BYTES = 700_000  # it travels in a form of a mebibyte, as base64
MATCH = "match:"  # begins the name of a column's field
_KEPT_S, _KEPT_MAX_CHARS = 365 * DAY_S, 2000
HEADINGS_MAX = 200


@dataclass(frozen=True, slots=True)
class ColumnMatch:
    """A heading of the file and the field that it is read as; empty: it is left out."""

    heading: str
    field: str


async def all_imports(call: Call, words: Words) -> dict[str, Any]:
    return await imports_page(call, words) | _nothing_yet()


async def bring(request: web.Request) -> web.StreamResponse:
    """Preview, or import, as the button says."""
    call, form = await sent(request)
    kind, name, raw = _chosen(form)
    if kind is None or raw is None:
        return await _shown(call, kind, said="choose_file" if raw is None else "choose_table")
    if len(raw) > FILE_MAX_BYTES:
        return await _shown(call, kind, said="file_too_large")
    read = ImportTable(table=kind.path, file=BytesIO(raw))
    headings = await call.parts.do(imports.table_headings, call.context, read)
    known = {} if isinstance(headings, Refused) else headings
    mapping, anew = _fitting(_mapping(form), _kept(request, kind), list(known))
    wanted = ImportTable(
        table=kind.path, file=BytesIO(raw), name=name, mapping=mapping, partial="partial" in form,
        new_robots="new_robots" in form,
    )  # fmt: skip
    is_final = "import" in form
    does: Operation[ImportTable, ImportResult] = imports.import_table if is_final else imports.preview_import
    answer = await call.parts.do(does, call.context, wanted)
    if isinstance(answer, Refused) and answer.kind not in {"unprocessable", "invalid", "too_large"}:
        raise problem_of(answer)
    figures: dict[str, Any] = {"file": base64.b64encode(raw).decode(), "name": name, "partial": "partial" in form,
               "new_robots": "new_robots" in form, "anew": anew, "headings": known}  # fmt: skip
    if isinstance(answer, Refused):
        return await _shown(call, kind, refused=answer, mapping=mapping, **figures)
    response = await _shown(call, kind, result=answer, done=is_final, mapping=mapping, **({} if is_final else figures))
    if is_final and mapping:
        _keep(request, response, kind, mapping)
    return response


def _nothing_yet() -> dict[str, Any]:
    return {
        "kinds": list(KINDS.values()), "name_of": names.of, "kind": None,
        "result": None, "refused": None, "details": (), "done": False, "said": "",
        "file_text": "", "file_name": "", "matches": [], "fields": [], "partial": False, "new_robots": False,
        "anew": False, "file_max_bytes": FILE_MAX_BYTES, "label_of": lambda field: field,
    }  # fmt: skip


async def _shown(
    call: Call, kind: Kind | None, *, result: ImportResult | None = None, refused: Refused | None = None,
    done: bool = False, said: str = "", mapping: dict[str, str] | None = None, file: str = "", name: str = "",
    partial: bool = False, new_robots: bool = False, anew: bool = False, headings: Mapping[str, str] | None = None,
) -> web.Response:  # fmt: skip
    words = shell.words_of(call.request)
    figures = await all_imports(call, words) | {
        "kind": kind, "result": result, "done": done, "said": said, "file_text": file,
        "refused": None if refused is None else refusal(replace(refused, details=()), words, call.caller),
        "details": [] if refused is None else [in_language(one, words.language) for one in refused.details],
        "problems": [] if result is None else [in_language(one, words.language) for one in result.problems],
        "file_name": name, "matches": _matches(result, headings or {}, mapping or {}), "partial": partial,
        "new_robots": new_robots, "anew": anew,
        "fields": [] if kind is None else list(fields_of(kind)),
    }  # fmt: skip
    figures["label_of"] = lambda field: names.of(label(field), words.language)
    status = 422 if said or refused else 200
    return render(call.request, "admin/imports.html", words, status, caller=call.caller, csrf=call.csrf, **figures)


def _fitting(chosen: dict[str, str], kept: dict[str, str], headings: list[str]) -> tuple[dict[str, str], bool]:
    """The columns as somebody matched them for a file with these headings, and whether others were left aside.

    A matching that was made for another file says nothing about this one.
    """
    for mapping in (chosen, kept):
        if mapping and fits(mapping, headings):
            return mapping, False
    return {}, bool(chosen or kept)


def _matches(result: ImportResult | None, headings: Mapping[str, str], mapping: dict[str, str]) -> list[ColumnMatch]:
    if result is None:
        return [ColumnMatch(heading, mapping.get(heading, field)) for heading, field in headings.items()]
    found = [ColumnMatch(heading, field) for field, heading in result.columns.items()]
    return found + [ColumnMatch(heading, "") for heading in result.ignored]


def _chosen(form: MultiDictProxy[Any]) -> tuple[Kind | None, str, bytes | None]:
    """The table, the file's name, and its bytes: of a file that is sent, or of one that came with the page before."""
    table = form.get("table", "")
    kind = next((one for one in KINDS.values() if one.path == table), None)
    sent_file, kept = form.get("file"), form.get("content", "")
    if isinstance(sent_file, FileField) and sent_file.filename:
        return kind, sent_file.filename[:FILE_NAME_MAX_CHARS], sent_file.file.read(FILE_MAX_BYTES + 1)
    try:
        raw = base64.b64decode(kept, validate=True) if isinstance(kept, str) and kept else None
    except (ValueError, binascii.Error):
        raw = None
    name = form.get("name", "")
    return kind, name[:FILE_NAME_MAX_CHARS] if isinstance(name, str) else "", raw


def _mapping(form: MultiDictProxy[Any]) -> dict[str, str]:
    given = [(name.removeprefix(MATCH), value) for name, value in form.items() if name.startswith(MATCH)]
    return {heading: field for heading, field in given[:HEADINGS_MAX] if isinstance(field, str)}


def _kept(request: web.Request, kind: Kind) -> dict[str, str]:
    """How this browser matched the columns of the last such file."""
    try:
        said = orjson.loads(base64.urlsafe_b64decode(request.cookies.get(f"columns-{kind.key}", "")))
    except (ValueError, binascii.Error):
        return {}
    is_sound = isinstance(said, dict) and all(isinstance(field, str) for field in said.values())
    return said if is_sound else {}


def _keep(request: web.Request, response: web.Response, kind: Kind, mapping: dict[str, str]) -> None:
    text = base64.urlsafe_b64encode(orjson.dumps(mapping)).decode()
    if len(text) <= _KEPT_MAX_CHARS:
        response.set_cookie(
            f"columns-{kind.key}", text, max_age=_KEPT_S, httponly=True, samesite="Strict", path="/admin/imports",
            secure=request.app[PARTS].context.settings.secure_cookies or request.secure,
        )  # fmt: skip
