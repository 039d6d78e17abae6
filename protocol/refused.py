"""Why the agent refuses a reading: the word that programs read, and its sentence.

The agent writes `word: sentence` in English as the detail of its fault `reading_refused`; status, page and collector
say the sentence in the reader's language. Other details are free text of a source.
"""

from collections.abc import Mapping
from types import MappingProxyType

REFUSED_READINGS: Mapping[str, str] = MappingProxyType(
    {
        "too_many_counters": "this window has no room for another counter's name: count under fewer names",
        "too_many_series": "this source counts in too many series: count in fewer processes or under fewer names",
        "too_many_gauges": "a window has no room for another gauge: send fewer",
        "too_many_faults": "too many faults are open at a time: heal what has ended, or use fewer codes",
        "too_large": "the sum of this window would pass 2^53: correct what is counted",
        "series_may_have_returned": "this series may have been counted before: it counts from this value on",
        "outbox_goes_back": "the outbox is being compared with the collector: say it again in a moment",
        "series_evicted": "a series unheard for an hour gave up its place: use fewer series",
        "fell": "its total fell by what no restart explains; what was counted stands: correct its program",
        "file_went_back": (
            "its file in the state folder was older than what is counted: what happened in between is not counted "
            "twice, and what began in between and was not counted is not known"
        ),
        "malformed_name": "this is no name of a counter",
        "malformed_fault": "a fault has a family and a code",
        "not_a_number": "a number is expected",
        "not_whole": "a whole number is expected",
        "negative": "a counter only counts what happened",
        "undeclared": "the skill's manifest does not declare it: add it to the manifest",
        "too_fast": "more than the skill's manifest calls plausible for this time: correct what is counted",
        "not_a_skills": "a skill counts, and says faults of its own: nothing else is taken from it",
    }
)
