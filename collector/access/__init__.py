"""Who may ask for what: callers with their roles, and the tokens that prove them."""
