"""Which robots a line of use is about, and how many of their hours have arrived. Pure.

A robot whose hours are missing has counted nothing that could be seen: that it had the skill is known from what was
wished on it, and of a robot on which nobody ever wished it from what it counted on the month's other days.
"""

from collections.abc import Mapping, Sequence

from collector.skillstore.billing.evidence import OwedAndCame, RobotHours
from collector.skillstore.billing.rating import BillPeriod, Day
from collector.skillstore.billing.sold import SkillUse, SoldSkill, owners


def hours_of(
    one: SoldSkill, sold: Sequence[SoldSkill], all_of: SkillUse, paid: BillPeriod, of_month: Mapping[Day, OwedAndCame]
) -> RobotHours:
    """Of the robots that a line of `one` is about, on its `paid` days of a month.

    `sold`: all of its account, in order of first day; `all_of`: what is known of its skill; `of_month`: the hours of
    all robots of the account. Where nothing tells which robots ever had the skill, all of them are meant.
    """
    days = [at for at in of_month if paid.from_day <= at[1] < paid.to_day]
    counted = {at for counts in all_of.use.values() for at in counts}
    if all_of.wished or counted:
        ever_wished = {robot for robot, _ in all_of.wished}
        of_this = {robot for robot, day in counted if paid.from_day <= day < paid.to_day} - ever_wished
        days = [at for at in days if at in all_of.wished or at in counted or at[0] in of_this]
    same = [each for each in sold if each.skill == one.skill]
    if len(same) > 1:
        owner = owners(same, days)
        days = [at for at in days if owner[at] == one.key]
    owed = [of_month[at] for at in days]
    return RobotHours(sum(expected for expected, _ in owed), sum(arrived for _, arrived in owed))
