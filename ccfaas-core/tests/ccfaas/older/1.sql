-- A file as version 1 left it.
CREATE TABLE functions (
    id     INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice
    name   TEXT NOT NULL UNIQUE,
    policy TEXT NOT NULL
) STRICT;
CREATE TABLE files (
    function INTEGER NOT NULL REFERENCES functions (id) ON DELETE CASCADE,
    kind     TEXT NOT NULL CHECK (kind IN ('program', 'data_file')),
    path     TEXT NOT NULL,
    blob     TEXT NOT NULL UNIQUE,
    length   INTEGER NOT NULL,
    PRIMARY KEY (function, kind, path)
) STRICT, WITHOUT ROWID;
CREATE TABLE instances (
    key      TEXT NOT NULL UNIQUE,
    name     TEXT NOT NULL UNIQUE,
    phase    TEXT NOT NULL CHECK (phase IN ('reserved', 'ready', 'finished', 'failed', 'deleting')),
    since    INTEGER NOT NULL,
    endpoint TEXT,
    hash     TEXT,
    policy   TEXT,
    CHECK (phase = 'reserved' OR (endpoint IS NOT NULL AND hash IS NOT NULL AND policy IS NOT NULL))
) STRICT;
CREATE INDEX instances_by_name ON instances (name, key, phase, since, endpoint, hash);
INSERT INTO functions (name, policy) VALUES ('f', '{}');
INSERT INTO files (function, kind, path, blob, length)
VALUES (1, 'program', '/p', '0123456789abcdef0123456789abcdef', 5);
INSERT INTO instances (key, name, phase, since, endpoint, hash, policy)
VALUES ('00112233445566778899aabbccddeeff', 'one', 'ready', 7, '127.0.0.1:3014', 'hash', '{}');
PRAGMA user_version = 1;
