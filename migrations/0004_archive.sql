-- Which Parquet files on R2 hold a series' cold candles. A partition (a month of small timeframes,
-- a year of larger ones) has one current file at most; queries read current files alone.
CREATE TABLE archive_files (
  source TEXT NOT NULL,
  symbol TEXT NOT NULL,
  timeframe TEXT NOT NULL,
  partition TEXT NOT NULL, -- 2026-10 or 2026, UTC
  key TEXT NOT NULL, -- of the object on R2
  -- current: answers queries. fragment: waits to be merged. replaced: waits to be deleted.
  -- deleting: its object is being deleted, so nothing may come to use it again.
  state TEXT NOT NULL CHECK (state IN ('current', 'fragment', 'replaced', 'deleting')),
  format INTEGER NOT NULL, -- version of the file format; 0 where the file is not of our making
  rows INTEGER NOT NULL,
  first_timestamp INTEGER NOT NULL, -- open time of the first candle, unix seconds
  last_timestamp INTEGER NOT NULL, -- open time of the last candle, unix seconds
  bytes INTEGER NOT NULL,
  footer_length INTEGER NOT NULL, -- bytes at the end of the object that hold the footer
  content_hash TEXT NOT NULL, -- SHA-256 of the candles, whatever their encoding; hex
  file_hash TEXT NOT NULL, -- SHA-256 of the object; hex
  footer_hash TEXT NOT NULL, -- SHA-256 of its last footer_length bytes; hex
  day_counts TEXT NOT NULL, -- JSON: candles on each day of the partition, from its first day on
  created_at INTEGER NOT NULL, -- unix seconds
  replaced_at INTEGER, -- unix seconds
  verified_at INTEGER, -- unix seconds: read back whole and found right
  damage TEXT, -- what was found wrong, null where nothing was
  PRIMARY KEY (source, symbol, timeframe, partition, key)
) STRICT, WITHOUT ROWID;

-- How the files of a partition came to be, as a chain: each change holds the hash of the one
-- before it. Two writers that saw the same state cannot both follow it: the key refuses the second.
CREATE TABLE archive_changes (
  source TEXT NOT NULL,
  symbol TEXT NOT NULL,
  timeframe TEXT NOT NULL,
  partition TEXT NOT NULL,
  sequence INTEGER NOT NULL, -- 1 for the first change of a partition
  at INTEGER NOT NULL, -- unix seconds
  kind TEXT NOT NULL CHECK (kind IN ('archive', 'compact', 'register', 'rebuild')),
  added TEXT NOT NULL, -- JSON: [[key, state, file_hash], ...], sorted by key
  removed TEXT NOT NULL, -- JSON: [key, ...], sorted
  before_hash TEXT NOT NULL, -- after_hash of the change before; 64 zeros for the first one
  after_hash TEXT NOT NULL, -- SHA-256 of this change's canonical text; hex
  PRIMARY KEY (source, symbol, timeframe, partition, sequence)
) STRICT, WITHOUT ROWID;
