"""Files that come in: CSV or XLSX as people and other systems really write them. One reader for all of them.

A file goes through these stages, each of which knows only the one before it:

encodings   which encoding a text file has             workbook  an XLSX file, weighed before it is opened (weighing)
readings    whether words are such as people write    rivals    whether an encoding that is not read here explains
                                                                them as well (everyday: with which letters)
rows        rows of cells, from either                table     what a row and a cell are
headings    what a column may be called, en and zh     choices   what a choice may be called
fields      how each field of a table is written       layouts   what a table may hold
columns     which column is which field                cells     what one cell says (amounts, spelling,
                                                                 number_formats)
body        the rows below the heading, and their values

Then the table's own part begins:

facts       a row as a fact of the ledger              tray           such facts on disk, in order
bringing    all facts written, or none                 results        what an import answers
undoing     an import taken back
marks       every import that there was                templates      an empty table with its headings and an example
usage_sheet a row as a value of usage                  usage_staging  such values on disk, sorted
usage_history  all usage written, or none

The back-test's three tables are read by the same stages (collector/backtest/files).
"""
