"""The charts of the pages, each from one specification of plain values: marks of `values.drawing`. Pure.

    hours    a day from its first hour to its last, with its holes
    columns  counts of weeks or days, from zero
    line     values over time with events and a comparison
    spark    values of days in a table's cell
    strip    shares of a whole, a value before its target
    points   a score: kept, held back, lost

A value that is not known is a word of `Gap` instead of a number, and is drawn as what it is: never as zero.
"""

from typing import Literal

Gap = Literal["not_arrived", "unsupported", "closed"]
Value = float | Gap
