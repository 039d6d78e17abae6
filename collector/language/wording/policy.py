"""Words of the page of the health policy, and of handing an account over."""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language.catalogue import deferred_in

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "policy": deferred_in("page", "Policy"),
        "policy_now": deferred_in("page", "in force:"),
        "policy_note": deferred_in(
            "page", "Change a weight, a border or a cap and see which accounts change. Nothing is written."
        ),
        "policy_effect": deferred_in("page", "What would change"),
        "policy_preview": deferred_in("page", "See who changes"),
        "policy_reset": deferred_in("page", "As it is in force"),
        "policy_save": deferred_in("page", "Save as a policy file"),
        "policy_save_note": deferred_in(
            "page",
            "The file is the policy in force with these numbers. It comes into force when the setting health_policy "
            "names it and the collector is started again; every score says by which policy it was made.",
        ),
        "policy_refused": deferred_in("page", "A policy cannot have these numbers. Look at the borders and the caps."),
        "nothing_scored": deferred_in("page", "No day has been scored yet, so nothing can be compared."),
        "policy_measures": deferred_in("page", "Weights of measures"),
        "policy_measures_note": deferred_in("page", "within their group"),
        "policy_profiles": deferred_in("page", "Weights of groups"),
        "policy_profiles_note": deferred_in("page", "by the account’s profile; each profile sums to 100"),
        "policy_borders": deferred_in("page", "Borders"),
        "policy_borders_note": deferred_in("page", "from where a band holds, and how much must be known"),
        "policy_caps": deferred_in("page", "Caps"),
        "policy_caps_note": deferred_in("page", "the most that a score can be while an exception holds"),
        "policy_bands_yellow_from": deferred_in("page", "yellow from"),
        "policy_bands_green_from": deferred_in("page", "green from"),
        "policy_coverage_grey_below": deferred_in("page", "no band below this share of the weight"),
        "policy_coverage_green_from": deferred_in("page", "green only from this share of the weight"),
        "group_A": deferred_in("page", "start"),
        "group_B": deferred_in("page", "use"),
        "group_C": deferred_in("page", "robots"),
        "group_D": deferred_in("page", "people"),
        "group_E": deferred_in("page", "voice"),
        "group_F": deferred_in("page", "money"),
        "band_h": deferred_in("page", "Band"),
        "after": deferred_in("page", "After"),
        "now_is": deferred_in("page", "now"),
        "calls_open_h": deferred_in("page", "Would open"),
        "calls_gone_h": deferred_in("page", "Would no longer hold"),
        "changes_band": deferred_in("page", "other band"),
        "hand_over": deferred_in("page", "Hand over"),
        "hand_over_note": deferred_in(
            "page",
            "Calls to action of who has the account go along, snoozed too; its history stays. It can be taken back.",
        ),
        "new_csm": deferred_in("page", "Who looks after it from now on"),
        "choose_csm": deferred_in("page", "choose a CSM"),
        "handover_sheet": deferred_in("page", "Handover sheet"),
        "who_hands_over": deferred_in("page", "Until now"),
        "last_touches": deferred_in("page", "Last contacts"),
        "no_csm_yet": deferred_in("page", "No CSM is known. Import the table of CSMs first."),
    }
)
