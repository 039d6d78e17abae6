"""Mentions: notes that name the caller's CSM, as Today shows them until they are put away."""

from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access.caller import INSIDE, WRITERS
from collector.context import Context
from collector.operations.calls import own_csm
from collector.operations.operation import Done, operation
from collector.success import mentions
from collector.success.mentions import Mention
from collector.values.paging import Page
from collector.values.refusal import Refusal, Remedy
from collector.values.sentence import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMentions:
    """`seen`: also those that were put away."""

    seen: bool = False
    limit: int
    cursor: str | None = None


@operation(roles=INSIDE)
def list_mentions(context: Context, wanted: ListMentions) -> Page[Mention]:
    """Of the CSM that the caller is, the newest first; nobody's where the caller is no CSM."""

    def read(connection: Connection) -> Page[Mention]:
        own = own_csm(context, connection)
        if own is None:
            return Page([], None)
        return mentions.page(connection, own, also_seen=wanted.seen, limit=wanted.limit, cursor=wanted.cursor)

    return context.read(read)


@operation(roles=WRITERS, writes=True)
def see_mention(context: Context, mention: int) -> Done:
    """Put it away from Today. Refuses one that is of another CSM as one that is not there."""
    return _put_away(context, mention, context.now_s())


@operation(roles=WRITERS, writes=True)
def unsee_mention(context: Context, mention: int) -> Done:
    """Back on Today. Refuses as see_mention."""
    return _put_away(context, mention, None)


def _put_away(context: Context, mention: int, seen_at: int | None) -> Done:
    def change(connection: Connection) -> Done:
        found, own = mentions.one(connection, mention), own_csm(context, connection)
        if found is None or own is None or found.csm != own:
            remedy = Remedy("list yours", "note mentions", "GET /api/v1/mentions", "/")
            raise Refusal(Sentence("there is no mention {mention} of yours", mention=mention), remedy, "not_found")
        mentions.put_away(connection, mention, seen_at)
        return Done()

    return context.write(change)
