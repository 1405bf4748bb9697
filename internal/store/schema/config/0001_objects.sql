-- One row per configured object. name_key is the name in lower case: names
-- differ by more than case. version is the write that last touched it.
CREATE TABLE object (
    id         INTEGER PRIMARY KEY,
    class      TEXT NOT NULL,
    name       TEXT NOT NULL,
    name_key   TEXT NOT NULL,
    version    INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    UNIQUE (class, name_key)
) STRICT;

-- One row per attribute that was set, in canonical text.
CREATE TABLE attribute (
    object INTEGER NOT NULL REFERENCES object (id) ON DELETE CASCADE,
    name   TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (object, name)
) STRICT, WITHOUT ROWID;

-- Small values of the store and the server: "version" is the number of the
-- last write.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta (key, value) VALUES ('version', '0');
