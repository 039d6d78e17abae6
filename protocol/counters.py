"""The counter registry: what a robot can count, in which unit, and what it is divided by.

A counter is a non-negative integer that only grows; a window carries what was added.
Per robot it is tri-state: a value, a true zero (supported, nothing happened), or unsupported.
Rates name their denominator in `per`. Skills add counters of their own through their manifest
(`with_counters`); such keys carry a dot: `<skill>.<counter>`.

`most_per_h` is what one robot can plausibly count in an hour: far above what any robot does, far below what a broken
source says. The collector parks what is more, for a person to judge (docs/counters.md).

Source of the funnel's names and pairing: the vendor's published usage API.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from protocol.limits import COUNTER_KEY

Unit = Literal["count", "s", "m"]
Group = Literal["funnel", "skill", "voice", "hours", "opportunity", "fault", "agent"]
Did = Literal["could_not", "wrong"]
FamilyKey = Literal["network", "vision", "touch", "navigation", "asr", "nlp", "tts"]


@dataclass(frozen=True, slots=True)
class Family:
    """One of the seven fault families. `per` is the opportunity its rate is divided by."""

    key: FamilyKey
    en: str
    zh: str
    per: str


# Ten a second, four at a time, four metres a second.
UNIT_MOST_PER_H: Mapping[Unit, int] = MappingProxyType({"count": 36_000, "s": 14_400, "m": 14_400})
UNDECLARED_MOST_PER_H = 36_000_000  # nobody says what it counts: milliseconds, bytes of speech, anything
ROBOT_DAY_MAX = 10**12  # of one counter of one robot on one day: sums of nine million robot-days stay within 64 bits


@dataclass(frozen=True, slots=True)
class Counter:
    """One countable thing. `per` names the counter a rate is divided by, if there is one.

    `most_per_h`: what one robot can plausibly count in an hour; where it is not given, what its unit allows.
    """

    key: str
    unit: Unit
    group: Group
    en: str
    zh: str
    per: str | None = None
    family: FamilyKey | None = None
    did: Did | None = None
    most_per_h: int = 0

    def __post_init__(self) -> None:
        if not self.most_per_h:
            object.__setattr__(self, "most_per_h", UNIT_MOST_PER_H[self.unit])


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        f.key: f
        for f in (
            Family("network", "Network", "网络", "operating_s"),
            Family("vision", "Vision", "视觉", "faces"),
            Family("touch", "Touch", "触屏", "touches"),
            Family("navigation", "Navigation", "导航", "navigation_tasks"),
            Family("asr", "Speech recognition", "语音识别", "utterances"),
            Family("nlp", "Language understanding", "语义", "queries"),
            Family("tts", "Speech output", "播报", "plays"),
        )
    }
)

_BUILT_IN = (
    # the usage funnel; not strictly decreasing (a wake word needs no greeting), never clamped
    Counter("foot_traffic", "count", "funnel", "Foot traffic", "客流"),
    Counter("solicitation", "count", "funnel", "Solicitations", "招揽", "foot_traffic"),
    Counter("wake_up", "count", "funnel", "Wake-ups", "唤醒", "solicitation"),
    Counter("interaction", "count", "funnel", "Interactions", "交互", "wake_up"),
    # what the skills did
    Counter("guided_tour", "count", "skill", "Guided tours", "导览", "interaction"),
    Counter("narration", "count", "skill", "Narrations", "讲解", "guided_tour"),
    Counter("leading", "count", "skill", "Leadings", "引领", "interaction"),
    Counter("directions", "count", "skill", "Directions given", "问路", "interaction"),
    Counter("reception", "count", "skill", "Visitors received", "来访接待", "interaction"),
    Counter("check_in", "count", "skill", "Check-ins", "签到", "interaction"),
    Counter("delivery", "count", "skill", "Deliveries", "递送", "operating_s"),
    Counter("cruise", "count", "skill", "Cruise rounds", "巡航", "operating_s"),
    Counter("advert", "count", "skill", "Adverts played", "推广", "operating_s"),
    Counter("dance", "count", "skill", "Performances", "才艺", "operating_s"),
    Counter("dialog_turn", "count", "skill", "Dialog turns", "语音对话", "interaction"),
    # what guests said of it, when they were asked
    Counter("guest.satisfied", "count", "voice", "Guests who said it helped", "表示满意的客人", "interaction"),
    Counter("guest.dissatisfied", "count", "voice", "Guests who said it did not", "表示不满意的客人", "interaction"),
    # hours and mileage behind them
    Counter("operating_s", "s", "hours", "Operating time", "工作时长", most_per_h=7_200),
    Counter("driving_s", "s", "hours", "Driving time", "行驶时长", "operating_s", most_per_h=7_200),
    Counter("charging_s", "s", "hours", "Charging time", "充电时长", most_per_h=7_200),
    Counter("distance_m", "m", "hours", "Distance", "里程", "operating_s"),
    Counter("intervention", "count", "hours", "Human interventions", "人工干预", "navigation_tasks"),
    # opportunities: what a fault rate is divided by
    Counter("faces", "count", "opportunity", "Faces seen", "人脸"),
    Counter("touches", "count", "opportunity", "Touches", "触摸"),
    Counter("navigation_tasks", "count", "opportunity", "Navigation tasks", "导航任务"),
    Counter("utterances", "count", "opportunity", "Utterances", "语句"),
    Counter("queries", "count", "opportunity", "Queries", "语义请求"),
    Counter("plays", "count", "opportunity", "Speech plays", "播放"),
    # the seven families: could not do it (the robot sees it) / did it wrong (needs a label)
    Counter(
        "network_episodes", "count", "fault", "Network episodes", "网络异常次数", "operating_s", "network", "could_not"
    ),
    Counter(
        "network_offline_s",
        "s",
        "fault",
        "Offline time",
        "离线时长",
        "operating_s",
        "network",
        "could_not",
        most_per_h=7_200,
    ),
    Counter(
        "vision_not_recognised",
        "count",
        "fault",
        "Faces not recognised",
        "未能识别人脸",
        "faces",
        "vision",
        "could_not",
    ),
    Counter("vision_wrong", "count", "fault", "Recognition faults", "人脸识别错误", "faces", "vision", "wrong"),
    Counter(
        "touch_no_response", "count", "fault", "Touches without response", "触屏无反应", "touches", "touch", "could_not"
    ),
    Counter(
        "touch_wrong", "count", "fault", "Touches that did the wrong thing", "触屏执行错误", "touches", "touch", "wrong"
    ),
    Counter(
        "navigation_not_started",
        "count",
        "fault",
        "Navigation failed to start",
        "导航启动失败",
        "navigation_tasks",
        "navigation",
        "could_not",
    ),
    Counter(
        "navigation_aborted",
        "count",
        "fault",
        "Navigation aborted",
        "导航中止",
        "navigation_tasks",
        "navigation",
        "could_not",
    ),
    Counter(
        "navigation_lidar", "count", "fault", "Lidar faults", "雷达异常", "navigation_tasks", "navigation", "wrong"
    ),
    Counter(
        "navigation_localisation",
        "count",
        "fault",
        "Localisation faults",
        "定位异常",
        "navigation_tasks",
        "navigation",
        "wrong",
    ),
    Counter(
        "navigation_relocalisation",
        "count",
        "fault",
        "Relocalisation faults",
        "重定位异常",
        "navigation_tasks",
        "navigation",
        "wrong",
    ),
    Counter(
        "asr_not_recognised",
        "count",
        "fault",
        "Utterances not recognised",
        "未能识别语句",
        "utterances",
        "asr",
        "could_not",
    ),
    Counter("asr_wrong", "count", "fault", "Utterances misrecognised", "语音识别错误", "utterances", "asr", "wrong"),
    Counter("nlp_not_handled", "count", "fault", "Queries not handled", "未能处理", "queries", "nlp", "could_not"),
    Counter("nlp_wrong", "count", "fault", "Queries handled wrongly", "处理错误", "queries", "nlp", "wrong"),
    Counter("tts_not_played", "count", "fault", "Speech not played", "未能播放", "plays", "tts", "could_not"),
    Counter("tts_wrong", "count", "fault", "Speech played wrongly", "播放错误", "plays", "tts", "wrong"),
    # the agent about itself: what makes completeness and the owner's budgets visible
    Counter("observed_s", "s", "agent", "Observed time", "观测时长", most_per_h=7_200),
    Counter(
        "agent_bytes_written",
        "count",
        "agent",
        "Bytes the agent wrote to disk",
        "采集代理写盘字节",
        most_per_h=3_600_000_000,
    ),
    Counter("agent_bytes_sent", "count", "agent", "Bytes the agent sent", "采集代理发送字节", most_per_h=3_600_000_000),
    Counter("readings_refused", "count", "agent", "Readings refused", "被拒读数", most_per_h=36_000_000),
)

COUNTERS: Mapping[str, Counter] = MappingProxyType({c.key: c for c in _BUILT_IN})


def with_counters(extra: Iterable[Counter]) -> Mapping[str, Counter]:
    """The registry plus counters that skill manifests declare.

    Raises ValueError when a key is malformed, undotted (reserved for the registry) or already taken.
    """
    merged = dict(COUNTERS)
    for counter in extra:
        if not COUNTER_KEY.fullmatch(counter.key) or "." not in counter.key:
            raise ValueError(f"counter {counter.key!r}: a skill's counter is named <skill>.<counter>, lower case")
        if counter.key in merged:
            raise ValueError(f"counter {counter.key!r} is declared twice: rename one of them")
        merged[counter.key] = counter
    return MappingProxyType(merged)
