"""Which line of a TOML text a field stands in. Pure.

The standard library's reader keeps no positions. This one looks for the header of the table and the key below it, which
finds what people write; where it finds nothing it says 0, and the message names the field alone.
"""

import re

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"\s*\"?([A-Za-z0-9_-]+)\"?\s*[=.]")


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """The line of the field at `path`, from 1; of its table where the field is not there; else 0."""
    places = _places(text)
    while path:
        if path in places:
            return places[path]
        path = path[:-1]
    return 0


def _places(text: str) -> dict[tuple[str | int, ...], int]:
    places: dict[tuple[str | int, ...], int] = {}
    table: tuple[str | int, ...] = ()
    times: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            name = header[2].replace('"', "")
            table = tuple(name.split("."))
            if header[1] == "[[":
                times[name] = times.get(name, 0) + 1
                places.setdefault(table, number)
                table = (*table, times[name])
            places.setdefault(table, number)
        elif key := _KEY.match(line):
            places.setdefault((*table, key[1]), number)
    return places
