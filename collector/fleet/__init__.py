"""What the fleet is and did: rules without I/O, and the reads and writes behind them.

Rules (rows in, rows out; `now` is an argument):  counts, completeness, presence
Rows (a SQLAlchemy connection in, frozen dataclasses out):  robots, usage, faults, holes, accounts, desired
"""
