"""What goes in and out of the collector as files, and the proof that what came in is what was counted.

imports/    every file that comes in: one reader, facts of the ledger, usage from before the collector
lists       every list that goes out           export       a list as CSV, XLSX or JSON lines
verify      a truth against the collector      spreadsheet  workbooks, written row by row
"""
