"""What the demo's collector sells and to whom: prices, accounts of the simulated fleet, licences, wishes, bills.

Tables of what there is, and acts at the collector's API as people and other systems do them.
"""
