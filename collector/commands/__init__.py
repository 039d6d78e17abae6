"""The `collector` command, one file for each group of words. What they do lives elsewhere; here it is asked for.

Commands that read work beside a running collector. Commands that write a SQLite store need it for themselves;
while a collector serves it, they go through that collector with --url and --token.
"""
