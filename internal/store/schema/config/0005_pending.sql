-- Commands that are still to be done on failover partners, in the order of seq.
-- The command itself is sealed like a secret. here is 1 until it is done on
-- this server, too; failed is why the partner refused it, '' if it did not.
CREATE TABLE pending (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    id      TEXT NOT NULL,
    pair    TEXT NOT NULL,
    cluster TEXT NOT NULL,
    at      INTEGER NOT NULL,
    who     TEXT NOT NULL,
    command TEXT NOT NULL,
    here    INTEGER NOT NULL,
    failed  TEXT NOT NULL DEFAULT ''
) STRICT;

-- Commands of partners that were done here, so that they are not done again.
CREATE TABLE followed (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX followed_at ON followed (at);
