"""The words of the `opk` command, one file for each group. They parse, call and print; what they call decides."""
