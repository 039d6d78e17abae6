"""Facts of the ledger in and out as tables: CSV or XLSX as people and other systems really write them.

A file goes through these stages, each of which knows only the one before it:

encodings   which encoding a text file has             templates  an empty table with its headings and an example
workbook    an XLSX file, checked before it is opened  planning   what each fact would do to the ledger
rows        rows of cells, from either                 bringing   all facts written, or none
headings    what a column may be called, en and zh     undoing    an import taken back
choices     what a choice may be called                marks      every import that there was
fields      how each field of a kind is written
columns     which column is which field
cells       what one cell says (amounts, spelling)
facts       a row as a fact, or what is wrong with it
tray        such facts on disk, in order
"""
