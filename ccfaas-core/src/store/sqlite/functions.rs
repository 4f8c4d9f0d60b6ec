//! Functions and their files in SQL.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

use super::{AddedFile, BlobKey, Created, FileKind, FunctionId, FunctionRow, LoadedFile, LoadedFunction, Page};

pub(super) fn create(rows: &Transaction<'_>, name: &str, policy: &str, most: u64) -> rusqlite::Result<Created> {
    if find(rows, name)?.is_some() {
        return Ok(Created::Exists);
    }
    let count: u64 = rows.query_row("SELECT count(*) FROM functions", [], |row| row.get(0))?;
    if count >= most {
        return Ok(Created::Full);
    }
    rows.execute("INSERT INTO functions (name, policy) VALUES (?, ?)", [name, policy])?;
    Ok(Created::Yes)
}

pub(super) fn names(rows: &Connection, page: &Page) -> rusqlite::Result<Vec<String>> {
    // A negative limit is none.
    let limit = page.limit.map_or(-1, i64::from);
    let mut query = rows.prepare_cached("SELECT name FROM functions WHERE name > ? ORDER BY name LIMIT ?")?;
    let names = query.query_map(params![page.after.as_deref().unwrap_or(""), limit], |row| row.get(0))?;
    names.collect()
}

pub(super) fn find(rows: &Connection, name: &str) -> rusqlite::Result<Option<FunctionRow>> {
    let mut query = rows.prepare_cached("SELECT id, policy FROM functions WHERE name = ?")?;
    query.query_row([name], |row| Ok(FunctionRow { id: FunctionId(row.get(0)?), policy: row.get(1)? })).optional()
}

pub(super) fn loaded(rows: &Connection, name: &str) -> rusqlite::Result<Option<LoadedFunction>> {
    // Without a transaction, each query would see another moment.
    let rows = rows.unchecked_transaction()?;
    let Some(function) = find(&rows, name)? else {
        return Ok(None);
    };
    let programs = files(&rows, function.id, FileKind::Program)?;
    let data_files = files(&rows, function.id, FileKind::DataFile)?;
    Ok(Some(LoadedFunction { function, programs, data_files }))
}

pub(super) fn delete(rows: &Transaction<'_>, name: &str) -> rusqlite::Result<Option<Vec<BlobKey>>> {
    let Some(FunctionRow { id, .. }) = find(rows, name)? else {
        return Ok(None);
    };
    let mut query = rows.prepare_cached("SELECT blob FROM files WHERE function = ?")?;
    let blobs = query.query_map([id.0], |row| blob(row, 0))?.collect::<rusqlite::Result<_>>()?;
    rows.execute("DELETE FROM functions WHERE id = ?", [id.0])?;
    Ok(Some(blobs))
}

pub(super) fn files(rows: &Connection, function: FunctionId, kind: FileKind) -> rusqlite::Result<Vec<LoadedFile>> {
    let mut query =
        rows.prepare_cached("SELECT path, blob, length FROM files WHERE function = ? AND kind = ? ORDER BY path")?;
    let file = |row: &Row<'_>| Ok(LoadedFile { path: row.get(0)?, blob: blob(row, 1)?, length: row.get(2)? });
    query.query_map(params![function.0, kind.name()], file)?.collect()
}

pub(super) fn add_file(
    rows: &Transaction<'_>,
    function: FunctionId,
    kind: FileKind,
    file: &LoadedFile,
) -> rusqlite::Result<AddedFile> {
    let known = rows.query_row("SELECT 1 FROM functions WHERE id = ?", [function.0], |_| Ok(())).optional()?;
    if known.is_none() {
        return Ok(AddedFile::NoFunction);
    }
    let added = rows.execute(
        "INSERT INTO files (function, kind, path, blob, length) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (function, kind, path) DO NOTHING",
        params![function.0, kind.name(), file.path, file.blob.to_string(), file.length],
    )?;
    Ok(if added == 1 { AddedFile::Yes } else { AddedFile::Exists })
}

pub(super) fn remove_file(
    rows: &Transaction<'_>,
    function: FunctionId,
    kind: FileKind,
    path: &str,
) -> rusqlite::Result<Option<BlobKey>> {
    let query = "DELETE FROM files WHERE function = ? AND kind = ? AND path = ? RETURNING blob";
    rows.query_row(query, params![function.0, kind.name(), path], |row| blob(row, 0)).optional()
}

pub(super) fn blobs(rows: &Connection) -> rusqlite::Result<Vec<BlobKey>> {
    let mut query = rows.prepare_cached("SELECT blob FROM files")?;
    query.query_map([], |row| blob(row, 0))?.collect()
}

fn blob(row: &Row<'_>, column: usize) -> rusqlite::Result<BlobKey> {
    super::parsed(row, column)
}
