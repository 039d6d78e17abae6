"""What travels between a robot and the collector. No I/O, no clock, imports nothing of ours.

counters   every counter and fault family: key, unit, names, what it is divided by
messages   pydantic models of the wire: the collector's border
records    the same records as plain dicts, built by the agent (which cannot afford pydantic)
topics     the only topic literals
codec      bytes <-> messages: JSON, zstd with a shared dictionary
stream     sender and receiver of a robot's stream, as pure state machines
backoff    how long to wait before the next attempt, as one pure function
limits     every bound of the wire, with its unit and reason

The normative text is docs/wire-format.md; protocol/vectors holds its test vectors.
"""

WIRE_VERSION = 1
