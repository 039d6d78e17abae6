"""Names of the schemas in the OpenAPI document.

A generator of clients makes a class of each schema and calls it by its title. Two schemas of one title cost a client
the answers of both: so a page of accounts is `PageOfAccount`, and every title is its schema's name.
"""

import re
from typing import Any

REF = "#/components/schemas/"
_OF = re.compile(r"^(?P<generic>\w+?)_(?P<argument>\w+)_$")
_CLASS = re.compile(r"[A-Za-z][A-Za-z0-9]*")


def readable(name: str) -> str:
    """`Page_Account_` -> `PageOfAccount`."""
    found = _OF.match(name)
    return name if found is None else f"{found['generic']}Of{readable(found['argument'])}"


def with_readable_names(document: dict[str, Any]) -> dict[str, Any]:
    """The document with every schema called and titled so. Raises ValueError where two would have one name."""
    old = document["components"]["schemas"]
    names = {name: readable(name) for name in old}
    if len(set(names.values())) < len(names) or not all(map(_CLASS.fullmatch, names.values())):
        raise ValueError(f"a schema has no name of its own: {sorted(names.values())}")
    found: dict[str, Any] = _renamed(document, names)
    schemas = {names[name]: {**_renamed(schema, names), "title": names[name]} for name, schema in old.items()}
    return {**found, "components": {**found["components"], "schemas": dict(sorted(schemas.items()))}}


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_renamed(one, names) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: REF + names[said.removeprefix(REF)]
        if key == "$ref" and isinstance(said, str) and said.startswith(REF)
        else _renamed(said, names)
        for key, said in value.items()
    }
