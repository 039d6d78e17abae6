"""What people typed into a form of the skill store, read; what cannot be read is said in the words of the page."""

from decimal import Decimal, InvalidOperation

from collector.calendar import days
from collector.values.sentence import Sentence
from collector.web.api.routing import NUMBER_MAX_DIGITS, Call
from collector.web.errors import BadRequest, Unprocessable
from collector.web.pages import shell
from collector.web.pages.forms import Fields

_SHOWN = 40  # characters of what was typed, said back


def text_of(fields: Fields, name: str) -> str:
    """Without what no store keeps; "" where nothing was typed."""
    return fields.get(name, "").replace("\x00", "").strip()


def said(call: Call, fields: Fields, name: str, label: str) -> str:
    """A text that must be there. `label`: the key of the field's label. Raises Unprocessable."""
    found = text_of(fields, name)
    if not found:
        words = shell.words_of(call.request)
        raise Unprocessable(words("missing_text", field=words(label)), words("missing_text_remedy"), in_words=True)
    return found


def day_of(call: Call, fields: Fields, name: str) -> int | None:
    """A day; None where the field was left empty. Raises Unprocessable."""
    text = text_of(fields, name)
    if not text:
        return None
    try:
        return days.parse(text)
    except ValueError:
        words = shell.words_of(call.request)
        raise Unprocessable(
            words("wrong_day", text=text[:_SHOWN]), words("wrong_day_remedy"), in_words=True
        ) from None  # fmt: skip


def the_day(call: Call, fields: Fields, name: str, label: str) -> int:
    """A day that must be there. Raises Unprocessable."""
    said(call, fields, name, label)
    found = day_of(call, fields, name)
    assert found is not None
    return found


def whole(call: Call, fields: Fields, name: str) -> int | None:
    """A whole number; None where the field was left empty. Raises Unprocessable."""
    text = text_of(fields, name)
    if text and (not text.isdecimal() or len(text) > NUMBER_MAX_DIGITS):
        raise _no_number(call, text)
    return int(text) if text else None


def amount(call: Call, fields: Fields, name: str) -> str:
    """An amount of money as it is written; "" where the field was left empty. Raises Unprocessable."""
    text = text_of(fields, name)
    if not text:
        return ""
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise _no_number(call, text) from None
    if not found.is_finite():
        raise _no_number(call, text)
    return text


def number(fields: Fields, name: str) -> int:
    """A number that the page itself wrote into its form. Raises BadRequest."""
    text = fields.get(name, "")
    if not text.isdecimal() or len(text) > NUMBER_MAX_DIGITS:
        raise BadRequest(Sentence("the form names no {part}", part=name.replace("_", " ")), "send the page's own form")
    return int(text)


def _no_number(call: Call, text: str) -> Unprocessable:
    words = shell.words_of(call.request)
    return Unprocessable(
        words("wrong_number", text=text[:_SHOWN]), words("wrong_number_remedy"), in_words=True
    )  # fmt: skip
