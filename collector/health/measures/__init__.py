"""The measures: raw values of usage, reliability, relationship and contracts for one account and day. Pure."""
