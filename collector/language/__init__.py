"""What people read, in their language: the message catalogues, and one presenter for each noun.

A presenter takes plain values and a language, and returns text: `score`, `cta`, `rates`, `segments`, `lifecycle`,
`events`, `backtest`, `notices`, `pages`. API, pages, commands and notifications use the same one. Messages stand in the
code in English; `locale/LANGUAGE/LC_MESSAGES/fleetward.po` holds their translations, and `make messages` keeps it up to
date.
"""
