//! Functions: registered, listed, shown, deleted.

use std::sync::Arc;

use veracruz_policy::FunctionPolicy;
use veracruz_rest::FunctionList;

use crate::error::{Error, shown};
use crate::service::Ccfaas;
use crate::store::{Created, FunctionId, FunctionRow, Page};

/// A registered function, read.
pub(crate) struct Function {
    pub(crate) id: FunctionId,
    pub(crate) policy: FunctionPolicy,
}

impl Ccfaas {
    /// Registers a function; gives its policy back as it came.
    ///
    /// # Errors
    /// [`Error::Policy`], [`Error::FunctionExists`], [`Error::TooManyFunctions`], or the service failed.
    pub async fn create_function(&self, text: String) -> Result<String, Error> {
        let policy = FunctionPolicy::parse(&text)?;
        let (name, most) = (policy.function.as_str(), self.settings.limits.functions);
        match self.ports.store.create_function(name, &text, most).await? {
            Created::Yes => {}
            Created::Exists => return Err(Error::FunctionExists(name.to_owned())),
            Created::Full => return Err(Error::TooManyFunctions(most)),
        }
        tracing::info!(function = name, "function registered");
        self.recount().await;
        Ok(text)
    }

    /// Names of the registered functions in the order of their bytes.
    ///
    /// # Errors
    /// The service failed.
    pub async fn functions(&self, page: &Page) -> Result<FunctionList, Error> {
        Ok(FunctionList { functions: self.ports.store.functions(page).await? })
    }

    /// The policy of a function, as it was registered.
    ///
    /// # Errors
    /// [`Error::FunctionNotFound`], or the service failed.
    pub async fn function(&self, name: &str) -> Result<String, Error> {
        let row = self.ports.store.function(name).await?;
        row.map(|row| row.policy).ok_or_else(|| Error::FunctionNotFound(shown(name)))
    }

    /// Deletes a function with its files. Instances of it go on.
    ///
    /// # Errors
    /// [`Error::FunctionNotFound`], or the service failed.
    pub async fn delete_function(self: &Arc<Self>, name: String) -> Result<(), Error> {
        let service = self.clone();
        self.finish(async move {
            let deleted = service.ports.store.delete_function(&name).await?;
            let blobs = deleted.ok_or_else(|| Error::FunctionNotFound(shown(&name)))?;
            tracing::info!(function = name, "function deleted");
            for blob in blobs {
                service.ports.blobs.remove(blob).await;
            }
            service.recount().await;
            Ok(())
        })
        .await
    }

    pub(crate) async fn registered(&self, name: &str) -> Result<Function, Error> {
        let row = self.ports.store.function(name).await?.ok_or_else(|| Error::FunctionNotFound(shown(name)))?;
        Function::read(&row, name)
    }
}

impl Function {
    pub(crate) fn read(row: &FunctionRow, name: &str) -> Result<Self, Error> {
        let policy = FunctionPolicy::parse(&row.policy).map_err(|error| {
            Error::Broken(format!("the function {} was registered and is refused: {error}", shown(name)))
        })?;
        Ok(Function { id: row.id, policy })
    }
}
