-- The outbox file, version 1. Every row carries a CRC-32 of its own content: SQLite's checks find a broken
-- tree, not a flipped digit, and salvage reads rows without the tree. No index: each would be one more page
-- on the flash per commit. No AUTOINCREMENT: `newest` in the stream's row keeps numbers from being reused.

-- A record of the stream. `body` is its JSON without `seq`. A merged window covers `first`..`seq` and stands
-- for `windows` of the numbers in it; a `lost` record after a torn write skips numbers the same way.
-- `rev` grows when the row is rewritten.
CREATE TABLE record (
  seq     INTEGER PRIMARY KEY,
  kind    TEXT    NOT NULL,
  first   INTEGER,
  windows INTEGER NOT NULL,
  rev     INTEGER NOT NULL,
  crc     INTEGER NOT NULL,
  body    TEXT    NOT NULL
);

-- What counting stands on, one JSON document each: (stream), (total, source|series), (episode, family|code|ref),
-- (window, open), (note, name). `version` is the commit that wrote it.
CREATE TABLE state (
  id      INTEGER PRIMARY KEY,
  kind    TEXT    NOT NULL,
  name    TEXT    NOT NULL,
  version INTEGER NOT NULL,
  crc     INTEGER NOT NULL,
  body    TEXT    NOT NULL
);

-- The stream's document a second time, on a page of its own, written once in 32 records: its `newest` is a bound.
-- With it a loss is known even when the page of the first is lost too.
CREATE TABLE witness (
  id      INTEGER PRIMARY KEY,
  kind    TEXT    NOT NULL,
  name    TEXT    NOT NULL,
  version INTEGER NOT NULL,
  crc     INTEGER NOT NULL,
  body    TEXT    NOT NULL
);
