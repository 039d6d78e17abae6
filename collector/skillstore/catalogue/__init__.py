"""What the skill store offers: listings in the words of their manifests, and prices by day.

listing.py   a listing, its four states and which may follow which (pure)
prices.py    which price is in force on a day (pure)
reading.py   listings and prices from the store
"""
