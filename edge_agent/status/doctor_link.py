"""The last lines of `edge-agent doctor`: the broker and the collector, as the running agent or a trial finds them."""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

from edge_agent import clock
from edge_agent.config import Settings
from edge_agent.errors import AgentError, ConfigError, LinkError
from edge_agent.status import offline, said, why
from edge_agent.status.catalogue import gettext, ngettext, pgettext, sentence
from edge_agent.status.finding import Finding
from edge_agent.status.text import duration, next_try, silent
from edge_agent.uplink.acks import Answer, read_ack
from edge_agent.uplink.link import Arrived, Connection, Denied, Link, Lost
from edge_agent.uplink.uplink import BRIEF_S
from protocol import codec, records, topics

ANSWER_WAIT_S = 10.0
DISTANT_S = 60  # a clock further from the collector's than this is wrong
TAKEN_OVER_HOLDS_S = 3600.0  # two machines take turns within minutes: an hour without is over
BRIEF_SUSPECT = 3  # connections in a row that were accepted and ended at once


def running_link(link: dict[str, Any], language: str) -> Iterator[Finding]:
    subject = pgettext(language, "subject", "collector")
    yield from _beside(link, language)
    if not link["connected"]:
        what, remedy = why.said(link, language)
        yield Finding("fail", pgettext(language, "subject", "broker"), f"{link.get('broker', '')}: {what}", remedy)
    elif link["refusal"]:
        yield _refused(link["refusal"], language)
    elif link.get("stuck"):
        text = gettext(language, "the broker does not let {record} pass", record=said.record(link["stuck"], language))
        remedy = gettext(language, "raise the broker's limit of message size")
        yield Finding("fail", pgettext(language, "subject", "broker"), f"{text}; {next_try(link, language)}", remedy)
    elif link["ack_age_s"] is not None and (not_answered := silent(link, language)):
        yield Finding("fail", subject, *not_answered)
    elif text := said.lost_tries(link, language):
        remedy = gettext(language, "does the broker or the network limit the size of messages? docs/brokers.md")
        yield Finding("warn", pgettext(language, "subject", "broker"), text, remedy)
    elif link["ack_age_s"] is None:
        remedy = gettext(language, "is a collector connected to this broker?")
        yield Finding("fail", subject, gettext(language, "has not answered yet"), remedy)
    elif (apart_s := abs(link.get("collector_ahead_s") or 0.0)) > DISTANT_S:
        yield _distant(apart_s, language)
    else:
        text = gettext(
            language, "answered {time} ago over MQTT {mqtt}",
            time=duration(link["ack_age_s"], language), mqtt=link["mqtt"],
        )  # fmt: skip
        yield Finding("ok", subject, text)


def _beside(link: dict[str, Any], language: str) -> Iterator[Finding]:
    """What is to be said of the link whether or not it stands."""
    if _is_taken_over(link) or _ends_at_once(link):
        yield _named_twice(link, language)
    if link.get("alarm"):
        yield _alarmed(link["alarm"], language)
    if link.get("desired_refused"):
        if denied := link.get("desired_denied"):
            yield _desired_denied(denied, language)
        else:
            what = why.told(link.get("desired_said"), link["desired_refused"], language)
            yield Finding("warn", pgettext(language, "subject", "settings"), what)
    for text in said.too_large(link, language):
        remedy = gettext(language, "raise the broker's limit of message size")
        yield Finding("warn", pgettext(language, "subject", "broker"), text, remedy)


def _desired_denied(slots: dict[str, str], language: str) -> Finding:
    said_ = why.said({"cause": "denied_desired", "slots": slots, "text": "", "reason": ""}, language)
    return Finding("warn", pgettext(language, "subject", "settings"), *said_)


def _is_taken_over(link: dict[str, Any]) -> bool:
    """Not long ago; a running agent of the release before does not say when."""
    return bool(link.get("taken_over")) and (link.get("taken_over_age_s") or 0.0) < TAKEN_OVER_HOLDS_S


def _ends_at_once(link: dict[str, Any]) -> bool:
    """A connection that stands for longer than they did has ended the row."""
    return link.get("brief", 0) >= BRIEF_SUSPECT and (link.get("connected_for_s") or 0.0) < BRIEF_S


def _named_twice(link: dict[str, Any], language: str) -> Finding:
    """Another machine connects under this robot's name: the broker says so (MQTT 5), or connections end at once."""
    subject = pgettext(language, "subject", "name")
    remedy = gettext(language, "find the other machine and set another robot name there: docs/agent.md")
    if (n := link.get("taken_over")) and _is_taken_over(link):
        text = ngettext(
            language,
            "another machine has taken over this robot's connection {n} time",
            "another machine has taken over this robot's connection {n} times",
            n,
        )
        if (age_s := link.get("taken_over_age_s")) is not None:
            ago = duration(age_s, language)
            text = gettext(language, "{what}, the last time {time} ago", what=text, time=ago)
        return Finding("fail", subject, text, remedy)
    text = ngettext(
        language,
        "{n} connection was accepted and ended at once: does another machine use this robot's name?",
        "{n} connections in a row were accepted and ended at once: does another machine use this robot's name?",
        link["brief"],
    )
    return Finding("warn", subject, text, remedy)


def _alarmed(alarm: str, language: str) -> Finding:
    text = gettext(language, "has an alarm for this robot: {what}", what=said.alarm(alarm, language))
    remedy = gettext(language, "ask the fleet's operator")
    if alarm.startswith("unknown_robot"):
        remedy = gettext(language, "ask the fleet's operator to register it")
    if alarm.startswith("two_epochs"):
        remedy = gettext(language, "find the other machine and set another robot name there: docs/agent.md")
    return Finding("fail", pgettext(language, "subject", "collector"), text, remedy)


def _refused(reason: str, language: str) -> Finding:
    text = gettext(language, "refuses this robot: {why}", why=said.collectors_refusal(reason, language))
    remedy = gettext(language, "ask the fleet's operator")
    return Finding("fail", pgettext(language, "subject", "collector"), text, remedy)


def trial(settings: Settings, language: str) -> Iterator[Finding]:
    yield from asyncio.run(_try_link(settings, language))


async def _try_link(settings: Settings, language: str) -> list[Finding]:
    """Connect, subscribe and say hello as the agent would."""
    robot = settings.robot
    outbox: dict[str, Any] = {"epoch": None}
    if offline.database(settings).exists():
        outbox = offline.status(settings)["outbox"]
    broker, collector = pgettext(language, "subject", "broker"), pgettext(language, "subject", "collector")
    link = Link(settings, now=time.time, floor_s=_floor)
    try:
        connection = await link.connect(None, [(topics.ack(robot), 0), (topics.desired(robot), 0)])
    except AgentError as error:
        what, remedy = str(error), ""
        if isinstance(error, ConfigError):
            what = sentence(language, error.sentence)
        elif isinstance(error, LinkError):
            known = {"cause": error.cause, "slots": error.slots, "text": str(error), "reason": error.reason}
            what, remedy = why.said(known, language)
        return [Finding("fail", broker, f"{settings.broker}: {what}", remedy)]
    accepts = gettext(
        language, "{broker} accepts this robot (MQTT {mqtt})", broker=settings.broker, mqtt=connection.version
    )
    found = [Finding("ok", broker, accepts)]
    try:
        async with asyncio.timeout(ANSWER_WAIT_S):
            await _hear(connection, robot, outbox, language, found)
    except (TimeoutError, AgentError):
        text = gettext(language, "no answer within {seconds} s", seconds=round(ANSWER_WAIT_S))
        remedy = gettext(
            language, "is a collector connected to this broker, and may this robot publish and subscribe there?"
        )
        found.append(Finding("fail", collector, text, remedy))
    finally:
        await connection.close()
    return found


async def _hear(
    connection: Connection, robot: str, outbox: dict[str, Any], language: str, found: list[Finding]
) -> None:
    """Into `found`: what comes back on a hello, up to the answer or the end of the connection. Raises AgentError."""
    question = codec.encode(_question(robot, outbox))
    connection.publish(topics.up(robot), question)
    while True:
        event = await connection.events.get()
        if isinstance(event, Denied) and event.topic == topics.desired(robot):
            found.append(_desired_denied(event.error("denied_desired").slots, language))
        elif isinstance(event, Denied | Lost):
            found += _ended(event, language)
            return
        elif isinstance(event, Arrived) and event.topic == topics.ack(robot) and (answer := read_ack(event.payload)):
            found += _answered(answer, codec.digest(question), outbox, language)
            return


def _answered(answer: Answer, question: str, outbox: dict[str, Any], language: str) -> Iterator[Finding]:
    if answer.refused == question and outbox["epoch"] is None:
        yield _older(answer, language)
        return
    if answer.alarm:
        yield _alarmed(answer.alarm, language)
    yield _judged(answer, time.time, language)


def _question(robot: str, outbox: dict[str, Any]) -> records.Record:
    """A hello of the outbox; before the first start, whether anybody hears this robot."""
    if outbox["epoch"] is None:
        return records.ask(robot=robot)
    return records.hello(robot=robot, epoch=outbox["epoch"], mark=outbox["sent_through"], held=outbox["newest"] + 1)


def _older(answer: Answer, language: str) -> Finding:
    """A collector that does not know the question refuses its form, and so has answered."""
    if not answer.reason.startswith("envelope"):
        return _refused(answer.reason, language)
    text = gettext(language, "answers; being of an older release, it tells no time before the first start")
    return Finding("ok", pgettext(language, "subject", "collector"), text)


def _ended(event: Denied | Lost, language: str) -> list[Finding]:
    """Why nothing can be heard on this connection."""
    broker = pgettext(language, "subject", "broker")
    if isinstance(event, Denied):
        error = event.error("denied_acks")
        known = {"cause": error.cause, "slots": error.slots, "text": str(error), "reason": error.reason}
        return [Finding("fail", broker, *why.said(known, language))]
    if event.reason == "taken_over":
        return [_named_twice({"taken_over": 1}, language)]
    slots = {"cause": event.cause, "slots": {"detail": event.detail}, "text": event.text, "reason": event.reason}
    found = [Finding("fail", broker, *why.said(slots, language))]
    return found if event.in_protest else [*found, _named_twice({"brief": 1}, language)]


def _judged(answer: Answer, now: Callable[[], float], language: str) -> Finding:
    subject = pgettext(language, "subject", "collector")
    if answer.refused:
        return _refused(answer.reason, language)
    if answer.now_ms is not None and abs(answer.now_ms / 1000 - now()) > DISTANT_S:
        return _distant(abs(answer.now_ms / 1000 - now()), language)
    if answer.mark is None:
        return Finding("ok", subject, gettext(language, "answers; the first start makes the outbox"))
    return Finding("ok", subject, gettext(language, "answers; it has everything up to {number}", number=answer.mark))


def _distant(apart_s: float, language: str) -> Finding:
    text = gettext(language, "answers, but its clock is {time} away", time=duration(apart_s, language))
    subject = pgettext(language, "subject", "collector")
    return Finding("warn", subject, text, gettext(language, "start a time service"))


def _floor() -> float:
    return float(clock.EARLIEST_S)
