"""The ledger of an account: dated facts, their versions, the rules they keep, and the one way to write them."""
