"""What the fleet is and did: pure rules, and the reads and writes behind them.

Pure (rows in, rows out; `now` is an argument):  days, counts, completeness, presence
Rows (a SQLAlchemy connection in, frozen dataclasses out):  robots, usage, faults, holes, accounts, desired
"""
