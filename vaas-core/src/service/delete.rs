//! Deleting an instance, as often as a caller likes.

use super::Vaas;
use super::table::Deletion;
use crate::instance::Filter;

/// Why an instance is not deleted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeleteError {
    /// There is no instance at this port with what the request names, and there was none lately.
    #[error("there is no such instance")]
    NoSuchInstance,
    /// It could not be ended. It is tried again without being asked.
    #[error("the instance could not be ended: {0}")]
    Failed(String),
}

impl DeleteError {
    /// A stable name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            DeleteError::NoSuchInstance => "no-such-instance",
            DeleteError::Failed(_) => "instance-stop-failed",
        }
    }
}

impl Vaas {
    /// Deletes the instance at `port`, and returns when it is gone and the port is free. What the instance has, `filter`
    /// must name. Deleting again what was deleted or has ended is no error; when the future is dropped, the deletion goes
    /// on.
    ///
    /// # Errors
    /// [`DeleteError`].
    pub async fn delete(&self, port: u16, filter: &Filter) -> Result<(), DeleteError> {
        // Bound to a name: a guard in the match's head would be held to its end.
        let deletion = self.table.lock().delete(port, filter);
        match deletion {
            Deletion::Ask(removal) => removal.ask().await.map_err(DeleteError::Failed),
            Deletion::Done => Ok(()),
            Deletion::Unknown => Err(DeleteError::NoSuchInstance),
        }
    }
}
