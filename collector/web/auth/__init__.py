"""Who is asking: tokens, sessions, and the limit on failed sign-ins."""
