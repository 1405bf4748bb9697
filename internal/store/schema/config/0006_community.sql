-- The community of traps is a secret now, too; it is sealed when the file is
-- opened.
UPDATE meta SET value = 'clear' WHERE key = 'secrets';
