"""A throw-away authority for demos and benches: keys of everybody in one hand, a founded repository, a publisher."""
