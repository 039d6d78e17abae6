"""The daily round over closed days: roll up, read, score, open calls to action, announce."""
