"""Words of Fleet, the list of robots, one robot and the skills that run."""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language.catalogue import deferred_in

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "closed_place": deferred_in("page", "Place closed"),
        "robots_by_state": deferred_in("page", "Robots by state"),
        "needs_a_look": deferred_in("page", "Needs a look"),
        "with_open_faults": deferred_in("page", "With open faults"),
        "all_robots": deferred_in("page", "All robots"),
        "incidents": deferred_in("page", "Incidents"),
        "no_incidents": deferred_in("page", "No common cause behind several customers’ falls or faults is open."),
        "its_robots": deferred_in("page", "Its robots"),
        "fault_rates": deferred_in("page", "Faults per 100 robot-hours"),
        "fault_rates_fact": deferred_in("page", "28 days, episodes; small: how many"),
        "fault_rates_note": deferred_in(
            "page",
            "Divided by the hours that arrived, and by what a robot runs today. ▲ at least three times the rate of all "
            "others, with ten episodes or more, and beyond chance.",
        ),
        "by_rom": deferred_in("page", "By firmware"),
        "by_model": deferred_in("page", "By model"),
        "by_skill": deferred_in("page", "By skill version"),
        "grouped_by": deferred_in("page", "Grouped by"),
        "hours_arrived": deferred_in("page", "Hours"),
        "too_few_hours": deferred_in("page", "too few h"),
        "not_said": deferred_in("page", "not said"),
        "all_fault_rates": deferred_in("page", "By model, skill version and all families"),
        "no_fault_rates": deferred_in("page", "No data of the last 28 days has arrived."),
        "no_faults_28": deferred_in("page", "No fault opened in the last 28 days."),
        "not_expected_note": deferred_in("page", "Not expected, so not missing:"),
        "clear_alarm": deferred_in("page", "Seen to it"),
        "alarm_cleared": deferred_in("page", "Cleared. It comes back when it is seen again."),
        "no_alarms": deferred_in("page", "No alarm waits for anybody."),
        "this_store": deferred_in("page", "This store"),
        "parked_messages": deferred_in("page", "Messages not taken"),
        "nothing_to_look_at": deferred_in("page", "Nothing needs a look"),
        "nothing_to_look_at_note": deferred_in(
            "page", "A robot stands here when it is dark though its place is open, has an open fault or an alarm."
        ),
        "where_rest_is": deferred_in("page", "Where the rest is"),
        "everything_arrived": deferred_in("page", "everything arrived"),
        "live_from": deferred_in("page", "as of"),
        "fleet_of": deferred_in("page", "Of the whole fleet"),
        "skill_name": deferred_in("page", "Skill"),
        "no_running_skills": deferred_in("page", "No robot has reported a skill yet"),
        "no_running_skills_note": deferred_in(
            "page", "A robot tells of each skill package that it loads; the first one that does stands here."
        ),
        "use_28_days": deferred_in("page", "Use, 28 days"),
        "skill_faults_28": deferred_in("page", "Faults per 100 h"),
        # one robot
        "last_data": deferred_in("page", "Last data"),
        "no_data_yet": deferred_in("page", "no data yet"),
        "interactions_today": deferred_in("page", "Interactions today"),
        "yesterday_by_hour": deferred_in("page", "Yesterday, hour by hour"),
        "link_7_days": deferred_in("page", "Data of seven days"),
        "clock": deferred_in("page", "Clock"),
        "counters_key": deferred_in("page", "What the marks mean"),
        "desired_version": deferred_in("page", "Desired"),
        "downloaded_version": deferred_in("page", "Downloaded"),
        "installed_version": deferred_in("page", "Installed"),
        "active_version": deferred_in("page", "Active"),
        "why_not": deferred_in("page", "Why not"),
        "four_facts": deferred_in("page", "desired · downloaded · installed · active are four facts"),
        "is_active": deferred_in("page", "active"),
        "twin_title": deferred_in("page", "Two machines send under one name"),
        "twin_note": deferred_in(
            "page",
            "This one counts as a robot of its own until somebody decides. What was counted stays where it is.",
        ),
        "swap_twins": deferred_in("page", "Let this machine keep the name"),
        "twins_swapped": deferred_in("page", "Swapped. From now on the other machine counts as the robot of its own."),
        "stream_ended": deferred_in("page", "Your session has ended: the figures stand still. Sign in again."),
        "stream_stale": deferred_in("page", "No news since"),
        "counted_here": deferred_in("page", "counted"),
    }
)
