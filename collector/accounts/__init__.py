"""The customers: their ledger of dated facts, and the rates, segments, lifecycle and clocks that follow from it."""
