"""Every bound of the wire: unit in the name, reason beside it.

A message over a bound is refused with its reason and parked; it never stops the stream.
"""

import re

COUNT_MAX = 2**53  # largest integer that JSON readers in every language keep exactly
PAYLOAD_MAX_BYTES = 128 * 1024  # compressed payload on the wire; Mosquitto's message_size_limit is set to match
BATCH_DECODED_MAX_BYTES = 1024 * 1024  # after decompression: a zip bomb is refused before it is unpacked
BATCH_MAX_RECORDS = 500  # one commit stays short, one lost message costs little
WINDOW_MAX_COUNTERS = 400  # registry plus manifests of 14 skills is about 120
WINDOW_MAX_GAUGES = 64
WINDOW_MAX_SPAN_S = 40 * 86_400  # a merged window of a robot that was away for a month, with room
FLAP_OPENINGS = 10  # openings of one fault in an hour that are told one by one; further ones by their number
OTHER_FAULTS = "other_faults"  # the code of an episode that counts the openings of several faults of its family
OPENINGS_MAX = 1_000_000_000  # of one episode: 30 years of one a second; a database's integer holds it
DETAIL_MAX_CHARS = 400  # free text of a fault or lifecycle record
CODE_MAX_CHARS = 96
DOCUMENT_MAX_BYTES = 32 * 1024  # a lifecycle record's detail, a skill's settings: 400 counter keys fit
DESIRED_MAX_SKILLS = 64  # the catalogue has 14; room for a customer's own
DESIRED_MAX_BYTES = 64 * 1024  # of a desired document; a robot refuses a larger one
SEQ_MAX = 2**53
TIME_MAX_S = 2**40  # wall clock as written; nothing is rejected by it, this only bounds the integer

COUNTER_KEY = re.compile(r"[a-z][a-z0-9_]{0,47}(\.[a-z0-9_]{1,47}){0,3}")
ROBOT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
EPOCH = re.compile(r"[0-9a-f]{16}")
TEXT = r"^[^\x00]*$"  # PostgreSQL cannot store U+0000
