"""Which files may be attached, and under which name: judged by the name, the first bytes and the size. Pure.

A file is data of strangers. It is never shown in a page, and still a wrong type is refused: what ends in `.pdf` and
begins as something else was made to deceive, and a program is nothing that an account is documented by.
"""

import re
import unicodedata

from collector.accounts.ledger.kinds.noted import ATTACHMENT_MAX_BYTES
from collector.values.refusal import Refused
from collector.values.sentence import Sentence

NAME_MAX_CHARS = 120
HEAD_BYTES = 16
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)
_TEXT: tuple[bytes, ...] = ()
_BEGINS: dict[str, tuple[bytes, ...]] = {
    "pdf": (b"%PDF-",), "png": (b"\x89PNG\r\n\x1a\n",), "jpg": (b"\xff\xd8\xff",), "jpeg": (b"\xff\xd8\xff",),
    "gif": (b"GIF87a", b"GIF89a"), "webp": (b"RIFF",), "heic": (b"\x00\x00\x00",), "mp4": (b"\x00\x00\x00",),
    "docx": _ZIP, "xlsx": _ZIP, "pptx": _ZIP, "odt": _ZIP, "ods": _ZIP, "odp": _ZIP, "zip": _ZIP,
    "doc": _OLE, "xls": _OLE, "ppt": _OLE, "msg": _OLE,
    "txt": _TEXT, "csv": _TEXT, "md": _TEXT, "json": _TEXT, "log": _TEXT, "eml": _TEXT, "ics": _TEXT,
}  # fmt: skip
SUFFIXES = tuple(sorted(_BEGINS))
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # tabs, line ends, form feeds and escapes are text
_UNICODE_MARKS = (b"\xff\xfe", b"\xfe\xff")  # UTF-16: half of its bytes are zero
_SPACES = re.compile(r"\s+")
_FORBIDDEN = re.compile(r'[<>:"|?*]')  # no file may be called so on Windows
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)


def name_of(given: str) -> str | Refused:
    """The name to keep: without folders, control characters, and marks that turn the writing direction around."""
    last = given.replace("\\", "/").rpartition("/")[2]
    plain = "".join(one for one in unicodedata.normalize("NFC", last) if unicodedata.category(one)[0] != "C")
    name = _FORBIDDEN.sub("_", _SPACES.sub(" ", plain)).strip(" .")
    stem, _, suffix = name.rpartition(".")
    if not stem.strip(" ."):
        return Refused("name: the file has no name with a type", "call it as `floor plan.pdf`", "unprocessable")
    if suffix.lower() not in _BEGINS:
        remedy = Sentence("attach one of {names}", names=", ".join(SUFFIXES))
        return Refused(
            Sentence("name: .{suffix} is no type that is taken", suffix=suffix[:20]), remedy, "unprocessable"
        )
    if _DEVICES.match(name):
        return Refused("name: it is the name of a device on Windows", "call it otherwise", "unprocessable")
    if len(name) > NAME_MAX_CHARS:
        remedy = Sentence("shorten it to {name_max_chars} characters", name_max_chars=NAME_MAX_CHARS)
        return Refused(Sentence("name: {count} characters are too many", count=len(name)), remedy, "unprocessable")
    return f"{stem.strip(' .')}.{suffix.lower()}"


def complaint(name: str, head: bytes, size_bytes: int) -> Refused | None:
    """What speaks against a file of that kept name, with these first bytes; None: nothing."""
    if size_bytes == 0:
        return Refused("the file is empty", "send the file itself", "unprocessable")
    if size_bytes > ATTACHMENT_MAX_BYTES:
        most = Sentence(
            "at most {attachment_max_bytes} MB; put a larger one where your files are, and link it",
            attachment_max_bytes=ATTACHMENT_MAX_BYTES // 1024 // 1024,
        )
        return Refused(Sentence("the file has {size_bytes} bytes", size_bytes=size_bytes), most, "too_large")
    suffix = name.rpartition(".")[2]
    begins = _BEGINS[suffix]
    is_text = not begins and (head[:2] in _UNICODE_MARKS or not _NO_TEXT.search(head))
    if is_text or any(head.startswith(each) for each in begins):
        return None
    return Refused(
        Sentence("the file does not begin as a .{suffix} does", suffix=suffix),
        "save it again in its own type",
        "unprocessable",
    )
