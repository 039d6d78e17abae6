"""The robot's side: sources are read into windows, kept in SQLite and delivered once over MQTT.

Importing this package loads nothing; what `edge-agent run` may load is bounded by a test (test_stays_light.py).
"""
