"""The route table as an OpenAPI 3.1 document: parameters and bodies from the pydantic models, answers from the
dataclasses that the reads return. Examples are in examples/*.json, one file for each table of routes; a test
compares them with the schemas.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from collector.access.caller import EVERYONE, Role
from collector.web.api import ledger
from collector.web.api.routes import BASE, ROUTES
from collector.web.api.routing import Route
from collector.web.api.schema_names import REF, with_readable_names
from collector.web.api.uploads import CSV, FORM, OCTETS
from collector.web.errors import ErrorAnswer

_REF = REF + "{model}"
_EXAMPLES = Path(__file__).parent / "examples"
_PATH_EXAMPLES: dict[str, str | int] = {
    "figure": "grr", "robot": "hall-7", "parked": 3, "token": 5, "table": "accounts", "list": "contracts", "import": 1,
    "session": 2, "person": 1, "cta": 1, "step": 1, "webhook": 1, "delivery": 1, "channel": 1, "notice": 1,
    "role": "targets", "mention": 1, "view": 1, "appid": "fw_0e798866a49878edb201311845f75884", "release": 3,
    "skill": "guide", "entitlement": 1, "seat": 1, "submission": 1,
    "bill": 1, "place": 0, "credit_note": 1, "dispute": 1,
    "rollout": 1, "digest": "b" * 64,
}  # fmt: skip

_TEXT, _BYTES = {"type": "string"}, {"type": "string", "format": "binary"}
Adapters = list[tuple[tuple[str, str], Any, TypeAdapter[Any]]]


@cache
def examples() -> dict[str, Any]:
    """`GET /robots` -> {"answer": ..., "body": ...}."""
    found: dict[str, Any] = {}
    for file in sorted(_EXAMPLES.glob("*.json")):
        found.update(json.loads(file.read_text(encoding="utf-8")))
    return ledger.examples(found[ledger.FACTS]) | found


@cache
def path_examples() -> dict[str, str | int]:
    """What stands in the addresses: `robot` -> `hall-7`."""
    return {**ledger.path_examples(examples()[ledger.FACTS]), **_PATH_EXAMPLES}


@cache
def document(version: str) -> dict[str, Any]:
    """The whole document, made once: whoever gets it only reads it."""
    adapters: Adapters = [(("error", "answer"), "serialization", TypeAdapter(ErrorAnswer))]
    for route in ROUTES:
        if not route.files:
            adapters.append(((_key(route), "answer"), "serialization", TypeAdapter(route.answer)))
        if route.body is not None:
            adapters.append(((_key(route), "body"), "validation", TypeAdapter(route.body)))
    by_key, definitions = TypeAdapter.json_schemas(adapters, ref_template=_REF)
    schemas = {key: schema for (key, _), schema in by_key.items()}
    paths: dict[str, Any] = {}
    for route in ROUTES:
        operation = _operation(route, schemas)
        paths.setdefault(BASE + route.path, {})[route.method.lower()] = operation
    made = {
        "openapi": "3.1.0",
        "info": {
            "title": "Fleetward collector",
            "version": version,
            "description": "What a fleet of robots counted, each count once. Counters are tri-state: a value, a true "
            'zero, or null with the reason ("unsupported", "not_arrived", "waiting", "refused"). '
            "Lists are paged by `cursor`.",
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "Made on a person's page"}
            },
            "responses": {
                "Refused": {
                    "description": "Why not, and what to do instead",
                    "content": {
                        "application/json": {
                            "schema": schemas["error", "answer"],
                            "example": examples()["error"],
                        }
                    },
                }
            },
        },
    }
    return with_readable_names(made)


def _key(route: Route) -> str:
    return f"{route.method} {route.path}"


def _operation(route: Route, schemas: dict[Any, Any]) -> dict[str, Any]:
    example = examples().get(_key(route), {})
    content: dict[str, Any] = {form: {"schema": _TEXT if form == CSV else _BYTES} for form in route.files}
    if not route.files:
        content["application/json"] = {"schema": schemas[_key(route), "answer"]}
        if "answer" in example:
            content["application/json"]["example"] = example["answer"]
    operation: dict[str, Any] = {
        "operationId": route.serve.__name__,
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": {
            str(int(route.status)): {"description": "The answer", "content": content},
            "4XX": {"$ref": "#/components/responses/Refused"},
        },
    }
    if route.serve.__doc__:
        operation["description"] = route.serve.__doc__
    if route.roles != EVERYONE:
        operation["x-roles"] = [role.value for role in Role if role in route.roles]
    if route.body is not None:
        body: dict[str, Any] = {"schema": schemas[_key(route), "body"]}
        if "body" in example:
            body["example"] = example["body"]
        operation["requestBody"] = {"required": True, "content": {"application/json": body}}
    if route.raw_body is not None:
        operation["requestBody"] = {"required": True, "content": _files(route.raw_body, example.get("body", ""))}
    return operation


def _files(form: str, shown: str) -> dict[str, Any]:
    """A file as the body: in its own type, as bytes without one, or in a form's field `file`."""
    fields = {"type": "object", "properties": {"file": _BYTES}, "required": ["file"]}
    return {
        form: {"schema": _TEXT if form == CSV else _BYTES, "example": shown},
        OCTETS: {"schema": _BYTES, "example": shown},
        FORM: {"schema": fields, "example": {"file": shown}},
    }


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = [part.strip("{}") for part in route.path.split("/") if part.startswith("{")]
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string" if isinstance(path_examples()[name], str) else "integer"},
            "example": path_examples()[name],
        }
        for name in names
    ]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    schema = route.query.model_json_schema(ref_template=_REF)
    found = []
    for name, property_ in schema.get("properties", {}).items():
        bare = {key: value for key, value in property_.items() if key not in {"title", "description"}}
        parameter = {"name": name, "in": "query", "required": False, "schema": bare}
        if "description" in property_:
            parameter["description"] = property_["description"]
        found.append(parameter)
    return found
