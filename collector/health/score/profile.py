"""Which profile of weights an account has on a day: by its age and its renewal. Pure."""

from collector.accounts.contracts.terms import Due
from collector.health.model import Profile
from collector.health.policy.file import Policy

_BY_STAGE: dict[str, Profile] = {"growth": "growth", "maturity": "mature", "decline": "mature"}


def profile_of(day: int, first_day: int | None, due: Due | None, stage: str, policy: Policy) -> Profile:
    """`first_day` is that of the first robot, `stage` the lifecycle's ("": unknown).

    The start goes before the renewal (there is no use yet to judge a renewal by), the renewal before the stage.
    """
    rules = policy.profiles
    age = None if first_day is None else day - first_day
    if age is not None and age < rules.onboarding_days:
        return "onboarding"
    if due is not None and due.days_left <= rules.renewal_days:
        return "renewal"
    if stage in _BY_STAGE:
        return _BY_STAGE[stage]
    return "growth" if age is None or age < rules.growth_days else "mature"
