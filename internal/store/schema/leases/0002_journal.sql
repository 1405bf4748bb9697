-- What was committed and is not in the lease table yet: a batch is appended
-- here in one piece, which costs the same wherever its addresses lie, and
-- folded into the lease table in key order later (DESIGN.md). A row here is
-- younger than the lease table's row of its key.
CREATE TABLE journal (
    seq       INTEGER PRIMARY KEY,
    commit_no INTEGER NOT NULL,
    rows      BLOB NOT NULL
) STRICT;
