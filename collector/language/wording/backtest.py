"""Words of the back-test's page: would the score have told who leaves?"""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language.catalogue import deferred_in

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "backtest": deferred_in("page", "Back-test"),
        "backtest_note": deferred_in(
            "page", "Would the score have told who leaves? Scores of past days beside what became of the contracts."
        ),
        "backtest_none": deferred_in("page", "No back-test yet"),
        "backtest_none_note": deferred_in(
            "page",
            "It compares the scores of past days with the contracts that were lost later, 30, 60 and 90 days ahead. It"
            " needs days that were scored and contracts that have come due. With fewer than 20 losses every figure is"
            " mostly chance; other weights are proposed from 50 losses on.",
        ),
        "backtest_start": deferred_in("page", "Begin a back-test"),
        "backtest_again": deferred_in("page", "Begin anew"),
        "backtest_start_note": deferred_in(
            "page", "It takes a minute or a few. Nothing about scores or the policy changes."
        ),
        "backtest_who": deferred_in("page", "An administrator or the head of CS begins one."),
        "backtest_basis": deferred_in("page", "Which scores"),
        "basis_arrived": deferred_in("page", "of what had arrived here then"),
        "basis_recorded": deferred_in("page", "of what the source systems knew then (an imported past)"),
        "basis_files": deferred_in("page", "of files"),
        "backtest_runs": deferred_in("page", "A back-test is under way"),
        "backtest_runs_note": deferred_in("page", "You may leave: what it finds will stand on this page."),
        "backtest_look": deferred_in("page", "Look again"),
        "backtest_failed": deferred_in("page", "The last back-test came to nothing"),
        "backtest_no_scores": deferred_in(
            "page", "There is no score of this kind to judge. Choose the other kind, or have past days scored first."
        ),
        "backtest_no_store": deferred_in(
            "page", "The store did not answer, or has no room. See that it works, then begin again."
        ),
        "backtest_stopped": deferred_in("page", "The collector was stopped meanwhile. Begin again."),
        "backtest_bug": deferred_in("page", "It found a fault of ours; the collector’s log says more."),
        "step_rows": deferred_in("page", "reading scores"),
        "step_judge": deferred_in("page", "comparing with what happened"),
        "step_fit": deferred_in("page", "fitting weights"),
        "step_preview": deferred_in("page", "trying the proposal on every account"),
        "losses_found": deferred_in("page", "Losses that were told"),
        "stayers_warned": deferred_in("page", "False alarms"),
        "watermelon_rate": deferred_in("page", "Lost while green"),
        "red_renewed": deferred_in("page", "Red, and renewed"),
        "band_flips": deferred_in("page", "Band changes"),
        "band_flips_note": deferred_in("page", "for each account and year"),
        "backtest_bands": deferred_in("page", "What the bands said"),
        "backtest_ranks": deferred_in("page", "How well it ranks who leaves"),
        "backtest_ranks_note": deferred_in("page", "AUC: 0.5 is chance, 1 is always right"),
        "days_ahead": deferred_in("page", "Days ahead"),
        "ranked_by": deferred_in("page", "Ranked by"),
        "auc_h": deferred_in("page", "AUC (95 %)"),
        "auc_due_h": deferred_in("page", "AUC, due in window"),
        "lift_h": deferred_in("page", "Lift"),
        "arr_found_h": deferred_in("page", "Lost ARR found"),
        "better_by_h": deferred_in("page", "Score is better by"),
        "within_h": deferred_in("page", "Within each day"),
        "rows_h": deferred_in("page", "Rows"),
        "says_h": deferred_in("page", "What it says"),
        "says_ranks": deferred_in("page", "tells who leaves"),
        "says_nothing": deferred_in("page", "adds nothing on your data"),
        "says_reversed": deferred_in("page", "ranks the wrong way round"),
        "backtest_measures": deferred_in("page", "Each measure alone"),
        "backtest_measures_none": deferred_in("page", "Too few losses to judge a measure alone."),
        "backtest_calibration": deferred_in("page", "Probabilities"),
        "backtest_miscalibrated": deferred_in(
            "page", "The probabilities do not hold: what happened differs from them by more than chance."
        ),
        "foretold_h": deferred_in("page", "Foretold"),
        "mean_h": deferred_in("page", "Mean"),
        "happened_h": deferred_in("page", "Happened"),
        "backtest_proposal": deferred_in("page", "Other weights"),
        "backtest_proposal_note": deferred_in(
            "page", "A proposal, fitted on your own losses. Nothing adopts it; a person does, by the file."
        ),
        "weights_h": deferred_in("page", "Weights"),
        "factor_h": deferred_in("page", "Times now"),
        "proposal_few": deferred_in("page", "No proposal: too few losses"),
        "proposal_no_split": deferred_in("page", "No proposal: the losses lie too close together"),
        "proposal_no_split_note": deferred_in(
            "page",
            "Weights are fitted on an earlier part of the history and judged on a later one. Wait until losses of a"
            " later time are known.",
        ),
        "proposal_policy": deferred_in("page", "No proposal: the policy file cannot be edited"),
        "proposal_policy_note": deferred_in(
            "page", "Write each entry on a line of its own, as the built-in policy has it."
        ),
    }
)
