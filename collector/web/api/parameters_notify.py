"""Parameters and bodies of webhooks, their deliveries, notice channels and notices."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from collector.notifications.destinations import URL_MAX_CHARS
from collector.notifications.webhook_rules import EVENTS
from collector.web.api.parameters import Paged
from collector.web.api.routing import Body

Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=URL_MAX_CHARS)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class WebhookBody(Body):
    """`events` empty: all of them."""

    url: Annotated[Address, Field(examples=["https://hooks.example.com/fleetward"])]
    events: Annotated[list[str], Field(max_length=len(EVENTS), default_factory=list)]


class DeliveriesQuery(Paged):
    webhook: Annotated[int | None, Field(ge=1, le=10**12)] = None
    state: Literal["waiting", "delivered", "dead"] | None = None


class ChannelBody(Body):
    """`url` is an address of Apprise. `owner`: only this CSM's, empty: everybody's. `digest`: once a day."""

    name: Name
    url: Annotated[Address, Field(examples=["feishu://token", "mailtos://user:password@example.com"])]
    owner: Annotated[str, Field(max_length=120)] = ""
    language: Literal["en", "zh"] = "en"
    digest: bool = False


class NoticesQuery(Paged):
    state: Literal["digest", "waiting", "sent", "dead"] | None = None
