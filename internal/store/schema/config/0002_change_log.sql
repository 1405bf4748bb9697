-- One row per attribute that a write created, set, unset or deleted; attribute
-- is '' where an object without attributes came or went. Secrets are masked
-- before they get here.
CREATE TABLE change_log (
    id        INTEGER PRIMARY KEY,
    version   INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    who       TEXT NOT NULL,
    source    TEXT NOT NULL,
    class     TEXT NOT NULL,
    name      TEXT NOT NULL,
    name_key  TEXT NOT NULL,
    attribute TEXT NOT NULL,
    action    TEXT NOT NULL CHECK (action IN ('create', 'set', 'unset', 'delete')),
    before    TEXT NOT NULL,
    after     TEXT NOT NULL
) STRICT;

CREATE INDEX change_log_object ON change_log (class, name_key, id);
