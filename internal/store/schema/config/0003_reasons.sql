-- What a change was part of, where it was not a command of its own: the sync
-- of a failover pair, say.
ALTER TABLE change_log ADD COLUMN reason TEXT NOT NULL DEFAULT '';
