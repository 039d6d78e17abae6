"""What a value of the API is refused with: words for people, none of a library."""

import re

from pydantic import ValidationError

from collector.web.api import routing
from collector.web.api.routes import ROUTES
from collector.web.api.routing import first_complaint

NUMBERS = (5, -1, 1e99, 0.5, float("nan"), "9" * 5_000)
VALUES = (None, "x", "", [], {}, "2026-99-99", True, "x" * 5_000, "a,b/c\x00", *NUMBERS)
LIBRARY = re.compile(
    r"Input should|Field required|Extra inputs|[Ss]tring should|List should|[Uu]nable to|valid (string|integer|dict"
    r"|list|number|bool)|instance of|Value error|validation|pydantic"
)


def refusals():
    """Every complaint of every model that the API parses, for odd values of each field."""
    models = {model for route in ROUTES for model in (route.query, route.body) if model is not None}
    for model in sorted(models, key=lambda one: one.__name__):
        names = [info.alias or name for name, info in model.model_fields.items()]
        wrong = [[], {"no_such_field": 1}, *({name: value} for name in names for value in VALUES)]
        for said in wrong:
            try:
                model.model_validate(said)
            except ValidationError as error:
                yield first_complaint(error, model), error.errors()[0]["type"]


def test_no_word_of_the_library_reaches_whoever_asks(monkeypatch):
    found = list(refusals())
    assert len(found) > 1_000
    assert [told for told, _ in found if LIBRARY.search(" ".join(told))] == []
    assert len({kind for _, kind in found}) > 12
    assert all(reason for (reason, _), _ in found)
    monkeypatch.setattr(routing, "words_of", lambda error: (error["msg"], ""))
    assert any(LIBRARY.search(reason) for (reason, _), _ in refusals()), "the control: the library has its own"
