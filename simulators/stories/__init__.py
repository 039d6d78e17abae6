"""Customers with stories: accounts whose ledger and robots tell of eighteen months up to a given day.

    plots ─▶ cast ─▶ ledger facts (book) ─▶ CSV files or POST /import/{kind}
                └──▶ places ─▶ daily counts of the past ─▶ POST /import/usage
                         └───▶ robots of the last weeks ─▶ the wire, as every robot speaks it

Everything comes from a seed and a day. Names are made up; whoever appears is a role, not a person.
"""
