"""Words of what stands around every page, of components and of the search."""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language.catalogue import deferred_in

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "tagline_more": deferred_in(
            "page", "Whom to help next, and why: from the robot’s own counters to the customer’s renewal."
        ),
        "score_picture": deferred_in(
            "page", "A health score: 49 of 100 points kept, 12.5 held back by a cap, the rest lost"
        ),
        "kept": deferred_in("page", "kept"),
        "held": deferred_in("page", "held"),
        "lost_points": deferred_in("page", "lost"),
        "cap": deferred_in("page", "cap"),
        "sections": deferred_in("page", "Sections"),
        "section_later": deferred_in("page", "Comes with the skill catalogue"),
        "fleet": deferred_in("page", "Fleet"),
        "search_or_command": deferred_in("page", "Search or command"),
        "search_do": deferred_in("page", "Search"),
        "theme": deferred_in("page", "Theme"),
        "theme_system": deferred_in("page", "As the system"),
        "theme_light": deferred_in("page", "Light"),
        "theme_dark": deferred_in("page", "Dark theme"),
        "rows_and_keys": deferred_in("page", "Rows and keys"),
        "density_cosy": deferred_in("page", "Cosy rows"),
        "density_compact": deferred_in("page", "Compact rows"),
        "keys_off": deferred_in("page", "Single-letter keys off"),
        "keys_on": deferred_in("page", "Single-letter keys on"),
        "keys_list": deferred_in("page", "Keyboard"),
        "commands": deferred_in("page", "Go and do"),
        "nothing_found": deferred_in(
            "page",
            "Nothing that you may open is called that. "
            "Search looks at names and ids of accounts, robots, contacts, skills and contracts.",
        ),
        "contracts_h": deferred_in("page", "Contracts"),
        "problem_400": deferred_in("page", "This address or form cannot be read."),
        "problem_400_remedy": deferred_in("page", "Go back, and choose what the page offers."),
        "problem_403": deferred_in("page", "You may not do this."),
        "problem_403_remedy": deferred_in("page", "Ask your administrator for a role that may."),
        "problem_wrong_password": deferred_in("page", "The password is not right."),
        "problem_wrong_password_remedy": deferred_in("page", "Write the one that you sign in with."),
        "problem_wrong_code": deferred_in("page", "The code is not right."),
        "problem_wrong_code_remedy": deferred_in("page", "Wait for the app’s next code."),
        "problem_404": deferred_in("page", "There is nothing here by that name."),
        "problem_404_remedy": deferred_in("page", "It may have been taken back or called otherwise: search for it."),
        "problem_409": deferred_in("page", "This does not go with what stands already."),
        "problem_409_remedy": deferred_in("page", "Change what you send, or what it does not go with."),
        "problem_outdated": deferred_in("page", "It is not as it was when you opened the page."),
        "problem_outdated_remedy": deferred_in("page", "Load the page again, and see whether something is left to do."),
        "problem_422": deferred_in("page", "What was typed cannot be taken."),
        "problem_422_remedy": deferred_in("page", "Correct it and send it again."),
        "problem_429": deferred_in("page", "Too many tries."),
        "problem_429_remedy": deferred_in("page", "Wait a little and try again."),
        "problem_500": deferred_in("page", "Something is broken here."),
        "problem_500_remedy": deferred_in("page", "Tell your administrator the number below: it is in the log."),
        "problem_503": deferred_in("page", "The database does not answer."),
        "problem_503_remedy": deferred_in("page", "The same works again in a moment."),
        "what_the_program_says": deferred_in("page", "What the program says"),
        "key_move": deferred_in("page", "Next and previous call"),
        "key_go": deferred_in("page", "Go to a section"),
        "undo": deferred_in("page", "Undo"),
        "cancel": deferred_in("page", "Cancel"),
        "save": deferred_in("page", "Save"),
        "close": deferred_in("page", "Close"),
        "more": deferred_in("page", "More"),
        "path": deferred_in("page", "Path"),
        "on_this_page": deferred_in("page", "On this page"),
        "as_a_table": deferred_in("page", "As a table"),
        "cannot_count": deferred_in("page", "cannot count"),
        "counted": deferred_in("page", "counted"),
        "true_zero": deferred_in("page", "true zero"),
        "data_not_arrived": deferred_in("page", "not arrived"),
        "closed_day": deferred_in("page", "closed"),
        "gallery": deferred_in("page", "Components"),
        "gallery_note": deferred_in("page", "Every component in every state. Shown only where `gallery` is set."),
    }
)
