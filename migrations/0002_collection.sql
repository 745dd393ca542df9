-- What to collect, and how it goes.
CREATE TABLE series (
  source TEXT NOT NULL,
  symbol TEXT NOT NULL, -- BASE-QUOTE
  timeframe TEXT NOT NULL,
  native_symbol TEXT NOT NULL, -- the source's own name of the market
  tier INTEGER NOT NULL CHECK (tier BETWEEN 1 AND 4), -- 1 is collected first
  enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  -- Exclusive, unix seconds: up to here the source was asked and had no candle that is not stored.
  -- Written only where an answer held no new candle; otherwise MAX(timestamp) says as much.
  asked_until INTEGER,
  -- From (inclusive) and until (exclusive), unix seconds: a range before the newest stored candle
  -- that was left behind in a pause and is still to be asked for.
  catch_up_from INTEGER,
  catch_up_until INTEGER,
  failure_count INTEGER NOT NULL DEFAULT 0, -- failures since the last good answer
  retry_at INTEGER, -- unix seconds: not before this after a failure
  last_error_at INTEGER,
  last_error_code TEXT,
  last_error TEXT,
  PRIMARY KEY (source, symbol, timeframe)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_state (
  source TEXT NOT NULL PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('ok', 'failing', 'off')),
  since INTEGER NOT NULL, -- unix seconds: in this state since
  reason_code TEXT,
  reason TEXT,
  last_success_at INTEGER, -- unix seconds, to ten minutes: not a row written each minute
  last_error_at INTEGER
) STRICT, WITHOUT ROWID;
