//! The same client for code that waits: no runtime to bring, readers and writers of the standard library.
//!
//! Each session has a small runtime of its own, on the calling thread. Do not call it from within an asynchronous task.

mod bridge;

use std::io::{Read, Write};

use tokio::runtime::{Builder, Runtime};
use veracruz_policy::Sha256Digest;
use veracruz_protocol::{FileStat, ListEntry, RunList, RunNumber};

use crate::error::Error;
use crate::session::{Compute, Transfer};
use crate::verify::Attested;
use bridge::Bridge;

/// A participant of a policy; see [`crate::Client`].
#[derive(Clone, Debug)]
pub struct Client(crate::Client);

impl From<crate::Client> for Client {
    fn from(client: crate::Client) -> Self {
        Client(client)
    }
}

impl Client {
    /// Connects and verifies; see [`crate::Client::connect`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn connect(&self) -> Result<Session, Error> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|_| Error::System { what: "a runtime for connections" })?;
        let session = runtime.block_on(self.0.connect())?;
        Ok(Session { session, runtime })
    }
}

/// A connection to a verified instance; see [`crate::Session`]. Errors are the same as there.
#[derive(Debug)]
pub struct Session {
    // Dropped before the runtime that it lives on.
    session: crate::Session,
    runtime: Runtime,
}

#[expect(clippy::missing_errors_doc, reason = "the asynchronous methods of the same names say them")]
impl Session {
    /// What the instance showed.
    pub fn attested(&self) -> &Attested {
        self.session.attested()
    }

    /// Writes a file; see [`crate::Session::upload`].
    pub fn upload(&mut self, name: &str, reader: impl Read + Send, transfer: Transfer<'_>) -> Result<u64, Error> {
        self.runtime.block_on(self.session.upload(name, Bridge(reader), transfer))
    }

    /// Appends to a file; see [`crate::Session::append`].
    pub fn append(&mut self, name: &str, reader: impl Read + Send, transfer: Transfer<'_>) -> Result<u64, Error> {
        self.runtime.block_on(self.session.append(name, Bridge(reader), transfer))
    }

    /// Reads a file to a writer; see [`crate::Session::download`].
    pub fn download(&mut self, name: &str, writer: impl Write + Send, transfer: Transfer<'_>) -> Result<u64, Error> {
        self.runtime.block_on(self.session.download(name, Bridge(writer), transfer))
    }

    /// Reads a small file into memory; see [`crate::Session::read`].
    pub fn read(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, Error> {
        self.runtime.block_on(self.session.read(name, limit))
    }

    /// Runs a program; see [`crate::Session::compute`].
    pub fn compute(&mut self, program: &str, options: Compute) -> Result<u32, Error> {
        self.runtime.block_on(self.session.compute(program, options))
    }

    /// Runs a pipeline; see [`crate::Session::pipeline`].
    pub fn pipeline(&mut self, pipeline: &str, options: Compute) -> Result<u32, Error> {
        self.runtime.block_on(self.session.pipeline(pipeline, options))
    }

    /// Ends a run of another connection; see [`crate::Session::cancel`].
    pub fn cancel(&mut self, run: RunNumber) -> Result<(), Error> {
        self.runtime.block_on(self.session.cancel(run))
    }

    /// Lists a directory; see [`crate::Session::list`].
    pub fn list(&mut self, path: &str) -> Result<Vec<ListEntry>, Error> {
        self.runtime.block_on(self.session.list(path))
    }

    /// Kind, size and time of a file; see [`crate::Session::stat`].
    pub fn stat(&mut self, name: &str) -> Result<FileStat, Error> {
        self.runtime.block_on(self.session.stat(name))
    }

    /// The instance's policy; see [`crate::Session::policy_hash`].
    pub fn policy_hash(&mut self) -> Result<Sha256Digest, Error> {
        self.runtime.block_on(self.session.policy_hash())
    }

    /// What runs; see [`crate::Session::runs`].
    pub fn runs(&mut self) -> Result<RunList, Error> {
        self.runtime.block_on(self.session.runs())
    }

    /// Ends the instance; see [`crate::Session::shutdown`].
    pub fn shutdown(self) -> Result<(), Error> {
        self.runtime.block_on(self.session.shutdown())
    }

    /// Ends the session; see [`crate::Session::close`].
    pub fn close(self) -> Result<(), Error> {
        self.runtime.block_on(self.session.close())
    }
}
