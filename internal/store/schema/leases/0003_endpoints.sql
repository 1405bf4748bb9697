-- What must survive a restart of the failover endpoints: one row per
-- relationship, by its name. What snapshot holds is the endpoint's business.
CREATE TABLE endpoint (
    name     TEXT PRIMARY KEY,
    snapshot BLOB NOT NULL
) STRICT, WITHOUT ROWID;
