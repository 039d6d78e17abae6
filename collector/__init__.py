"""The centre: batches in, one transaction each group, and from the rows usage, faults and completeness.

Stages meet only in app.py and in the store; what each folder holds is said in its own __init__.py.
"""
