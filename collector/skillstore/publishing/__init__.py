"""A skill is put on chosen robots of an account, or taken off: first tried without a change, then done.

plan.py      what would happen on each robot, and what it costs (pure)
reading.py   the robots of an account, as the plan needs them, from the store
"""
