"""What a run says about itself: a line while it runs, figures at its end."""

from collections.abc import Iterable

from simulators.fleet import Fleet

SILENT_S = 3.0  # without any connection for so long, the line says why nothing happens


def progress_line(fleet: Fleet, broker: str = "the address given") -> str:
    windows = sum(u.robot.windows for u in fleet.uplinks)
    on_line = sum(u.link is not None for u in fleet.uplinks)
    if not fleet.tally.connects and fleet.clock() - fleet.began_s > SILENT_S:
        return f"no broker at {broker}; still trying ({len(fleet.uplinks)} robots wait; Ctrl-C ends it)"
    return (
        f"{on_line}/{len(fleet.uplinks)} robots connected   {windows:,} windows counted   "
        f"{fleet.tally.batches:,} batches   {fleet.undelivered():,} records not yet acked"
    )


def summary(fleet: Fleet) -> dict[str, object]:
    """Plain figures; times in seconds."""
    tally = fleet.tally
    windows = sum(u.robot.windows for u in fleet.uplinks)
    took_s = fleet.took_s
    refused = sorted({u.forbidden for u in fleet.uplinks if u.forbidden})
    return {
        "robots": len(fleet.uplinks),
        "windows": windows,
        "records_sent": tally.records,
        "batches": tally.batches,
        "payload_bytes": tally.payload_bytes,
        "resent_batches": tally.resent,
        "acks": tally.acks,
        "gaps": tally.gaps,
        "hellos": tally.hellos,
        "connects": tally.connects,
        "lost_links": tally.lost_links,
        "connect_refusals": tally.refusals,
        "crashes": tally.crashes,
        "new_epochs": tally.rewound,
        "merges": sum(u.outbox.merges for u in fleet.uplinks),
        "refused_batches": tally.refused,
        "ack_p50_s": percentile(tally.latencies_s, 0.50),
        "ack_p99_s": percentile(tally.latencies_s, 0.99),
        "drained_s": None if fleet.history_s is None else round(fleet.history_s, 3),
        "took_s": round(took_s, 3),
        "windows_per_s": round(windows / took_s) if took_s else 0,
        "undelivered_records": fleet.undelivered(),
        "in_doubt_records": fleet.in_doubt(),
        "refused_robots": refused[:3],
    }


def percentile(values: Iterable[float], share: float) -> float | None:
    """Nearest rank; None without values."""
    ordered = sorted(values)
    if not ordered:
        return None
    return round(float(ordered[min(len(ordered) - 1, int(share * len(ordered)))]), 4)
