//! The files that protect a daemon: certificate, key, client authorities, tokens. Read at the start and again on SIGHUP.
//!
//! Files that cannot be used never replace what is in force: all of them are taken, or none.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use tokio::signal::unix::Signal;

use crate::access::{TokenError, Tokens};
use crate::guarded_file::{FileError, read_secret};
use crate::tls::{TlsError, TlsFiles};

/// The files, each with what was made of it last. Clones share that.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets {
    pub(super) tls: Option<(TlsFiles, Arc<ArcSwap<ServerConfig>>)>,
    pub(super) tokens: Option<(PathBuf, Arc<ArcSwap<Tokens>>)>,
}

/// Why a daemon has not the protection that it was told to have.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum SecretsError {
    /// The files of TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The file of tokens cannot be had.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file of tokens is wrong.
    #[error("the tokens in {}: {problem}", path.display())]
    Tokens {
        /// Which.
        path: PathBuf,
        /// Why, without a token.
        problem: String,
    },
}

impl Secrets {
    pub(super) fn with_tls(&mut self, files: TlsFiles) -> Result<(), SecretsError> {
        let config = files.load()?;
        self.tls = Some((files, Arc::new(ArcSwap::from_pointee(config))));
        Ok(())
    }

    pub(super) fn with_tokens(&mut self, path: PathBuf) -> Result<(), SecretsError> {
        let tokens = read_tokens(&path)?;
        self.tokens = Some((path, Arc::new(ArcSwap::from_pointee(tokens))));
        Ok(())
    }

    /// Reads the files again on every signal, for ever.
    pub(super) async fn reload_on(self, mut hangups: Signal) {
        while hangups.recv().await.is_some() {
            if self.tls.is_none() && self.tokens.is_none() {
                tracing::debug!("asked to read certificates and tokens again; there are none");
                continue;
            }
            match self.reload() {
                Ok(()) => tracing::info!("certificates and tokens read again; new connections and requests meet them"),
                Err(error) => {
                    tracing::error!(%error, "certificates and tokens NOT read again: the old ones stay in force");
                }
            }
        }
        // The process ends: no signal will come.
        std::future::pending::<()>().await;
    }

    fn reload(&self) -> Result<(), SecretsError> {
        let config = self.tls.as_ref().map(|(files, _)| files.load()).transpose()?;
        let tokens = self.tokens.as_ref().map(|(path, _)| read_tokens(path)).transpose()?;
        if let (Some((_, current)), Some(config)) = (&self.tls, config) {
            current.store(Arc::new(config));
        }
        if let (Some((_, current)), Some(tokens)) = (&self.tokens, tokens) {
            current.store(Arc::new(tokens));
        }
        Ok(())
    }
}

fn read_tokens(path: &Path) -> Result<Tokens, SecretsError> {
    let refused = |problem: String| SecretsError::Tokens { path: path.into(), problem };
    let bytes = read_secret(path)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| refused("it is no text".to_owned()))?;
    Tokens::parse(text).map_err(|error: TokenError| refused(error.to_string()))
}
