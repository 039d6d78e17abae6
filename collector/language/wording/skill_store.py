"""Words of the skill store: a customer's skills in the portal, and the catalogue, licences and held back robots."""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language.catalogue import deferred_in

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "my_skills": deferred_in("page", "Skills"),
        "scene": deferred_in("page", "Scene"),
        "all_scenes": deferred_in("page", "All scenes"),
        "no_skills_offered": deferred_in("page", "No skill is offered yet"),
        "no_skills_offered_note": deferred_in(
            "page", "What your robots can do besides stands here as soon as a publisher’s skill is offered."
        ),
        "no_skill_in_scene": deferred_in("page", "No skill is made for this scene"),
        "no_skill_in_scene_note": deferred_in("page", "Skills of all scenes may suit your robots too."),
        "questions_h": deferred_in("page", "You are asked"),
        "questions_note": deferred_in(
            "page", "Without your word these robots keep the version that they have."
        ),
        "approve_version": deferred_in("page", "Agree"), "refuse_version": deferred_in("page", "Not now"),
        "approved_said": deferred_in("page", "You agreed."),
        "not_approved_said": deferred_in("page", "You said: not now."),
        "choose_robots": deferred_in("page", "Choose robots…"),
        "look_at_skill": deferred_in("page", "Look at it"),
        "what_it_brings": deferred_in("page", "What it brings"),
        "what_it_costs": deferred_in("page", "What it costs"),
        "what_you_have": deferred_in("page", "What you have"),
        "newest_version": deferred_in("page", "Newest version"),
        "made_by": deferred_in("page", "Made by"),
        "no_longer_offered": deferred_in(
            "page", "This skill is no longer offered. It goes on where it runs, and you can take it off."
        ),
        "no_longer_offered_h": deferred_in("page", "No longer offered"),
        "ask_for_it": deferred_in("page", "Ask for it"),
        "ask_for_it_note": deferred_in(
            "page", "You can see below what would happen. To get it, ask your contact: they add it to your contract."
        ),
        "on_your_robots": deferred_in("page", "On your robots"),
        "on_your_robots_note": deferred_in(
            "page", "Tick robots and look at what would happen: nothing changes before you say so."
        ),
        "look_put": deferred_in("page", "Put it on them…"),
        "look_remove": deferred_in("page", "Take it off them…"),
        "put_on_all": deferred_in("page", "Put it on all my robots…"),
        "may_not_choose": deferred_in(
            "page", "You may look at this; a person with the role customer admin may change it."
        ),
        "skill_runs": deferred_in("page", "runs"),
        "skill_on_its_way": deferred_in("page", "on its way"),
        "skill_stuck": deferred_in("page", "does not run"),
        "skill_going": deferred_in("page", "being taken off"),
        "skill_refused": deferred_in("page", "cannot get it"),
        "skill_not_there": deferred_in("page", "not on it"),
        "skill_could_get": deferred_in("page", "It would get it"),
        "newer_offered": deferred_in("page", "a newer version is offered"),
        "what_to_do": deferred_in("page", "What to do"),
        "dry_run_h": deferred_in("page", "What would happen"),
        "dry_run_note": deferred_in("page", "nothing has changed yet"),
        "gets_it": deferred_in("page", "gets it"),
        "loses_it": deferred_in("page", "it is taken off"),
        "unchanged_put": deferred_in("page", "was sent to it before"),
        "unchanged_remove": deferred_in("page", "does not have it"),
        "does_not_get_it": deferred_in("page", "does not get it"),
        "will_happen": deferred_in("page", "When"),
        "it_fetches": deferred_in("page", "Download"),
        "after_this": deferred_in("page", "After this it costs"),
        "costs_nothing_more": deferred_in("page", "Nothing is billed for it."),
        "costs_unknown": deferred_in("page", "It was sold before it had a price: ask your contact."),
        "paid_goes_on": deferred_in(
            "page", "What you pay for it goes on until the contract line ends; your contact changes it."
        ),
        "none_ticked": deferred_in("page", "No robot was ticked"),
        "none_ticked_remedy": deferred_in("page", "Go back, tick at least one and look again."),
        "nothing_would_change": deferred_in("page", "Nothing would change: below is why."),
        "more_robots_of_it": deferred_in("page", "{n} more robots are not shown"),
        "to_the_skill": deferred_in("page", "Back to the skill"),
        "no_robots_for_skills_note": deferred_in(
            "page", "A skill is put on robots that are with you. Ask your contact when yours arrive."
        ),
    }
)  # fmt: skip
"""All of them."""
