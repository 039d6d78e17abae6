"""The collector's rows: schema, migrations, engines, and the statements that write them. No rules live here."""
