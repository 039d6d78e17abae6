"""Every kind of fact, once: its words in API, files and pages, its model, and which of its fields says when. Pure.

`day` is the field that says when the fact happened (or began), `until` the one that says until when it holds. A kind
whose `day` is None is as old as its first version.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Any, get_args, get_type_hints

import orjson
from pydantic import TypeAdapter

from collector.accounts.ledger.kinds import care, money, noted, relations, who
from collector.accounts.ledger.kinds.fields import Amount
from collector.calendar.days import DAY_S


@dataclass(frozen=True, slots=True)
class Base:
    """What the installation's settings say of a fact that does not say it: the currency of money, the time zone."""

    currency: str
    timezone: str


@dataclass(frozen=True)
class Kind:
    """One kind of fact. `key` is its word in the store and in files, `path` its word in the API's addresses.

    `from_base`: fields that may be left away by who says a fact, and are then those of the Base.
    `from_today`: its day may be left away by who says it now, and is then today.
    `word`: fields that lists of accounts are narrowed by; the row of a fact holds them folded.
    """

    key: str
    path: str
    model: type[Any]
    en: str
    zh: str
    day: str | None = None
    until: str | None = None
    ends: bool = False  # `until` may be set by ending it
    from_base: tuple[str, ...] = ()
    word: tuple[str, ...] = ()
    from_today: bool = False

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """Validates what comes from outside; `dump_python(fact, mode="json")` gives what goes out."""
        return TypeAdapter(self.model)

    @cached_property
    def amounts(self) -> tuple[str, ...]:
        """The fields that are amounts of money."""
        hints = get_type_hints(self.model, include_extras=True)
        return tuple(name for name, hint in hints.items() if Amount in {hint, *get_args(hint)})

    @property
    def of_account(self) -> bool:
        return "account" in self.model.__dataclass_fields__

    def with_base(self, fields: Mapping[str, Any], base: Base) -> dict[str, Any]:
        """These fields, and where one of `from_base` is not among them (or None) the installation's."""
        left_away = [name for name in self.from_base if fields.get(name) is None]
        return {**fields, **{name: getattr(base, name) for name in left_away}}

    @cached_property
    def load(self) -> Callable[[str | bytes], Any]:
        """Makes a fact of the store's JSON. Trusted: nothing is validated."""
        model, amounts = self.model, self.amounts

        def plain(body: str | bytes) -> Any:
            return model(**orjson.loads(body))

        def with_amounts(body: str | bytes) -> Any:
            fields = orjson.loads(body)
            for name in amounts:
                if isinstance(fields.get(name), str):
                    fields[name] = Decimal(fields[name])
            return model(**fields)

        return with_amounts if amounts else plain

    def dump(self, fact: Any) -> str:
        """A fact as the store keeps it: numbers for days, moments and money; what is at its default is left out.

        An amount is its whole number of hundredths, as in every older store; one that is none is decimal text.
        """
        fields = self.model.__dataclass_fields__
        kept = {name: value for name in fields if (value := getattr(fact, name)) != fields[name].default}
        return orjson.dumps(kept, default=str).decode()

    def day_of(self, fact: Any) -> int | None:
        """The day on which it happened or began."""
        if self.day is None:
            return None
        value: int | None = getattr(fact, self.day)
        return value // DAY_S if self.day.endswith("_at") and value is not None else value

    def word_of(self, fact: Any) -> str | None:
        """What accounts are found by, without letter case: `vip`, or `tier=gold`."""
        return "=".join(str(getattr(fact, name)).casefold() for name in self.word) if self.word else None

    def until_of(self, fact: Any) -> int | None:
        value: int | None = None if self.until is None else getattr(fact, self.until)
        return value


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.key: kind
        for kind in (
            Kind("reseller", "resellers", who.Reseller, "Resellers", "代理商", "signed_day"),
            Kind(
                "csm",
                "csms",
                who.Csm,
                "Customer success managers",
                "客户成功经理",
                "from_day",
                "to_day",
                ends=True,
                from_base=("currency",),
            ),
            Kind(
                "account",
                "accounts",
                who.Account,
                "Accounts",
                "客户",
                "signed_day",
                from_base=("timezone", "currency"),
            ),
            Kind("site", "sites", who.Site, "Sites", "场地", "from_day", "to_day", ends=True),
            Kind("closure", "closures", who.Closure, "Closed days", "非营业日", "from_day", "to_day"),
            Kind("contact", "contacts", who.Contact, "Contacts", "联系人", "since_day", "left_day", ends=True),
            Kind(
                "deployment",
                "deployments",
                who.Deployment,
                "Deployments",
                "机器人部署",
                "from_day",
                "to_day",
                ends=True,
            ),
            Kind(
                "contract", "contracts", money.Contract, "Contracts", "合同", "starts", "ends", from_base=("currency",)
            ),
            Kind("line", "lines", money.ContractLine, "Subscription lines", "合同行", "starts", "ends"),
            Kind("renewal", "renewals", money.Renewal, "Renewals", "续费", "due_day"),
            Kind("renewal_step", "renewal-steps", money.RenewalStep, "Steps to a renewal", "续费步骤", "done_day"),
            Kind("opportunity", "opportunities", money.Opportunity, "Opportunities", "商机", "opened_day"),
            Kind("invoice", "invoices", money.Invoice, "Invoices", "发票", "issued_day"),
            Kind("exchange_rate", "exchange-rates", money.ExchangeRate, "Exchange rates", "汇率", "day"),
            Kind("cost", "costs", money.Cost, "Costs", "成本", "day", from_base=("currency",)),
            Kind("touch", "touches", relations.Touch, "Touches", "客户触达", "day"),
            Kind("survey", "surveys", relations.Survey, "Surveys", "满意度调查", "day"),
            Kind("ticket", "tickets", relations.Ticket, "Tickets", "工单", "opened_day", "closed_day", ends=True),
            Kind("promise", "promises", relations.Promise, "Promises", "承诺", "made_day"),
            Kind("reference", "references", relations.Reference, "References", "背书请求", "asked_day"),
            Kind("signal", "signals", relations.SignalSeen, "Signals", "信号", "day"),
            Kind("review", "reviews", relations.Review, "Planned reviews", "定期回顾", "due_day"),
            Kind("sentiment", "sentiments", relations.Sentiment, "CSM's sentiment", "主观评价", "day"),
            Kind("handover", "handovers", care.Handover, "Handovers", "销售交接", "shipped_day"),
            Kind("onboarding", "onboarding", care.Onboarding, "Onboarding steps", "启动步骤", "started_at"),
            Kind("objective", "objectives", care.Objective, "Objectives", "成功目标", "from_day", "to_day", ends=True),
            Kind("stage", "stages", care.StageSet, "Stages set by hand", "手工阶段", "day"),
            Kind("mute", "mutes", care.Mute, "Muted measures", "暂不计入", "from_day", "to_day", ends=True),
            Kind("override", "overrides", care.Override, "Overrides", "人工调整", "from_day", "to_day", ends=True),
            Kind("note", "notes", noted.AccountNote, "Notes", "客户备注", "day", from_today=True),
            Kind("tag", "tags", noted.AccountTag, "Tags", "标签", word=("tag",)),
            Kind("custom_field", "custom-fields", noted.CustomField, "Custom fields", "自定义字段"),
            Kind(
                "custom_value",
                "custom-values",
                noted.CustomValue,
                "Values of custom fields",
                "自定义字段值",
                word=("field", "value"),
            ),
            Kind("attachment", "attachments", noted.Attachment, "Attachments", "附件", "day"),
        )
    }
)
"""By key. `account` and `deployment` also have a row of their own (store.tables), which usage is joined by."""
