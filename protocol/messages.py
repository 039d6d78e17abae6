"""Pydantic models of the wire: the collector's border. Acks go the other way and are plain dicts (records.ack).

Messages grow, never change: new fields have defaults, unknown fields are ignored. Times are
integers: seconds of Unix time or of the boot.

A batch's records are validated one by one (`parse_record`), so that one bad record is parked with
its bytes while its neighbours are committed; so is a record of a kind that this release does not know.
"""

import json
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    TypeAdapter,
    model_serializer,
)

from protocol import limits
from protocol.counted import LIFE_MAX_CHARS, NAME_MAX_CHARS, RUNS_MAX, SERIES_MAX

Seq = Annotated[int, Field(ge=1, le=limits.SEQ_MAX, strict=True)]
Mark = Annotated[int, Field(ge=0, le=limits.SEQ_MAX, strict=True)]
Seconds = Annotated[int, Field(ge=0, le=limits.TIME_MAX_S, strict=True)]
UnixSeconds = Annotated[int, Field(ge=-limits.TIME_MAX_S, le=limits.TIME_MAX_S, strict=True)]
RobotId = Annotated[str, StringConstraints(pattern=rf"^{limits.ROBOT_ID.pattern}$")]
Epoch = Annotated[str, StringConstraints(pattern=rf"^{limits.EPOCH.pattern}$")]
CounterKey = Annotated[str, StringConstraints(pattern=rf"^{limits.COUNTER_KEY.pattern}$", max_length=64)]
Count = Annotated[int, Field(ge=0, le=limits.COUNT_MAX, strict=True)]
Text = Annotated[str, StringConstraints(max_length=limits.DETAIL_MAX_CHARS, pattern=limits.TEXT)]
Code = Annotated[str, StringConstraints(max_length=limits.CODE_MAX_CHARS, pattern=limits.TEXT)]
Number = Annotated[float, Field(allow_inf_nan=False)]
SeriesName = Annotated[str, StringConstraints(max_length=NAME_MAX_CHARS, pattern=limits.TEXT)]
Life = Annotated[str, StringConstraints(max_length=LIFE_MAX_CHARS, pattern=limits.TEXT)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
SeriesEntry = tuple[Count, Life] | tuple[Count, Life, Fraction]
RunId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")]

Sync = Literal["synced", "restamped", "unsynced"]
"""synced: the clock was disciplined when written. restamped: corrected later within the boot.
unsynced: nobody vouches for `at`; the collector estimates."""


def _storable(value: dict[str, Any]) -> dict[str, Any]:
    """A free document: bounded, and without what no database keeps (U+0000, half surrogates)."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if len(text.encode()) > limits.DOCUMENT_MAX_BYTES:
        raise ValueError(f"a document is at most {limits.DOCUMENT_MAX_BYTES} bytes of JSON")
    if "\\u0000" in text.replace("\\\\", ""):
        raise ValueError("U+0000 in a string")
    return value


Document = Annotated[dict[str, Any], AfterValidator(_storable)]


class Message(BaseModel):
    """Frozen; unknown fields are ignored so that an old collector reads a new robot."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Was(Message):
    """Where a salvaged record stood before its outbox file was replaced."""

    epoch: Epoch
    seq: Seq


class _Record(Message):
    seq: Seq
    boot: Annotated[int, Field(ge=0, le=2**31, strict=True)]
    mono: Seconds
    at: UnixSeconds
    sync: Sync = "synced"
    was: Was | None = None


class Window(_Record):
    """What was added to the counters in `span` observed seconds from `at` on.

    A counter that is absent was not incremented. `first` < seq when windows `first`..seq were merged
    to save space; `covers` is then the wall-clock seconds they lie in. `series` says how far the cumulative series
    of some counters are counted (protocol.counted); `anew`: of every counter. `untold`: they are too many to tell.
    `pushed`: some counts of this robot come from no series.
    """

    kind: Literal["window"]
    span: Annotated[int, Field(ge=0, le=limits.WINDOW_MAX_SPAN_S, strict=True)]
    counts: Annotated[dict[CounterKey, Count], Field(max_length=limits.WINDOW_MAX_COUNTERS)]
    gauges: Annotated[
        dict[CounterKey, tuple[Number, Number, Number]],
        Field(max_length=limits.WINDOW_MAX_GAUGES, default_factory=dict),
    ]
    first: Seq | None = None
    covers: Annotated[int, Field(ge=0, le=limits.WINDOW_MAX_SPAN_S, strict=True)] | None = None
    series: Annotated[
        dict[CounterKey, Annotated[dict[SeriesName, SeriesEntry], Field(max_length=SERIES_MAX)]],
        Field(max_length=SERIES_MAX, default_factory=dict),  # a default that is a dict is copied deeply for each window
    ]
    anew: bool = False
    untold: bool = False
    pushed: bool = False


class Fault(_Record):
    """An episode opened or closed. A close names the `seq` (and epoch, if older) of its open record.

    `openings`: how often it opened, of an episode that stands for several (one that flaps, or that was merged).
    """

    kind: Literal["fault"]
    state: Literal["open", "close"]
    family: Code
    code: Code
    ref: Code = ""
    did: Literal["could_not", "wrong"] = "could_not"
    severity: Literal["warning", "urgent", "critical", "fatal"] = "warning"
    opened: Seq | None = None
    opened_epoch: Epoch | None = None
    openings: Annotated[int, Field(ge=1, le=limits.OPENINGS_MAX, strict=True)] = 1
    detail: Text = ""


class SkillRecord(_Record):
    """A skill package reached a state, and why."""

    kind: Literal["skill"]
    skill: Code
    version: Code
    digest: Code = ""
    state: Code
    reason: Text = ""


class Lifecycle(_Record):
    """start, stop, clock, configuration, counters, lost: what happened to the agent or its data.

    `detail` by event (docs/wire-format.md): start {agent, clean, timezone, model, rom};
    counters {supported, unsupported}; lost {epoch, first, last, cause, records}; clock {step_s};
    epoch {closes, cause, salvaged, held}.
    """

    kind: Literal["lifecycle"]
    event: Code
    detail: Document = {}


Record = Annotated[Window | Fault | SkillRecord | Lifecycle, Field(discriminator="kind")]
_RECORD: TypeAdapter[Window | Fault | SkillRecord | Lifecycle] = TypeAdapter(Record)


def parse_record(raw: object) -> Window | Fault | SkillRecord | Lifecycle:
    """One record from decoded JSON. Raises pydantic.ValidationError."""
    return _RECORD.validate_python(raw)


class Envelope(Message):
    """A batch: everything the robot holds of `first`..`last`, in order. Records are still raw.

    `held` is the first seq the robot still has; a mark below held - 1 means a hole that will never be
    filled. `first` = last + 1 and no records is a hello: it asks for an ack with the mark and the time.
    A hello says the last `runs` on this file and its `newest` number; `new`: nobody has answered this file yet.
    A batch says the `run` that sends it.
    `timezone` is the robot's present one. A hello says by `about` which description holds now, and brings it as
    `description` when it was asked for. It says which record the broker does not let pass, `stuck`; "": none any more.
    """

    v: Annotated[int, Field(ge=1, le=1000, strict=True)]
    robot: RobotId
    epoch: Epoch
    first: Seq
    last: Mark
    held: Seq
    timezone: Code = ""
    about: Epoch | None = None
    description: Document | None = None
    records: Annotated[list[Any], Field(max_length=limits.BATCH_MAX_RECORDS)] = []
    run: RunId | None = None
    runs: Annotated[list[tuple[RunId, Seq]], Field(max_length=RUNS_MAX, default_factory=list)]
    newest: Mark | None = None
    new: bool = False
    stuck: Text | None = None


class Batch(Envelope):
    """A batch whose records are all valid: the shape that the schema documents."""

    records: Annotated[list[Record], Field(max_length=limits.BATCH_MAX_RECORDS)]


class Ask(Message):
    """Does a collector hear this robot, and what time is it there? Of a robot that may have no outbox yet.

    It is answered by an ack without `epoch` and `mark`, and changes nothing: no stream, no registration.
    """

    v: Annotated[int, Field(ge=1, le=1000, strict=True)]
    robot: RobotId
    ask: Literal[True]


class Presence(Message):
    """Retained; also the will. A will with an older session than the last online never counts."""

    v: int = 1
    robot: RobotId
    epoch: Epoch
    session: Annotated[int, Field(ge=0, le=limits.SEQ_MAX)]
    state: Literal["online", "offline", "stopped"]
    at: UnixSeconds
    backlog: Count = 0
    open_faults: Count = 0
    agent: Code = ""


class DesiredSkill(Message):
    skill: Code
    version: Code
    digest: Code
    settings: Document = {}


class Desired(Message):
    """Retained: what the robot should run. The robot converges to the newest revision it has seen.

    `sealed`: the same skills, signed for this robot and revision; a robot installs what stands in there, and only that.
    """

    v: int = 1
    revision: Annotated[int, Field(ge=0, le=limits.SEQ_MAX)]
    skills: list[DesiredSkill] = []
    settings: Document = {}
    sealed: Document | None = None

    @model_serializer(mode="wrap")
    def _without_nothing(self, made: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Where nothing is signed, nothing is said of it."""
        form: dict[str, Any] = made(self)
        if form.get("sealed") is None:
            form.pop("sealed", None)
        return form


class ReportedSkill(Message):
    """Desired, downloaded, installed and active are four facts, not one."""

    skill: Code
    desired: Code | None = None
    downloaded: Code | None = None
    verified: Code | None = None
    installed: Code | None = None
    active: Code | None = None
    reason: Text = ""


class ReportedSetting(Message):
    """What became of one wished setting: `applied`, or `refused` and why."""

    setting: Code
    state: Code
    reason: Text = ""


class Reported(Message):
    """What the robot does of the revision that it names. `refused`: why it follows nothing of that document.

    `proof`: one hash over the facts of all its skills (protocol/skill_proof.py); empty: an agent that makes none.
    """

    v: int = 1
    robot: RobotId
    revision: Annotated[int, Field(ge=0, le=limits.SEQ_MAX)]
    skills: list[ReportedSkill] = []
    settings: list[ReportedSetting] = []
    refused: Text = ""
    proof: Code = ""
