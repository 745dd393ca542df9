-- Migration number: 0006
--
-- Operations: what was done and what of it is billed, what is wrong now, what became of dead letters.

-- What one kind of work did in an hour. A batch or a run adds to its row: one billed row written.
CREATE TABLE cost_ledger (
  hour INTEGER NOT NULL, -- unix seconds, the begin of the hour, UTC
  work TEXT NOT NULL CHECK (work IN (
    'collect', 'trigger', 'backfill', 'serve', 'store', 'archive', 'import', 'monitor', 'dead_letters'
  )),
  runs INTEGER NOT NULL DEFAULT 0, -- batches, ticks, steps: what the kind of work is counted in
  candles INTEGER NOT NULL DEFAULT 0, -- that it was given or that came in
  inserted INTEGER NOT NULL DEFAULT 0,
  ignored INTEGER NOT NULL DEFAULT 0, -- were known
  revised INTEGER NOT NULL DEFAULT 0, -- were known with other values
  retried INTEGER NOT NULL DEFAULT 0, -- messages that went back to the queue
  dead INTEGER NOT NULL DEFAULT 0, -- messages that became dead letters
  requests INTEGER NOT NULL DEFAULT 0, -- billed invocations of Workers
  queue_operations INTEGER NOT NULL DEFAULT 0,
  rows_read INTEGER NOT NULL DEFAULT 0,
  rows_written INTEGER NOT NULL DEFAULT 0,
  class_a INTEGER NOT NULL DEFAULT 0, -- operations of R2 that write or list
  class_b INTEGER NOT NULL DEFAULT 0, -- operations of R2 that read
  steps INTEGER NOT NULL DEFAULT 0, -- of Workflows
  object_requests INTEGER NOT NULL DEFAULT 0, -- calls of Durable Objects
  object_rows_written INTEGER NOT NULL DEFAULT 0, -- in the storage of Durable Objects
  duration_ms INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (hour, work)
) STRICT, WITHOUT ROWID;

-- What is wrong, or was. One row for each thing that can be wrong; it is raised again in its row.
CREATE TABLE alerts (
  id TEXT NOT NULL PRIMARY KEY, -- the kind and what it is about: 'source_failing:kraken'
  kind TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('warning', 'critical')),
  subject TEXT, -- a source, a series, a queue; null where it is about the whole
  message TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('firing', 'resolved')),
  raised_at INTEGER NOT NULL, -- unix seconds: since when it fires, or fired last
  seen_at INTEGER NOT NULL, -- unix seconds: when it was found last
  resolved_at INTEGER, -- unix seconds: since when it is not found; while it fires, one more check decides
  raised_count INTEGER NOT NULL DEFAULT 1
) STRICT, WITHOUT ROWID;

-- Why a dead letter was given up, and when it was sent again or given up.
ALTER TABLE dead_letters ADD COLUMN discard_reason TEXT;
ALTER TABLE dead_letters ADD COLUMN settled_at INTEGER; -- unix seconds

-- The archive's history, newest first, is read without its partitions.
CREATE INDEX archive_changes_by_time ON archive_changes (at);

-- The open dead letters are counted at each check, however many were settled.
CREATE INDEX dead_letters_open ON dead_letters (first_seen) WHERE state = 'open';
