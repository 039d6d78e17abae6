"""Which account may use which skill, since when and until when.

entitlement.py   one entitlement, and what it allows on a day (pure)
reading.py       entitlements, with the price that each was sold at, from the store
"""
