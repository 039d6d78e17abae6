"""What stands of a day whose robots' rows are not all kept any more. Pure."""

from dataclasses import replace

from collector.health.model import AccountDay


def not_less(standing: AccountDay, again: AccountDay, *, faults_gone: bool, hours_gone: bool) -> AccountDay:
    """`again`, added up from what is left, with what only `standing` knows: faults, and the time inside open hours.

    Of a fault that came late for such a day only the larger number is known, not the sum.
    """
    if again.robots == 0 and again.heard == 0:  # the account has no robot on that day any more
        return again
    if faults_gone:
        families = sorted({*standing.faults, *again.faults})
        again = replace(
            again,
            faults={one: max(standing.faults.get(one, 0), again.faults.get(one, 0)) for one in families},
            affected={
                one: tuple(sorted({*standing.affected.get(one, ()), *again.affected.get(one, ())})) for one in families
            },
            stuck=tuple(sorted({*standing.stuck, *again.stuck})),
        )
    if hours_gone and standing.scheduled_s:
        again = replace(again, online_s=min(standing.online_s, again.scheduled_s))
    return again
