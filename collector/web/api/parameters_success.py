"""Parameters and bodies of calls to action, briefs, plans and suggestions."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from collector.success.acts import Outcome
from collector.web.api.parameters import Day, Paged
from collector.web.api.routing import Body, Query

Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Csm = Annotated[str, Field(max_length=120, description="a CSM's id")]


class CtasQuery(Paged):
    state: Annotated[
        Literal["digest", "open", "snoozed", "closed"] | None, Field(description="default: all that are not closed")
    ] = None
    owner: Csm | None = None
    account: str | None = None
    rule: Annotated[str | None, Field(max_length=40, examples=["SILENT"])] = None


class DayQuery(Query):
    day: Annotated[Day | None, Field(description="default: the newest scored day")] = None


class CtaBody(Body):
    """`due_day` left out: as the playbook says. `owner` left out: the account's CSM."""

    account: Annotated[str, Field(max_length=120)]
    title: Title
    owner: Csm | None = None
    due_day: Day | None = None
    severity: Annotated[float | None, Field(ge=0, le=1)] = None


class CloseBody(Body):
    """`useful`: was it right that this was called for? It makes the rule's precision."""

    outcome: Outcome
    useful: bool
    note: Note = ""


class SnoozeBody(Body):
    until: Annotated[Day, Field(description="it comes back on this day")]
    note: Note = ""


class AssignBody(Body):
    owner: Csm
