"""Words of one robot's page: labels and heads; its sentences are those of language/robot.py."""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language.catalogue import deferred_in

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "parked_why_rate": deferred_in("page", "more than it can have counted in that time"),
        "parked_why_day_full": deferred_in("page", "the day would hold more than a day can"),
        "parked_why_found_in_store": deferred_in("page", "stored by an older release"),
        "now_h": deferred_in("page", "Now"),
        "model_rom": deferred_in("page", "Model · ROM"),
        "last_28_days": deferred_in("page", "Last 28 days"),
        "completeness_28": deferred_in("page", "Completeness, 28 days"),
        "all_days_table": deferred_in("page", "All counters by day, as a table"),
        "no_use_yet": deferred_in("page", "Nothing was ever counted here."),
        "not_arrived_word": deferred_in("page", "not arrived"),
        "severity": deferred_in("page", "Severity"),
        "what_h": deferred_in("page", "What"),
        "episodes_fact": deferred_in("page", "open to close, each counted once"),
        "readings_refused_n": deferred_in("page", "Readings refused today and yesterday"),
        "longest_hole": deferred_in("page", "Longest hole"),
        "starts_7": deferred_in("page", "Starts"),
        "unclean_starts": deferred_in("page", "of these after a crash"),
        "data_file": deferred_in("page", "Data file"),
        "numbers_committed": deferred_in("page", "numbers committed"),
        "parked_counts_h": deferred_in("page", "Parked counts"),
        "parked_counts_fact": deferred_in("page", "more than a robot can count: in no sum until somebody decides"),
        "most_possible": deferred_in("page", "Possible at most"),
        "decision": deferred_in("page", "Decision"),
        "release_count": deferred_in("page", "Count it"),
        "refuse_count": deferred_in("page", "Refuse it"),
        "why_decided": deferred_in("page", "Why"),
        "why_decided_help": deferred_in("page", "It is kept with the amount, with your name and the time."),
        "count_released": deferred_in("page", "Counted. It is in the day’s sum now."),
        "count_refused": deferred_in("page", "Refused. The day’s count stays not known."),
        "count_state_waiting": deferred_in("page", "to be judged"),
        "count_state_released": deferred_in("page", "counted"),
        "count_state_refused": deferred_in("page", "refused"),
        "twin_of": deferred_in("page", "It sends under the name of"),
        "swap_twins_other": deferred_in("page", "Let the other machine keep the name"),
        "twin_others": deferred_in("page", "Another machine sends under this name and counts as"),
        "wish_none": deferred_in("page", "No settings are wished for this robot; it goes by its own file."),
        "wished_revision": deferred_in("page", "revision"),
        "agent_h": deferred_in("page", "Agent and data files"),
        "as_json": deferred_in("page", "As JSON"),
        "skills_none": deferred_in("page", "No skill is desired here, and none has told a state."),
    }
)
