-- Secrets are sealed with a key beside the file. Those that were written in
-- clear before are sealed when the file is opened, which needs the key; until
-- that is done this says so.
INSERT INTO meta (key, value) VALUES ('secrets', 'clear');
