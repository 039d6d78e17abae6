"""What people keep about an account, in words: how large a file is, what was done, what the timeline says."""

from collector.language import figures
from collector.language.catalogue import gettext

_KB, _MB = 1024, 1024 * 1024


def size(size_bytes: int, language: str) -> str:
    """`47 kB`, `1.2 MB`; a file is never of nothing."""
    if size_bytes < _MB:
        return gettext(language, "{n} kB", n=figures.number(max(1, round(size_bytes / _KB)), language))
    return gettext(language, "{n} MB", n=figures.short(size_bytes / _MB, language))


def done(kind: str, name: str, language: str) -> str:
    """What a toast says of an act; `name` is the tag, the field, the file, or the beginning of the note."""
    return {
        "note": gettext(language, "Note written: {name}", name=name),
        "tag": gettext(language, "Tag added: {name}", name=name),
        "custom_value": gettext(language, "Field set: {name}", name=name),
        "attachment": gettext(language, "Attached: {name}", name=name),
        "withdrawn": gettext(language, "Taken away: {name}", name=name),
        "back": gettext(language, "Taken back: {name}", name=name),
    }[kind]


def note(text: str, language: str) -> str:
    """A line of the timeline."""
    return gettext(language, "Note: {text}", text=text)


def attachment(name: str, language: str) -> str:
    return gettext(language, "Attached: {name}", name=name)
