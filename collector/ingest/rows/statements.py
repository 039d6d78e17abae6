"""The statements of an ingest transaction that both databases take as they are; parameters by name.

The two that run for every batch (stream, usage_day) are written once for each database, in `sqlite` and
`postgresql`: they make the speed.
"""

from collector.store import pruned, rolled

OPEN = """INSERT INTO fault_episode
(robot_id, epoch, seq, family, code, ref, did, severity, detail, opened_at, confidence)
VALUES (:robot_id, :epoch, :seq, :family, :code, :ref, :did, :severity, :detail, :at, :confidence)
ON CONFLICT (robot_id, epoch, seq) DO UPDATE SET opened_at = excluded.opened_at, severity = excluded.severity,
detail = excluded.detail"""
CLOSE = """INSERT INTO fault_episode
(robot_id, epoch, seq, family, code, ref, did, severity, detail, openings, closed_at, confidence)
VALUES (:robot_id, :epoch, :seq, :family, :code, :ref, :did, :severity, :detail, :openings, :at, :confidence)
ON CONFLICT (robot_id, epoch, seq) DO UPDATE SET openings =
CASE WHEN fault_episode.openings > excluded.openings THEN fault_episode.openings ELSE excluded.openings END, detail =
CASE WHEN fault_episode.closed_at IS NOT NULL OR excluded.detail IN ('', fault_episode.detail)
THEN fault_episode.detail WHEN fault_episode.detail = '' THEN excluded.detail
ELSE fault_episode.detail || '; ' || excluded.detail END, closed_at =
CASE WHEN fault_episode.opened_at > excluded.closed_at THEN fault_episode.opened_at ELSE excluded.closed_at END,
confidence = CASE WHEN fault_episode.opened_at > excluded.closed_at THEN 'between' ELSE excluded.confidence END"""
CLOSE_NEWEST = """UPDATE fault_episode SET openings = :openings,
closed_at = CASE WHEN opened_at > :at THEN opened_at ELSE :at END WHERE id =
(SELECT max(id) FROM fault_episode WHERE robot_id = :robot_id AND family = :family AND code = :code AND ref = :ref
AND closed_at IS NULL)"""
EVENT = """INSERT INTO lifecycle_event (robot_id, epoch, seq, at, confidence, event, detail)
VALUES (:robot_id, :epoch, :seq, :at, :confidence, :event, :detail)"""
GAP = """INSERT INTO gap (robot_id, from_s, to_s, cause, epoch, first_seq, last_seq, records, detail)
VALUES (:robot_id, :from_s, :to_s, :cause, :epoch, :first_seq, :last_seq, :records, :detail)"""
ALARM = """INSERT INTO alarm (robot_id, kind, raised_at, last_at, times, detail)
VALUES (:robot_id, :kind, :at, :at, 1, :detail) ON CONFLICT (robot_id, kind) DO UPDATE SET
raised_at = CASE WHEN alarm.cleared_at IS NULL THEN alarm.raised_at ELSE excluded.raised_at END,
cleared_at = NULL, last_at = excluded.last_at, detail = excluded.detail, times = alarm.times + CASE WHEN
alarm.cleared_at IS NULL AND alarm.kind = 'record_stuck' AND alarm.detail = excluded.detail THEN 0 ELSE 1 END"""
CLOSED_IN_A_HOLE = """UPDATE fault_episode SET confidence = 'between', closed_at = (SELECT max(to_s) FROM gap
WHERE gap.robot_id = fault_episode.robot_id AND cause IN ('never_arrived', 'lost') AND first_seq IS NOT NULL)
WHERE robot_id = :robot_id AND closed_at IS NULL AND opened_at IS NOT NULL
AND EXISTS (SELECT 1 FROM presence p WHERE p.robot_id = fault_episode.robot_id AND p.state = 'online'
AND p.open_faults = 0 AND p.at >= fault_episode.opened_at)
AND EXISTS (SELECT 1 FROM gap WHERE gap.robot_id = fault_episode.robot_id AND cause IN ('never_arrived', 'lost')
AND first_seq IS NOT NULL AND to_s >= fault_episode.opened_at)"""
CLOSED_BY_PRESENCE = """UPDATE fault_episode SET confidence = 'between', closed_at = coalesce(
(SELECT CASE WHEN s.last_end > opened_at THEN s.last_end ELSE opened_at END FROM stream s WHERE s.epoch <> :epoch
AND s.robot_id = fault_episode.robot_id AND s.epoch = fault_episode.epoch AND s.last_end IS NOT NULL), :at)
WHERE robot_id = :robot_id AND closed_at IS NULL AND opened_at IS NOT NULL AND opened_at < :at
AND (epoch = :epoch OR EXISTS (SELECT 1 FROM stream s WHERE s.robot_id = fault_episode.robot_id
AND s.epoch = fault_episode.epoch AND s.closed_at IS NOT NULL))
AND EXISTS (SELECT 1 FROM presence p WHERE p.robot_id = fault_episode.robot_id AND p.state = 'online'
AND p.open_faults = 0 AND p.epoch = :epoch AND p.at = :at)"""
ALARMS_OF = "SELECT kind, detail FROM alarm WHERE robot_id = :id AND cleared_at IS NULL ORDER BY raised_at DESC, kind"
OPENED_SINCE = "SELECT count(*) FROM stream WHERE robot_id = :id AND first_at > :since"
NO_ALARM = """UPDATE alarm SET cleared_at = :at WHERE robot_id = :robot_id AND kind = :kind AND cleared_at IS NULL"""
AHEAD = """INSERT INTO ahead (robot_id, from_s, to_s, records, noted_at)
VALUES (:robot_id, :from_s, :to_s, :records, :noted_at) ON CONFLICT (robot_id) DO UPDATE SET
from_s = CASE WHEN excluded.from_s < ahead.from_s THEN excluded.from_s ELSE ahead.from_s END,
to_s = excluded.to_s, records = excluded.records, noted_at = excluded.noted_at"""
SKILL = """INSERT INTO skill_state (robot_id, skill, version, digest, state, reason, at)
VALUES (:robot_id, :skill, :version, :digest, :state, :reason, :at) ON CONFLICT (robot_id, skill) DO UPDATE SET
version = excluded.version, digest = excluded.digest, state = excluded.state, reason = excluded.reason,
at = excluded.at"""
SKILL_EVENT = """INSERT INTO skill_event
(robot_id, skill, at, epoch, seq, confidence, version, digest, state, reason)
VALUES (:robot_id, :skill, :at, :epoch, :seq, :confidence, :version, :digest, :state, :reason)"""
SUPPORT = """INSERT INTO counter_support (robot_id, counter, supported, since_s)
VALUES (:robot_id, :counter, :supported, :first_at) ON CONFLICT (robot_id, counter) DO UPDATE SET
supported = excluded.supported, since_s = :at WHERE counter_support.supported <> excluded.supported"""
SUPPORT_ENDS = """INSERT INTO counter_support_past (robot_id, counter, until_s, since_s, supported)
SELECT robot_id, counter, :at, since_s, supported FROM counter_support
WHERE robot_id = :robot_id AND counter = :counter AND supported <> :supported AND since_s < :at
ON CONFLICT (robot_id, counter, until_s) DO NOTHING"""
SUPPORT_PAST = """INSERT INTO counter_support_past (robot_id, counter, until_s, since_s, supported)
VALUES (:robot_id, :counter, :until, :since, :supported) ON CONFLICT (robot_id, counter, until_s) DO NOTHING"""
GAUGE = """INSERT INTO gauge (robot_id, at, readings) VALUES (:robot_id, :at, :readings)
ON CONFLICT (robot_id) DO UPDATE SET at = excluded.at, readings = excluded.readings"""
PRESENCE = """INSERT INTO presence (robot_id, epoch, session, state, at, received_at, backlog, open_faults, agent)
VALUES (:robot_id, :epoch, :session, :state, :at, :received_at, :backlog, :open_faults, :agent)
ON CONFLICT (robot_id) DO UPDATE SET epoch = excluded.epoch, session = excluded.session, state = excluded.state,
at = excluded.at, received_at = excluded.received_at, backlog = excluded.backlog, open_faults = excluded.open_faults,
agent = excluded.agent
WHERE (excluded.session >= presence.session OR (excluded.epoch <> presence.epoch AND excluded.state = 'online'))
AND (excluded.session, excluded.epoch, excluded.state, excluded.at, excluded.backlog, excluded.open_faults) <>
(presence.session, presence.epoch, presence.state, presence.at, presence.backlog, presence.open_faults)"""
REPORTED = """INSERT INTO reported (robot_id, revision, document, received_at, proof, account_id)
VALUES (:robot_id, :revision, :document, :received_at, :proof, (SELECT account_id FROM deployment
WHERE robot_id = :robot_id AND from_day <= :day AND (to_day IS NULL OR to_day >= :day) LIMIT 1))
ON CONFLICT (robot_id) DO UPDATE SET revision = excluded.revision, document = excluded.document,
received_at = excluded.received_at, proof = excluded.proof, account_id = excluded.account_id"""

DAY_MARKS = f"SELECT name, value FROM store_fact WHERE name IN ('{rolled.NAME}', '{pruned.HOURS}')"  # noqa: S608 - our own names
ROLLED_LOCK = f"SELECT pg_advisory_xact_lock_shared({rolled.LOCK})"

SEEN_LATER = """UPDATE robot SET first_seen_at = CASE WHEN first_seen_at + :by_s < data_from_s
THEN first_seen_at + :by_s ELSE data_from_s END WHERE id = :id AND first_seen_at < data_from_s"""
MAKE_TWIN = """INSERT INTO robot (name, timezone, model, rom, agent, first_seen_at)
SELECT :name, :timezone, model, rom, agent, :now FROM robot WHERE id = :id ON CONFLICT (name) DO NOTHING RETURNING id"""
TWIN = "SELECT name, timezone, epoch, about, started_at, data_from_s FROM robot WHERE id = :id"
