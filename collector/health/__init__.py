"""Account health (model RH-1), its explanation, anomalies and back-test. Pure: plain data and a day in, data out."""
