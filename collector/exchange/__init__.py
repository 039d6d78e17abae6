"""What goes in and out of the collector as files, and the proof that what came in is what was counted.

sheet     a CSV of values read row by row: a truth, or a fleet's history       staging   such rows sorted on disk
history   import of usage from before the collector                            verify    truth against collector
export    usage, robots, faults, completeness as CSV or JSON                   remote    the same through the API
"""
