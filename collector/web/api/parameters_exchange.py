"""Query parameters of import, templates and export."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from collector.exchange.imports.arriving import mapping_of
from collector.web.api.parameters import Day
from collector.web.api.routing import Query


def _mapping(text: str) -> str:
    mapping_of(text)
    return text


class ImportQuery(Query):
    """How a file is read and taken."""

    name: Annotated[str, Field(max_length=200, description="the file's name, for the list of imports")] = ""
    map: Annotated[
        str,
        AfterValidator(_mapping),
        Field(max_length=20_000, description='JSON: {"heading": "field"}; "" leaves a column out'),
    ] = "{}"
    sheet: Annotated[str | None, Field(max_length=31, description="of a workbook; default: the kind's or first")] = None
    timezone: Annotated[str | None, Field(max_length=64, description="of moments that do not say theirs")] = None
    partial: Annotated[bool, Field(description="take the good rows although others are bad")] = False
    history: Annotated[bool, Field(description="the rows were known when they happened, not only since today")] = False
    new_robots: Annotated[bool, Field(description="deployments may name robots that have never connected")] = False


class TemplateQuery(Query):
    format: Literal["csv", "xlsx"] = "xlsx"


class ExportQuery(Query):
    format: Literal["csv", "xlsx", "json"] = "csv"
    account: Annotated[str | None, Field(max_length=120, description="only of this account")] = None
    from_: Annotated[Day | None, Field(alias="from", description="first day, where the list has days")] = None
    to: Annotated[Day | None, Field(description="last day, it counts")] = None
