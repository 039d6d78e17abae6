"""The stages of an account and why it is in one, in words."""

from collections.abc import Mapping
from types import MappingProxyType

from collector.accounts.lifecycle.stage import BY_HAND
from collector.language.catalogue import deferred, deferred_in, gettext, pgettext

STAGES: Mapping[str, str] = MappingProxyType(
    {
        "signing": deferred_in("stage", "Signing"),
        "activation": deferred_in("stage", "Activation"),
        "growth": deferred_in("stage", "Growth"),
        "maturity": deferred_in("stage", "Maturity"),
        "decline": deferred_in("stage", "Decline"),
        "renewal": deferred_in("stage", "Renewal"),
        "churn": deferred_in("stage", "Churn"),
    }
)
RULES: Mapping[str, str] = MappingProxyType(
    {
        "lapsed": deferred("every contract ended and none was renewed, the grace is over"),
        "left": deferred("no contract stands, and the customer has left"),
        "in_grace": deferred("a contract ended and is not renewed yet"),
        "due_soon": deferred("a contract is due soon"),
        "notice": deferred("the customer has said that it leaves"),
        "use_fell": deferred("use fell far below what was expected"),
        "use_not_back": deferred("use has not come back yet"),
        "no_robot_yet": deferred("no robot has been deployed yet"),
        "not_active_yet": deferred("robots are there and have not worked on enough days"),
        "first_year": deferred("activated, in its first year"),
        "expanded": deferred("more was bought lately"),
        "settled": deferred("activated, after its first year"),
    }
)


def stage(key: str, language: str) -> str:
    return pgettext(language, "stage", STAGES[key]) if key in STAGES else key


def rule(key: str, language: str) -> str:
    """What a stage's rule says; `by_hand:STAGE` also names the stage that the rules said when it was set."""
    word, _, said = key.partition(":")
    if word != BY_HAND:
        return gettext(language, RULES[word]) if word in RULES else word
    if said not in STAGES:
        return gettext(language, "set by a person")
    return gettext(language, "set by a person ({stage})", stage=stage(said, language))
