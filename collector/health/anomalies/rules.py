"""The thresholds of anomalies and incidents: the policy file's section [anomaly]. Pure."""

from collector.health.policy.sections import Number, Section, Whole


class AnomalyRules(Section):
    """Each value with its unit; the reasons and sources are in policy.toml."""

    p_week: Number  # tail of one week that is a drop
    p_week_eve: Number  # tail that the week which ended a day earlier must have had as well …
    p_week_at_once: Number  # … unless the week alone is this unlikely
    p_two_weeks: Number  # tail of each of two weeks in a row that are a drop …
    r_two_weeks: Number  # … when momentum (B2) is at most this
    r_pseudo_events: Number  # of momentum: added to both of its sides
    p_month: Number  # tail of 28 days, where a week has too few events
    week_min_expected: Number  # events in a week; below: 28 days are judged
    month_below_expected: Number  # events in a week; from here on the week alone decides
    month_min_expected: Number  # events in 28 days; below: "too few events to judge"
    week_min_days: Whole  # known open days in a week; below: the week is not judged
    base_open_days: Whole  # open days before the window of 28 days that expectation is made of
    base_min_days: Whole  # of these, known; below: no history yet
    weekday_pseudo_days: Number  # how strongly a weekday's factor is drawn to 1
    dispersion_default: Number  # variance = mean + dispersion * mean^2, where peers cannot say
    dispersion_floor: Number  # no account is steadier than this
    dispersion_peers_min: Whole  # accounts; below: the next larger peer group
    dispersion_default_weight: Number  # accounts that the default counts for among peers
    week_excess_max: Number  # weeks' variance over that of independent days, at most
    incident_share: Number  # of the accounts that share a cause alarm together
    incident_min_accounts: Whole  # that alarm
    incident_p: Number  # chance of so many by the rate of the others
    incident_window_days: Whole  # changes that begin within so many days are "together"
    cause_share: Number  # of an account's robots that must have a firmware or version to share it
    closed_traffic_min: Number  # passers-by on a usual day; below, a day without any says nothing
    closed_region_min: Whole  # accounts of a region that are closed together …
    closed_region_share: Number  # … and share of its accounts
    closed_past_weeks: Whole  # before a weekday that its own past makes likely …
    closed_past_min: Whole  # … and so many of them empty as well
    silent_expected_min: Number  # events of a usual day; below, a day without any says nothing
    silent_usual_share: Number  # of days without any; above, one more says nothing
    fault_window_days: Whole  # a rise of faults that began so long before a fall is named
    p_faults: Number  # tail of a week's fault episodes that is a rise
    faults_min: Whole  # episodes of a family that a rise has at least
    fault_dispersion: Number  # of fault episodes a day: faults come in bursts
    demand_ratio: Number  # foot traffic at or below this share of its expectation fell, too
    conversion_ratio: Number  # interactions per passer-by, likewise
    p_swing: Number  # tail of a rate's swing (active, renewal, upsell, churn)
    swing_history: Whole  # earlier periods that a swing is judged by, at least
