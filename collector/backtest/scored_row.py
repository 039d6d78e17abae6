"""A score as a row of a back-test. Pure."""

from collector.backtest.history import ScoredDay
from collector.health.model import Scored
from collector.health.policy.file import Policy
from collector.health.score.score import by_what_is_known, vote_of


def row_of(
    scored: Scored, policy: Policy, *, account: str, band: str, usage_percentile: float | None, arr: int | None,
    csm: str,
) -> ScoredDay:  # fmt: skip
    """With all that another weighing of the same measures needs. `policy` says how much a stale measure counts."""
    votes = {name: vote_of(one, policy.ages.stale_share) for name, one in scored.measures.items()}
    return ScoredDay(
        account=account,
        day=scored.day,
        final=by_what_is_known(scored),
        band=band,
        scores={name: one.score for name, one in scored.measures.items() if one.score is not None},
        usage_percentile=usage_percentile,
        arr=arr,
        csm=csm,
        profile=scored.profile,
        votes={name: vote for name, vote in votes.items() if vote != 1.0 and scored.measures[name].score is not None},
        coverage=scored.coverage,
        cap=min((one.value for one in scored.caps if one.bound == "cap"), default=100.0),
        floor=max((one.value for one in scored.caps if one.bound == "floor"), default=0.0),
    )
