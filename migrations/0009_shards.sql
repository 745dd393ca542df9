-- Migration number: 0009
--
-- Where series are spread over several databases: which of them this one is. A series lies in the
-- database that a hash of its name and the number of databases tell, so one that is opened with
-- another number would seem to have lost most of its series. No row: it is the only one.
CREATE TABLE shard (
  one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), -- there is one row at most
  number INTEGER NOT NULL CHECK (number >= 0), -- 0 is the first, which has what is of no series
  count INTEGER NOT NULL CHECK (count > 1),
  CHECK (number < count)
) STRICT, WITHOUT ROWID;
