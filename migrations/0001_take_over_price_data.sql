-- The hot store. One row a candle, one billed row written a candle: no rowid, no second index.
--
-- A database of the older shape (id, created_at, a UNIQUE key beside a rowid) is taken over: its
-- table is kept whole as price_data_before, and every row of it is copied. On a new database the
-- next statement makes that table, empty, so that one migration serves both.
CREATE TABLE IF NOT EXISTS price_data (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  symbol TEXT NOT NULL,
  timestamp INTEGER NOT NULL,
  timeframe TEXT NOT NULL,
  open REAL NOT NULL,
  high REAL NOT NULL,
  low REAL NOT NULL,
  close REAL NOT NULL,
  volume_from REAL,
  volume_to REAL,
  source TEXT NOT NULL,
  created_at INTEGER,
  UNIQUE (symbol, timestamp, timeframe, source)
);

ALTER TABLE price_data RENAME TO price_data_before;

-- ANY keeps a value as it was given: a number where a double gives every digit back, else the
-- decimal's text. REAL would round a quote volume of 17 digits.
CREATE TABLE price_data (
  source TEXT NOT NULL,
  symbol TEXT NOT NULL,
  timeframe TEXT NOT NULL,
  timestamp INTEGER NOT NULL, -- open time, unix seconds, UTC
  open ANY NOT NULL,
  high ANY NOT NULL,
  low ANY NOT NULL,
  close ANY NOT NULL,
  volume_from ANY, -- base currency; null where the source gives none
  volume_to ANY, -- quote currency; null where the source gives none
  trades INTEGER,
  PRIMARY KEY (source, symbol, timeframe, timestamp)
) STRICT, WITHOUT ROWID;

-- Plain INSERT: should two old rows meet in one key, the migration fails and changes nothing.
INSERT INTO price_data (
  source, symbol, timeframe, timestamp, open, high, low, close, volume_from, volume_to
)
SELECT source, symbol, timeframe, timestamp, open, high, low, close, volume_from, volume_to
FROM price_data_before
ORDER BY source, symbol, timeframe, timestamp;
