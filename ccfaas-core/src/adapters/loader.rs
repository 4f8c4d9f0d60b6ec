//! Files into instances as any participant writes them: through a verified session.
//!
//! The service trusts VaaS no more than a user does: before a byte of a function goes out, the instance proves what it is
//! to the operator's trust settings.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use veracruz_client::{Client, Error, Identity, Session, Transfer, Trust};
use veracruz_policy::FullPolicy;

use crate::ports::{FileToLoad, ProvisionError, Provisioner};

/// The loader: its identity and what it trusts.
#[derive(Debug)]
pub struct SessionProvisioner {
    identity: Identity,
    trust: Trust,
}

impl SessionProvisioner {
    /// A loader with this identity, which verifies instances by `trust`.
    pub fn new(identity: Identity, trust: Trust) -> Self {
        SessionProvisioner { identity, trust }
    }

    async fn session(&self, policy: &FullPolicy) -> Result<Session, Error> {
        let client = Client::builder(policy.clone(), self.identity.clone()).trust(self.trust.clone()).build()?;
        client.connect().await
    }
}

impl Provisioner for SessionProvisioner {
    fn provision<'a>(
        &'a self,
        policy: &'a FullPolicy,
        files: &'a [FileToLoad],
    ) -> BoxFuture<'a, Result<(), ProvisionError>> {
        async move {
            let mut session = self.session(policy).await.map_err(|error| not_connected(&error))?;
            for file in files {
                load(&mut session, file).await?;
            }
            // All files were acknowledged: how the connection ends changes nothing.
            if let Err(error) = session.close().await {
                tracing::debug!(%error, "the loader's session did not end in order");
            }
            Ok(())
        }
        .boxed()
    }
}

async fn load(session: &mut Session, file: &FileToLoad) -> Result<(), ProvisionError> {
    let path = file.path.as_str();
    let content = file.open().await.map_err(|_| ProvisionError::File {
        path: path.to_owned(),
        code: "file-gone".to_owned(),
        detail: "its content is gone: the function was deleted or changed meanwhile; create the instance again"
            .to_owned(),
    })?;
    let loaded = session.upload(path, content, Transfer::new().length(file.length)).await;
    loaded.map(drop).map_err(|error| ProvisionError::File {
        path: path.to_owned(),
        code: error.code().to_owned(),
        detail: told(&error),
    })
}

/// What could not be verified, and what could not even be asked.
fn not_connected(error: &Error) -> ProvisionError {
    let (code, detail) = (error.code().to_owned(), told(error));
    match error {
        Error::Refused(_) | Error::Trust(_) | Error::TrustFile(_) | Error::Ciphersuite(_) | Error::Identity(_) => {
            ProvisionError::NotVerified { code, detail }
        }
        _ => ProvisionError::Connect { code, detail },
    }
}

fn told(error: &Error) -> String {
    match error.next_step() {
        "" => error.to_string(),
        next_step => format!("{error}; {next_step}"),
    }
}
