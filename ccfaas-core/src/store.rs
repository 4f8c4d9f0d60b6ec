//! What the service remembers: functions, their loaded files, and instances.
//!
//! A [`Store`] keeps rows and decides nothing but what needs one transaction: names are unique, a file belongs to a
//! function that exists, a limit holds. When a call returns, what it changed survives a crash. Contents of files are not
//! here (`blobs`), only the keys under which they lie. One service works on a store at a time.

mod error;
mod rows;
mod sqlite;

use futures_util::future::BoxFuture;

pub use error::StoreError;
pub use rows::{
    AddedFile, BlobKey, Created, Ending, FileKind, FunctionId, FunctionRow, InstanceKey, InstanceRow, LoadedFile,
    LoadedFunction, Page, Phase, Reservation, Reserved, Rows, Running,
};
pub use sqlite::SqliteStore;

/// What comes of a call.
pub type Stored<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// Keeps the rows. Every store passes the same suite.
///
/// A call that is dropped before it returns was done or was not, never in part.
pub trait Store: Send + Sync + 'static {
    /// Registers a function, unless the name is taken or there are `most` already.
    fn create_function<'a>(&'a self, name: &'a str, policy: &'a str, most: u64) -> Stored<'a, Created>;

    /// Names of functions in the order of their bytes.
    fn functions<'a>(&'a self, page: &'a Page) -> Stored<'a, Vec<String>>;

    /// The function of this name.
    fn function<'a>(&'a self, name: &'a str) -> Stored<'a, Option<FunctionRow>>;

    /// The function of this name with its loaded files, all of one moment.
    fn loaded_function<'a>(&'a self, name: &'a str) -> Stored<'a, Option<LoadedFunction>>;

    /// Forgets a function and its files; gives where the files lay. `None` where there is no such function.
    fn delete_function<'a>(&'a self, name: &'a str) -> Stored<'a, Option<Vec<BlobKey>>>;

    /// The loaded files of a function in the order of their paths; none where there is no such function.
    fn files(&self, function: FunctionId, kind: FileKind) -> Stored<'_, Vec<LoadedFile>>;

    /// Notes that a file is loaded, unless it is already or the function has gone meanwhile.
    fn add_file(&self, function: FunctionId, kind: FileKind, file: LoadedFile) -> Stored<'_, AddedFile>;

    /// Forgets a file; gives where it lay. `None` where it was not loaded.
    fn remove_file<'a>(&'a self, function: FunctionId, kind: FileKind, path: &'a str) -> Stored<'a, Option<BlobKey>>;

    /// Where all loaded files lie.
    fn blobs(&self) -> Stored<'_, Vec<BlobKey>>;

    /// Takes an instance's name, unless an instance has it that is being made or runs, or there are `most` already. One
    /// that has ended or is being deleted gives its name up.
    fn reserve(&self, reservation: Reservation, most: u64) -> Stored<'_, Reserved>;

    /// Notes that the reserved instance runs. `false` where the reservation is gone.
    fn make_ready<'a>(&'a self, key: InstanceKey, running: &'a Running) -> Stored<'a, bool>;

    /// Notes that an instance that ran has ended, or of one that was missed, how. `false` where it is in another phase.
    fn end(&self, key: InstanceKey, ending: Ending, since: i64) -> Stored<'_, bool>;

    /// Notes that an instance runs that was missed. `false` where it is in another phase.
    fn come_back(&self, key: InstanceKey, since: i64) -> Stored<'_, bool>;

    /// Notes that the instance of this name is being deleted; gives it as it was before. `None` where there is none, or
    /// where it is still being made.
    fn begin_deletion<'a>(&'a self, name: &'a str, since: i64) -> Stored<'a, Option<InstanceRow>>;

    /// Forgets an instance, if it is in this phase. `false` where it is not.
    fn remove_instance(&self, key: InstanceKey, phase: Phase) -> Stored<'_, bool>;

    /// All instances, in whatever phase, in the order of their names' bytes; without their policies.
    fn instances(&self) -> Stored<'_, Vec<InstanceRow>>;

    /// The instance of this name and its policy, which is empty while it is being made.
    fn instance<'a>(&'a self, name: &'a str) -> Stored<'a, Option<(InstanceRow, String)>>;

    /// Whether this name of the service's at VaaS was claimed.
    fn owns<'a>(&'a self, instance_id: &'a str) -> Stored<'a, bool>;

    /// Notes for ever that this name at VaaS is this service's.
    fn claim<'a>(&'a self, instance_id: &'a str) -> Stored<'a, ()>;

    /// How many rows there are.
    fn count(&self) -> Stored<'_, Rows>;
}
