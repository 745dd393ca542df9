-- Migration number: 0008
--
-- Notices: what is told of alerts, to whom it was told, and what the monitor knows of its own work.

-- What happened to alerts, in order: the outbox. A row is written in the transaction that changes the
-- alert. A number is above all that are there and all that a channel has got to, so that none is given
-- again to a channel when old rows are deleted.
CREATE TABLE alert_notices (
  sequence INTEGER NOT NULL PRIMARY KEY,
  alert TEXT NOT NULL, -- id of the alert
  kind TEXT NOT NULL,
  subject TEXT,
  change TEXT NOT NULL CHECK (change IN ('raised', 'escalated', 'eased', 'resolved')),
  severity TEXT NOT NULL CHECK (severity IN ('warning', 'critical')), -- after the change
  severity_before TEXT CHECK (severity_before IN ('warning', 'critical')), -- null where it was raised
  message TEXT NOT NULL,
  raised_at INTEGER NOT NULL, -- unix seconds: since when the alert fires, or fired
  at INTEGER NOT NULL -- unix seconds
) STRICT, WITHOUT ROWID;

-- Where notices go, and how far each channel got. No address is in it: that of a webhook is a secret.
CREATE TABLE notice_channels (
  channel TEXT NOT NULL PRIMARY KEY, -- 'webhook 1 (hooks.slack.com)', 'e-mail'
  delivered INTEGER NOT NULL, -- sequence of the last notice that is delivered or given up
  delivered_at INTEGER, -- unix seconds: of the last delivery
  attempts INTEGER NOT NULL DEFAULT 0, -- that failed since the last delivery
  failing_since INTEGER, -- unix seconds: of the first of them
  next_at INTEGER, -- unix seconds: not before this after a failure
  last_error TEXT,
  given_up INTEGER NOT NULL DEFAULT 0, -- notices that nobody was told of since the last delivery
  given_up_at INTEGER -- unix seconds
) STRICT, WITHOUT ROWID;

-- The last check, in its one row: whoever looks from outside sees that the monitor's cron runs.
CREATE TABLE monitor_checks (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  at INTEGER NOT NULL, -- unix seconds: the minute of which the cron was
  failed_looks INTEGER NOT NULL -- what could not be looked at
) STRICT, WITHOUT ROWID;

-- Fetches that failed, ever. Part of the row that a failure writes anyway.
ALTER TABLE series ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;

-- What the failures of a source were at the last two half hours.
CREATE TABLE source_failures (
  source TEXT NOT NULL PRIMARY KEY,
  at INTEGER NOT NULL, -- unix seconds
  failures INTEGER NOT NULL,
  before_at INTEGER, -- unix seconds: of the half hour before; null where there was none
  before_failures INTEGER
) STRICT, WITHOUT ROWID;

-- How complete the enabled series of a tier are over the last days that are over. Written once a day.
CREATE TABLE tier_completeness (
  tier INTEGER NOT NULL,
  timeframe TEXT NOT NULL,
  measured_at INTEGER NOT NULL, -- unix seconds
  days INTEGER NOT NULL, -- UTC, before the day of measured_at
  series INTEGER NOT NULL,
  expected INTEGER NOT NULL, -- candles
  held INTEGER NOT NULL,
  explained INTEGER NOT NULL, -- missing, and for a known reason they will not come
  missing INTEGER NOT NULL, -- missing otherwise
  PRIMARY KEY (tier, timeframe)
) STRICT, WITHOUT ROWID;
