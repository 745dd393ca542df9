-- Migration number: 0007
--
-- Access: the keys that callers show, and what was ordered by whom.

-- A key is shown as chk_{id}_{secret}. A row stays when its key is revoked.
CREATE TABLE api_keys (
  id TEXT NOT NULL PRIMARY KEY, -- 12 characters, a to z and 2 to 7
  name TEXT NOT NULL, -- what it is for
  scope TEXT NOT NULL CHECK (scope IN ('read', 'write', 'admin')), -- each with those before it
  secret_sha256 TEXT NOT NULL CHECK (length(secret_sha256) = 64), -- hexadecimal; the secret is nowhere
  rate INTEGER CHECK (rate IN (60, 600, 6000)), -- requests a minute; null: what the Worker's setting says
  created_at INTEGER NOT NULL, -- unix seconds
  created_by TEXT NOT NULL, -- a caller, as in audit_log
  expires_at INTEGER, -- unix seconds: from then on it is refused
  revoked_at INTEGER, -- unix seconds
  last_used_at INTEGER -- unix seconds, the begin of an hour: one billed row an hour at most
) STRICT, WITHOUT ROWID;

-- Every order that was let in. The row is written before the order is carried out; status and
-- duration_ms are added after it, and stay null where it did not come to its end.
CREATE TABLE audit_log (
  at INTEGER NOT NULL, -- unix seconds
  id TEXT NOT NULL, -- milliseconds of that second and some letters: unique, and in order of time
  caller TEXT NOT NULL, -- 'key:{id}', 'jwt:{subject}', 'bootstrap' or 'local'
  name TEXT, -- of the key, or what the token says
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  detail TEXT NOT NULL, -- JSON: parameters and body of the order, cut where they are long, no secret
  status INTEGER, -- of HTTP
  duration_ms INTEGER,
  PRIMARY KEY (at, id)
) STRICT, WITHOUT ROWID;
