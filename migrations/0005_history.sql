-- Migration number: 0005
--
-- History: what each series holds a day, what is missing and why, what sources were asked for, the
-- jobs that fetch or import it, and what is known of assets and markets.

-- Hot candles of a day that is over, for timeframes below an hour. A row is exact while it is there:
-- one statement counts and writes it, and whoever stores or deletes hot candles of the day deletes it
-- in the same transaction. A day without a row is counted by the key of price_data.
CREATE TABLE coverage (
  source TEXT NOT NULL,
  symbol TEXT NOT NULL,
  timeframe TEXT NOT NULL,
  day INTEGER NOT NULL, -- days since 1970-01-01, UTC
  candles INTEGER NOT NULL,
  PRIMARY KEY (source, symbol, timeframe, day)
) STRICT, WITHOUT ROWID;

-- Missing candles. A row is one run of missing open times; of the class no_trades it is all runs of
-- one day, since a quiet market has hundreds of them.
CREATE TABLE gaps (
  source TEXT NOT NULL,
  symbol TEXT NOT NULL,
  timeframe TEXT NOT NULL,
  start INTEGER NOT NULL, -- open time of the first missing candle, unix seconds
  "end" INTEGER NOT NULL, -- exclusive: the open time that follows the last missing candle
  missing INTEGER NOT NULL, -- candles
  runs INTEGER NOT NULL, -- 1, but for no_trades
  class TEXT NOT NULL CHECK (class IN (
    'no_trades', 'source_outage', 'source_limit', 'not_listed', 'delisted', 'collector_miss',
    'rejected', 'unknown'
  )),
  state TEXT NOT NULL CHECK (state IN ('open', 'filled', 'unfillable', 'failed')),
  evidence TEXT NOT NULL, -- JSON
  attempts INTEGER NOT NULL DEFAULT 0, -- repairs that tried to fill it
  found_at INTEGER NOT NULL, -- unix seconds
  updated_at INTEGER NOT NULL, -- unix seconds
  PRIMARY KEY (source, symbol, timeframe, start)
) STRICT, WITHOUT ROWID;

-- What a source answered to a window of a backfill that did not come out full.
CREATE TABLE asked_ranges (
  source TEXT NOT NULL,
  symbol TEXT NOT NULL,
  timeframe TEXT NOT NULL,
  start INTEGER NOT NULL, -- open time, unix seconds, inclusive
  "end" INTEGER NOT NULL, -- exclusive
  outcome TEXT NOT NULL CHECK (outcome IN ('answered', 'beyond_reach', 'failed')),
  found INTEGER NOT NULL, -- candles in the answers
  absent INTEGER NOT NULL, -- candles that were asked for and are not in the answers
  rejected TEXT NOT NULL, -- JSON: open times of candles that came and can never be stored
  code TEXT, -- of the error, where the outcome is failed
  reason TEXT,
  asked_at INTEGER NOT NULL, -- unix seconds
  PRIMARY KEY (source, symbol, timeframe, start, "end")
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('backfill', 'import')),
  batch TEXT, -- the request that this job is a part of
  source TEXT,
  symbol TEXT, -- null where the job is of several series
  timeframe TEXT,
  state TEXT NOT NULL CHECK (state IN (
    'queued', 'running', 'paused', 'complete', 'incomplete', 'failed', 'cancelled'
  )),
  request TEXT NOT NULL, -- JSON
  progress TEXT NOT NULL, -- JSON
  message TEXT,
  instance TEXT, -- id of the Workflow instance that works on it
  created_at INTEGER NOT NULL, -- unix seconds
  started_at INTEGER,
  updated_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT, WITHOUT ROWID;

-- The jobs that a watch looks at each minute, however many have ended.
CREATE INDEX jobs_open ON jobs (kind, created_at) WHERE finished_at IS NULL;
-- Lists are by kind, newest first.
CREATE INDEX jobs_by_time ON jobs (kind, created_at, id);
CREATE INDEX jobs_by_batch ON jobs (batch) WHERE batch IS NOT NULL;

CREATE TABLE assets (
  ticker TEXT NOT NULL PRIMARY KEY, -- this system's spelling: BTC, DOGE
  name TEXT,
  category TEXT NOT NULL CHECK (category IN ('CRYPTO', 'STOCK', 'COMMODITY', 'CURRENCY')),
  tier INTEGER NOT NULL CHECK (tier BETWEEN 1 AND 4),
  assigned TEXT NOT NULL CHECK (assigned IN ('table', 'hand')), -- who gave the tier
  aliases TEXT NOT NULL DEFAULT '[]', -- JSON: other names that people use
  successor TEXT, -- the ticker that took its place
  valid_from INTEGER, -- unix seconds, inclusive
  valid_until INTEGER, -- unix seconds, exclusive
  CHECK (valid_from < valid_until)
) STRICT, WITHOUT ROWID;

CREATE TABLE markets (
  source TEXT NOT NULL,
  symbol TEXT NOT NULL,
  native_symbol TEXT NOT NULL, -- the source's own name of the market
  valid_from INTEGER, -- unix seconds, inclusive: its first candle opens here or later
  valid_until INTEGER, -- unix seconds, exclusive
  successor TEXT, -- the symbol that took its place
  PRIMARY KEY (source, symbol),
  CHECK (valid_from < valid_until)
) STRICT, WITHOUT ROWID;

-- Who gave a series its tier. 'asset': it follows when the tier of its base asset changes.
ALTER TABLE series ADD COLUMN tier_assigned TEXT NOT NULL DEFAULT 'asset'
  CHECK (tier_assigned IN ('asset', 'hand'));
