"""The kinds of dated facts that an account's ledger consists of. Pure."""
