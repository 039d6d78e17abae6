"""How often something happened for the hours that were watched. Pure."""


def per_100_hours(count: float, hours: float) -> float | None:
    """`count` for each hundred of these hours. None: no hour was watched, and nothing is known."""
    return count / hours * 100 if hours else None
