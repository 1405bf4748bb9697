-- One row per lease. address is the IPv4 address as a number, hw the hardware
-- type and the address octets, rest the fields that nobody looks for from
-- outside (row.go). There is no secondary index: everything is found in memory.
CREATE TABLE lease (
    vpn        INTEGER NOT NULL,
    address    INTEGER NOT NULL,
    state      INTEGER NOT NULL,
    flags      INTEGER NOT NULL,
    hw         BLOB,
    client_id  BLOB,
    expiration INTEGER NOT NULL,
    commit_no  INTEGER NOT NULL,
    rest       BLOB,
    PRIMARY KEY (vpn, address)
) STRICT, WITHOUT ROWID;

-- 'folded' is the number of the last commit whose rows are all in lease.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta (key, value) VALUES ('folded', 0);

-- For people: sqlite3 leases.db 'SELECT * FROM leases'.
CREATE VIEW leases AS
SELECT vpn,
       (address >> 24) || '.' || (address >> 16 & 255) || '.' || (address >> 8 & 255) || '.' || (address & 255) AS address,
       CASE state WHEN 1 THEN 'available' WHEN 2 THEN 'offered' WHEN 3 THEN 'leased' WHEN 4 THEN 'expired'
                  WHEN 5 THEN 'unavailable' WHEN 6 THEN 'released' WHEN 7 THEN 'other-available'
                  WHEN 8 THEN 'pending-available' ELSE state END AS state,
       flags,
       hex(hw) AS hw,
       hex(client_id) AS client_id,
       CASE expiration WHEN 0 THEN '' WHEN 9223372036854775807 THEN 'forever'
                       ELSE datetime(expiration, 'unixepoch') END AS expiration,
       commit_no
FROM lease;
