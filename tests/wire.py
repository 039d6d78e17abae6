"""The shape of an ack: the agent reads it by hand and the collector writes it by hand, both to this."""

from typing import Annotated

from pydantic import Field

from protocol.messages import CounterKey, Epoch, Mark, Message, RunId, SeriesEntry, SeriesName, Text


class Back(Message):
    """This file lacks what the robot has delivered beyond `to` (None: nobody can tell where it parted)."""

    to: Mark | None = None
    mark: Mark
    counted: dict[CounterKey, dict[SeriesName, SeriesEntry]] | None = None
    windows: bool = False
    lost: bool = False
    ended: bool = True
    latest: tuple[Epoch, Mark] | None = None


class Ack(Message):
    """The collector has committed everything up to `mark` of this epoch; only now may the robot delete.

    `gap`: a batch is missing, go on from the mark. `now_ms` (answer to a hello) is the collector's time.
    `pause_s` asks the robot to wait before sending more. `refused` is the digest of a payload that
    could not be read, with the reason. `describe` asks for a hello with the robot's description; `alarm` says what
    the collector's people see about this robot.
    """

    v: int = 1
    epoch: Epoch | None = None
    mark: Mark | None = None
    now_ms: int | None = None
    gap: bool = False
    pause_s: Annotated[int, Field(ge=0, le=3600)] = 0
    refused: str | None = None
    reason: Text = ""
    run: RunId | None = None
    counted: bool = False
    pushes: bool = False
    back: Back | None = None
    greet: bool = False
    describe: bool = False
    alarm: Text = ""
