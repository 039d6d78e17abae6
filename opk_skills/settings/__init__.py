"""Settings of a skill: a schema in a safe subset of JSON Schema 2020-12, and values that fit it. Pure."""
