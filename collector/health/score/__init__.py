"""From measures and peers to a score with a band, and the exceptions that bound it. Pure."""
