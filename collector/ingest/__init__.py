"""From the broker to committed rows: decode, place in time, apply, one transaction for a group, acknowledge."""
