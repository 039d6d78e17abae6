"""API: a robot's name and its key."""

from typing import Annotated

from pydantic import Field

from collector.operations import pairing
from collector.operations.pairing import NameShown, OfferPairing, PairingOffered
from collector.web.api.routing import Body, Call, Query, Route

_TAG = "robots"


class PairingBody(Body):
    account: str
    site: Annotated[str, Field(max_length=200, description="where it will stand, in your words")] = ""
    replaces: Annotated[bool, Field(description="another key has this name, and shall have it no more")] = False


async def offer_pairing(call: Call, _: Query, body: PairingBody) -> PairingOffered:
    wanted = OfferPairing(robot=call.robot_name, account=body.account, site=body.site, replaces=body.replaces)
    return await call.do(pairing.offer_pairing, wanted)


async def robot_key(call: Call, _: Query) -> NameShown:
    return await call.do(pairing.robot_key, call.robot_name)


ROUTES: tuple[Route, ...] = (
    Route("POST", "/robots/{robot}/pairing", _TAG, "A one-time code by which a robot gets this name", PairingOffered,
          offer_pairing, body=PairingBody, operation=pairing.offer_pairing),
    Route("GET", "/robots/{robot}/key", _TAG, "The key that has this name", NameShown, robot_key,
          operation=pairing.robot_key),
)  # fmt: skip
