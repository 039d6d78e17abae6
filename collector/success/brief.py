"""What to know before a touch: what changed since the last one, what was promised, what to ask. Pure.

A brief is made of facts that are there, each point with the fact or measure that it stands on; it advises nothing that
nobody can check.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from collector.accounts import objectives
from collector.accounts.ledger.view import AccountLedger
from collector.calendar import days
from collector.health.explain.words import BAND_WORDS, EXCEPTION_WORDS, MEASURE_WORDS
from collector.health.model import AccountDay, Scored
from collector.success.playbooks import Playbooks, Text, rule_of
from collector.success.priority import contact_day

LOOK_BACK_DAYS = 28  # where nobody has spoken with the customer for longer, or ever
MEASURES_MAX = 3  # that changed most, each way
CHANGE_MIN = 5.0  # points of a measure's score: less is noise
QUESTIONS_MAX = 6  # more is an interrogation
ROLES_WANTED = ("sponsor", "champion")

_PER = MappingProxyType(
    {"period": Text("", ""), "day": Text(" a day", "/天"), "robot_day": Text(" a robot-day", "/机器人·天")}
)


@dataclass(frozen=True, slots=True)
class Point:
    """One thing. `about` is the kind of what it stands on (score, measure, ticket, …), `fact` its id."""

    about: str
    fact: str
    day: str | None
    text: Text


@dataclass(frozen=True, slots=True)
class Brief:
    """Before a touch with this account on `day`. `since_day` is the day of the newest two-way contact."""

    account: str
    day: str
    since_day: str
    changed: tuple[Point, ...]
    promised: tuple[Point, ...]
    ask: tuple[Point, ...]


_QUESTIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ZOMBIE": ("Who decides about the robots now, and what would they miss?", "现在谁负责机器人?没有它会少什么?"),
        "SILENT": ("Which way of reaching you suits you best?", "怎样联系您最方便?"),
        "SINGLE": ("Who else works with the robots or decides about them?", "还有哪些同事使用或决定机器人?"),
        "REF_REFUSE": ("What would have to be better before you spoke for us?", "做到什么程度您愿意推荐我们?"),
        "DARK": ("Were robots moved or switched off on purpose?", "机器人是有意关机或搬走的吗?"),
        "FAULT": ("Which fault hurts your guests most?", "哪种故障对来宾影响最大?"),
        "DROP": ("What changed at the place on that day?", "那天现场发生了什么变化?"),
        "STALL": ("What keeps the robots from their first day of work?", "是什么让机器人还没有开始工作?"),
        "OVERDUE": ("Is the invoice disputed, or late?", "发票有异议,还是付款延迟?"),
        "LAPSED": ("Is the missing renewal a delay or a decision?", "未续约是延迟还是决定?"),
        "RENEWAL": ("What must the robots have done for you to renew?", "机器人做到什么您会续约?"),
        "NOTICE": ("What was the reason, and when did it begin?", "离开的原因是什么?从何时开始?"),
        "OBJECTIVE": ("Is the target still the right one?", "这个目标还合适吗?"),
        "LOW_USE": ("Which task would you hand to a robot first?", "您最想先把哪项工作交给机器人?"),
        "RED": ("What has been the hardest with the robots lately?", "最近使用机器人最困难的是什么?"),
        "TICKET": ("Is the workaround good enough until it is solved?", "解决之前,临时办法够用吗?"),
        "REVIEW": ("Which two dates suit you for the review?", "回顾会哪两个时间合适?"),
    }
)


def brief(
    ledger: AccountLedger,
    counted: Sequence[AccountDay],
    day: int,
    *,
    now: Scored | None,
    before: Scored | None,
    rules: Sequence[str] = (),
    playbooks: Playbooks,
) -> Brief:
    """`now` and `before` are the scores of `day` and of the day of the last contact; `rules` those of the account's
    open calls to action, the most urgent first.
    """
    since = since_day(ledger, day)
    return Brief(
        account=ledger.account.id,
        day=days.iso(day),
        since_day=days.iso(since),
        changed=(*_score(now, before), *_measures(now, before), *_tickets(ledger, since, day)),
        promised=tuple(_promised(ledger, counted, day)),
        ask=tuple(_ask(ledger, day, rules, playbooks))[:QUESTIONS_MAX],
    )


def since_day(ledger: AccountLedger, day: int) -> int:
    """The day that "what changed" counts from."""
    spoken = contact_day(ledger, day)
    return day - LOOK_BACK_DAYS if spoken is None else min(spoken, day - 1)


def _score(now: Scored | None, before: Scored | None) -> Iterator[Point]:
    if now is None or now.final is None:
        return
    band = BAND_WORDS[now.band]
    if before is None or before.final is None:
        said = Text(f"Health is {now.final:.0f} ({band.en}).", f"健康分 {now.final:.0f}({band.zh})。")
    else:
        was = BAND_WORDS[before.band]
        said = Text(
            f"Health went from {before.final:.0f} ({was.en}) to {now.final:.0f} ({band.en}).",
            f"健康分从 {before.final:.0f}({was.zh})变为 {now.final:.0f}({band.zh})。",
        )
    yield Point("score", "", days.iso(now.day), said)
    stood = {cap.code for cap in before.caps} if before is not None else set()
    for cap in now.caps:
        if cap.code not in stood and cap.code in EXCEPTION_WORDS:
            word = EXCEPTION_WORDS[cap.code]
            yield Point("exception", cap.code, days.iso(now.day), Text(f"New: {word.en}.", f"新出现:{word.zh}。"))


def _measures(now: Scored | None, before: Scored | None) -> Iterator[Point]:
    """The measures that changed most, losses before gains."""
    if now is None or before is None:
        return
    changes = []
    for key, measure in now.measures.items():
        old = before.measures.get(key)
        if measure.score is not None and old is not None and old.score is not None:
            changes.append((measure.score - old.score, key, old.score, measure.score))
    losses = sorted(change for change in changes if change[0] <= -CHANGE_MIN)[:MEASURES_MAX]
    gains = sorted((change for change in changes if change[0] >= CHANGE_MIN), reverse=True)[:MEASURES_MAX]
    for _, key, was, score in [*losses, *gains]:
        name = MEASURE_WORDS[key].name
        said = Text(f"{name.en}: {was:.0f} → {score:.0f} of 100.", f"{name.zh}:{was:.0f} → {score:.0f}(满分 100)。")
        yield Point("measure", key, days.iso(now.day), said)


def _tickets(ledger: AccountLedger, since: int, day: int) -> Iterator[Point]:
    for one in ledger.tickets:
        if since < one.opened_day <= day:
            is_closed = one.closed_day is not None and one.closed_day <= day
            state = Text("closed", "已关闭") if is_closed else Text("open", "未关闭")
            said = Text(f"Ticket {one.subject} ({state.en}).", f"工单 {one.subject}({state.zh})。")
            yield Point("ticket", one.id, days.iso(one.opened_day), said)


def _promised(ledger: AccountLedger, counted: Sequence[AccountDay], day: int) -> Iterator[Point]:
    """What we owe, the oldest first; then what was agreed as a target, and how it stands."""
    for one in sorted(ledger.promises, key=lambda each: (each.due_day, each.id)):
        if one.made_day <= day and (one.kept_day is None or one.kept_day > day):
            late = day - one.due_day
            said = Text(one.text, one.text)
            if late > 0:
                said = Text(f"{one.text} ({late} days late)", f"{one.text}(逾期 {late} 天)")
            yield Point("promise", one.id, days.iso(one.due_day), said)
    for found in objectives.on_track(ledger.objectives, counted, day).progress:
        target = found.objective
        if target.to_day >= day and found.reached is not None:
            name = target.text or target.counter
            figures, per = f"{round(found.reached, 1):,g} / {target.target:,g} {target.counter}", _PER[target.per]
            state = {"on_track": "正常", "behind": "落后", "done": "已达成"}.get(found.status, found.status)
            said = Text(
                f"{name}: {figures}{per.en}, {found.status.replace('_', ' ')}", f"{name}:{figures}{per.zh},{state}"
            )
            yield Point("objective", target.id, days.iso(target.to_day), said)


def _ask(ledger: AccountLedger, day: int, rules: Sequence[str], playbooks: Playbooks) -> Iterator[Point]:
    """One question for each open call to action, then what the ledger does not know yet."""
    for rule in dict.fromkeys(rules):
        if rule in _QUESTIONS:
            yield Point("cta", rule_of(rule, playbooks).key, None, Text(*_QUESTIONS[rule]))
    present = {one.role for one in ledger.contacts if one.left_day is None or one.left_day > day}
    for role in ROLES_WANTED:
        if role not in present:
            zh = {"sponsor": "决策人", "champion": "推动人"}[role]
            yield Point("contact", role, None, Text(f"Who is the {role} on your side?", f"贵方的{zh}是哪位?"))
    if not any(one.from_day <= day <= one.to_day for one in ledger.objectives):
        said = Text("What should the robots have reached by the next review?", "下次回顾前,机器人应达到什么目标?")
        yield Point("objective", "", None, said)
