//! The embedded store: one file of SQLite.
//!
//! Write-ahead log with `synchronous = FULL`: a commit is on the disk when a call returns. One connection writes, a few
//! read beside it; all of it on tokio's blocking pool, never on a thread that serves. SQL stays in this room.

mod functions;
mod instances;
mod schema;

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use parking_lot::Mutex;
use rusqlite::types::Type;
use rusqlite::{Connection, OpenFlags, Row, Transaction, TransactionBehavior};
use tokio::sync::Semaphore;

use super::rows::{
    AddedFile, BlobKey, Created, Ending, FileKind, FunctionId, FunctionRow, InstanceKey, InstanceRow, LoadedFile,
    LoadedFunction, Page, Phase, Reservation, Reserved, Rows, Running,
};
use super::{Store, StoreError, Stored};

/// Connections that read at once: lists of thousands of names must not wait for each other, and each connection has a
/// cache of its own (2 MiB).
const READERS: usize = 4;

/// How long a statement waits for another process that has the file, such as a backup.
const PATIENCE: Duration = Duration::from_secs(10);

/// The store in one file.
pub struct SqliteStore(Arc<Inner>);

struct Inner {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    /// Leave to read: as many as there are readers.
    reading: Arc<Semaphore>,
}

impl SqliteStore {
    /// Opens the file, or makes it; brings an older one up to date. Blocks for as long as the disk takes.
    ///
    /// # Errors
    /// The file cannot be opened, is no database, or was written by a later version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |error| failure("open its file", error);
        let mut writer = connect(path, OpenFlags::SQLITE_OPEN_CREATE).map_err(failed)?;
        writer.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
        schema::migrate(&mut writer)?;
        let readers = Mutex::new(Vec::with_capacity(READERS));
        let reading = Arc::new(Semaphore::new(READERS));
        Ok(SqliteStore(Arc::new(Inner { path: path.to_owned(), writer: Mutex::new(writer), readers, reading })))
    }

    /// Runs `work` in a transaction of its own, to the end even where nobody waits for it any more.
    fn write<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Stored<'_, T> {
        let inner = self.0.clone();
        let task = tokio::task::spawn_blocking(move || {
            let mut writer = inner.writer.lock();
            let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        });
        async move { finished(doing, task.await) }.boxed()
    }

    /// Runs `work` beside the writer.
    fn read<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Stored<'_, T> {
        let inner = self.0.clone();
        async move {
            let leave = inner.reading.clone().acquire_owned().await.map_err(|error| StoreError::new(doing, error))?;
            let task = tokio::task::spawn_blocking(move || {
                let idle = inner.readers.lock().pop();
                let reader = idle.map_or_else(|| connect(&inner.path, OpenFlags::empty()), Ok)?;
                let value = work(&reader);
                inner.readers.lock().push(reader);
                drop(leave);
                value
            });
            finished(doing, task.await)
        }
        .boxed()
    }
}

fn connect(path: &Path, more: OpenFlags) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

fn finished<T>(
    doing: &'static str,
    outcome: Result<rusqlite::Result<T>, tokio::task::JoinError>,
) -> Result<T, StoreError> {
    outcome.map_err(|error| StoreError::new(doing, error))?.map_err(|error| failure(doing, error))
}

fn failure(doing: &'static str, error: rusqlite::Error) -> StoreError {
    let full = error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull);
    let failure = StoreError::new(doing, error);
    if full { failure.for_want_of_space() } else { failure }
}

/// What a column of text means.
fn parsed<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

impl Store for SqliteStore {
    fn create_function<'a>(&'a self, name: &'a str, policy: &'a str, most: u64) -> Stored<'a, Created> {
        let (name, policy) = (name.to_owned(), policy.to_owned());
        self.write("register a function", move |rows| functions::create(rows, &name, &policy, most))
    }

    fn functions<'a>(&'a self, page: &'a Page) -> Stored<'a, Vec<String>> {
        let page = page.clone();
        self.read("list functions", move |rows| functions::names(rows, &page))
    }

    fn function<'a>(&'a self, name: &'a str) -> Stored<'a, Option<FunctionRow>> {
        let name = name.to_owned();
        self.read("look for a function", move |rows| functions::find(rows, &name))
    }

    fn loaded_function<'a>(&'a self, name: &'a str) -> Stored<'a, Option<LoadedFunction>> {
        let name = name.to_owned();
        self.read("look for a function and its files", move |rows| functions::loaded(rows, &name))
    }

    fn delete_function<'a>(&'a self, name: &'a str) -> Stored<'a, Option<Vec<BlobKey>>> {
        let name = name.to_owned();
        self.write("delete a function", move |rows| functions::delete(rows, &name))
    }

    fn files(&self, function: FunctionId, kind: FileKind) -> Stored<'_, Vec<LoadedFile>> {
        self.read("list files", move |rows| functions::files(rows, function, kind))
    }

    fn add_file(&self, function: FunctionId, kind: FileKind, file: LoadedFile) -> Stored<'_, AddedFile> {
        self.write("note a file", move |rows| functions::add_file(rows, function, kind, &file))
    }

    fn remove_file<'a>(&'a self, function: FunctionId, kind: FileKind, path: &'a str) -> Stored<'a, Option<BlobKey>> {
        let path = path.to_owned();
        self.write("remove a file", move |rows| functions::remove_file(rows, function, kind, &path))
    }

    fn blobs(&self) -> Stored<'_, Vec<BlobKey>> {
        self.read("list contents", functions::blobs)
    }

    fn reserve(&self, reservation: Reservation, most: u64) -> Stored<'_, Reserved> {
        self.write("reserve an instance's name", move |rows| instances::reserve(rows, &reservation, most))
    }

    fn make_ready<'a>(&'a self, key: InstanceKey, running: &'a Running) -> Stored<'a, bool> {
        let running = running.clone();
        self.write("note an instance", move |rows| instances::make_ready(rows, key, &running))
    }

    fn end(&self, key: InstanceKey, ending: Ending, since: i64) -> Stored<'_, bool> {
        self.write("note an instance's end", move |rows| instances::end(rows, key, ending, since))
    }

    fn come_back(&self, key: InstanceKey, since: i64) -> Stored<'_, bool> {
        self.write("note that an instance is back", move |rows| instances::come_back(rows, key, since))
    }

    fn begin_deletion<'a>(&'a self, name: &'a str, since: i64) -> Stored<'a, Option<InstanceRow>> {
        let name = name.to_owned();
        self.write("begin to delete an instance", move |rows| instances::begin_deletion(rows, &name, since))
    }

    fn remove_instance(&self, key: InstanceKey, phase: Phase) -> Stored<'_, bool> {
        self.write("forget an instance", move |rows| instances::remove(rows, key, phase))
    }

    fn instances(&self) -> Stored<'_, Vec<InstanceRow>> {
        self.read("list instances", instances::all)
    }

    fn instance<'a>(&'a self, name: &'a str) -> Stored<'a, Option<(InstanceRow, String)>> {
        let name = name.to_owned();
        self.read("look for an instance", move |rows| instances::with_policy(rows, &name))
    }

    fn owns<'a>(&'a self, instance_id: &'a str) -> Stored<'a, bool> {
        let instance_id = instance_id.to_owned();
        self.read("look for its own name", move |rows| instances::owns(rows, &instance_id))
    }

    fn claim<'a>(&'a self, instance_id: &'a str) -> Stored<'a, ()> {
        let instance_id = instance_id.to_owned();
        self.write("note its own name", move |rows| instances::claim(rows, &instance_id))
    }

    fn count(&self) -> Stored<'_, Rows> {
        self.read("count", instances::count)
    }
}
