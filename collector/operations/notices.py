"""Notices to people: their channels, and the notices of the queue."""

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from collector.access.caller import ADMINS
from collector.context import Context
from collector.notifications import announcements, channels, messaging, notices
from collector.notifications.channels import Channel, NewChannel
from collector.notifications.notices import Notice, NoticeState
from collector.notifications.queue import CHANNELS
from collector.operations import receivers
from collector.operations.operation import Done, operation
from collector.operations.receivers import Receivers
from collector.values.paging import Page
from collector.values.refusal import Refused, Remedy
from collector.values.sentence import Sentence
from collector.values.texts import NAME_MAX_CHARS, taken

_LIST = Remedy("list them", route="GET /api/v1/notice-channels", page="/admin/notices")
_FULL = Remedy(
    "remove the channel, or see why nothing is sent", route="GET /api/v1/notices?state=waiting", page="/admin/notices"
)
RECEIVERS = Receivers(Sentence("channel"), CHANNELS, _LIST, _FULL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNotices:
    state: NoticeState | None = None
    limit: int
    cursor: str | None = None


@operation(roles=ADMINS)
def list_channels(context: Context, _: None) -> list[Channel]:
    """Those in use; their addresses are shown without their secrets."""

    def read(connection: Connection) -> list[Channel]:
        whole = channels.addresses(connection)
        return channels.listed(connection, {key: messaging.masked(url) for key, url in whole.items()})

    return context.read(read)


@operation(roles=ADMINS, writes=True)
def add_channel(context: Context, wanted: NewChannel) -> Channel | Refused:
    """Refuses an address that Apprise does not know, that is not public or not encrypted, and a name that was used."""
    wanted = replace(
        wanted, name=taken("name", wanted.name, NAME_MAX_CHARS), url=wanted.url.strip(),
        owner=taken("owner", wanted.owner, NAME_MAX_CHARS, may_be_empty=True),
    )  # fmt: skip
    complaint = messaging.complaint_of(wanted.url, private=context.settings.deliver_to_private_networks)
    if complaint is not None:
        return Refused(complaint, messaging.REMEDY, "unprocessable")
    masked = messaging.masked(wanted.url)
    return context.write(lambda connection: channels.add(connection, wanted, masked, context.now_s()))


@operation(roles=ADMINS, writes=True)
def remove_channel(context: Context, channel: int) -> Done:
    """Its address is forgotten; what waited for it is dead."""
    return receivers.remove(context, RECEIVERS, channel)


@operation(roles=ADMINS, writes=True)
def try_channel(context: Context, channel: int) -> Done:
    """Queue a test notice for it. Refuses while its queue is full: the test would never be sent."""
    return receivers.try_out(
        context, RECEIVERS, channel, lambda connection: announcements.trial(connection, channel, context.now_s())
    )


@operation(roles=ADMINS)
def list_notices(context: Context, wanted: ListNotices) -> Page[Notice]:
    """Newest first."""
    return context.read(
        lambda connection: notices.page(
            connection, state=wanted.state, limit=wanted.limit, cursor=wanted.cursor
        )
    )  # fmt: skip


@operation(roles=ADMINS, writes=True)
def resend_notice(context: Context, notice: int) -> Done:
    """Send a dead one again. Refuses one that is not dead, or whose channel was removed."""

    def change(connection: Connection) -> Done | Refused:
        return notices.resend(connection, notice, context.now_s()) or Done()

    return context.write(change)
