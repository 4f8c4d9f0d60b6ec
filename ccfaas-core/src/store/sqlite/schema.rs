//! The tables, and how an older file becomes a newer one.
//!
//! `user_version` tells how many of [`STEPS`] a file has seen. A step is never changed once it was released; a new one is
//! added behind it.

use rusqlite::{Connection, TransactionBehavior};

use super::failure;
use crate::store::StoreError;

/// Names are compared by bytes (`BINARY`, SQLite's default), which is the order of lists.
const STEPS: &[&str] = &[
    "
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
",
    // Instances may be missed, and the service's names at VaaS are known.
    "
    CREATE TABLE own_names (instance_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE renewed (
        key      TEXT NOT NULL UNIQUE,
        name     TEXT NOT NULL UNIQUE,
        phase    TEXT NOT NULL CHECK (phase IN ('reserved', 'ready', 'finished', 'failed', 'missed', 'deleting')),
        since    INTEGER NOT NULL,
        endpoint TEXT,
        hash     TEXT,
        policy   TEXT,
        CHECK (phase = 'reserved' OR (endpoint IS NOT NULL AND hash IS NOT NULL AND policy IS NOT NULL))
    ) STRICT;
    INSERT INTO renewed SELECT key, name, phase, since, endpoint, hash, policy FROM instances;
    DROP TABLE instances;
    ALTER TABLE renewed RENAME TO instances;
    CREATE INDEX instances_by_name ON instances (name, key, phase, since, endpoint, hash);
",
];

/// Does what the file has not seen yet, all of it or nothing.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let failed = |error| failure("bring its file up to date", error);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let seen: usize = transaction.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    if seen > STEPS.len() {
        let detail = format!("it has the version {seen}, this program knows {}; start the newer program", STEPS.len());
        return Err(StoreError::new("read its file", detail));
    }
    for step in STEPS.iter().skip(seen) {
        transaction.execute_batch(step).map_err(failed)?;
    }
    transaction.pragma_update(None, "user_version", STEPS.len()).map_err(failed)?;
    transaction.commit().map_err(failed)
}
