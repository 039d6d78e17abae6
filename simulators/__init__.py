"""Robots, fleets, brokers and faults that are not real, from a seed. Knows the protocol and nothing else of ours."""
