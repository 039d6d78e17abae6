"""The cockpit's pages of the skill store: catalogue, one skill, licences, held back robots, review."""
