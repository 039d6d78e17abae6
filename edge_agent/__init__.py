"""The robot's side: sources are read into windows, kept in SQLite and delivered once over MQTT.

Importing this package loads nothing; what `edge-agent run` may load is bounded by tests/unit/test_agent_stays_light.py.
"""
