-- A source gave other values later for a candle that is stored. The stored one stays.
CREATE TABLE candle_revisions (
  source TEXT NOT NULL,
  symbol TEXT NOT NULL,
  timeframe TEXT NOT NULL,
  timestamp INTEGER NOT NULL,
  seen_at_ms INTEGER NOT NULL, -- when the message that holds them was sent, unix milliseconds
  open ANY NOT NULL,
  high ANY NOT NULL,
  low ANY NOT NULL,
  close ANY NOT NULL,
  volume_from ANY,
  volume_to ANY,
  trades INTEGER,
  PRIMARY KEY (source, symbol, timeframe, timestamp, seen_at_ms)
) STRICT, WITHOUT ROWID;

-- Index of the messages that could not be stored; the bodies are on R2.
CREATE TABLE dead_letters (
  id TEXT NOT NULL PRIMARY KEY, -- SHA-256 of the body, hex: the same body is one dead letter
  queue TEXT NOT NULL,
  source TEXT,
  candles INTEGER,
  reason_code TEXT NOT NULL,
  reason TEXT NOT NULL,
  body_key TEXT NOT NULL,
  body_bytes INTEGER NOT NULL,
  first_seen INTEGER NOT NULL, -- unix seconds
  last_seen INTEGER NOT NULL, -- unix seconds
  seen_count INTEGER NOT NULL DEFAULT 1,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'replayed', 'discarded'))
) STRICT, WITHOUT ROWID;
