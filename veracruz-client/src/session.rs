//! A session with an instance that was verified. There is no other way to get one than through verification, and nothing
//! but a session can send.
//!
//! The operations are in the rooms below: [`upload`], [`download`], [`run`], [`look`].

mod download;
mod establish;
mod look;
mod run;
mod transfer;
mod upload;

use std::fmt;
use std::sync::Arc;

use veracruz_policy::Target;
use veracruz_protocol::{Content, Request, encode_request};

use crate::client::Inner;
use crate::error::{Error, shown};
use crate::verify::Attested;
use crate::wire::{Answer, Fault, Sink, Wire};

pub(crate) use establish::FIRST_REQUEST;
pub use run::{CancelHandle, Compute};
pub use transfer::{Progress, Transfer};

/// A connection to a verified instance, with one identity.
///
/// Operations go one after the other. One that is dropped before it ended leaves the connection in the middle of a
/// message: the next one fails with [`Error::Broken`].
pub struct Session {
    inner: Arc<Inner>,
    wire: Wire,
    attested: Attested,
}

impl Session {
    pub(crate) async fn open(inner: Arc<Inner>) -> Result<Self, Error> {
        let (wire, attested) = inner.in_time(establish::establish(&inner)).await?;
        Ok(Session { inner, wire, attested })
    }

    /// What the instance showed.
    pub fn attested(&self) -> &Attested {
        &self.attested
    }

    /// Ends the session and leaves the instance running.
    ///
    /// # Errors
    ///
    /// [`Error::Lost`] when the connection had ended already; the instance has what it acknowledged before.
    pub async fn close(self) -> Result<(), Error> {
        self.wire.close().await.map_err(|fault| error_of(fault, "close", ""))
    }

    /// Connects and verifies anew, for an operation that may be repeated. It may be another instance with the same
    /// policy that answers now.
    async fn reconnect(&mut self) -> Result<(), Error> {
        let again = Session::open(self.inner.clone()).await?;
        (self.wire, self.attested) = (again.wire, again.attested);
        Ok(())
    }

    /// Asks for something small. A request that `repeats` is safe to send again on a new connection, once.
    async fn ask(
        &mut self,
        request: &Request,
        operation: &'static str,
        name: &str,
        repeats: Repeats,
    ) -> Result<Content, Error> {
        match self.ask_once(request, operation, name).await {
            Err(Error::Lost { .. }) if matches!(repeats, Repeats::Safely) => {
                self.reconnect().await?;
                self.ask_once(request, operation, name).await
            }
            answer => answer,
        }
    }

    async fn ask_once(&mut self, request: &Request, operation: &'static str, name: &str) -> Result<Content, Error> {
        exchange(&mut self.wire, request, operation, name).await
    }
}

/// Whether a request may be sent again when its answer was lost.
#[derive(Clone, Copy)]
enum Repeats {
    /// It changes nothing.
    Safely,
    /// It may have been done.
    Never,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("attested", &self.attested).finish_non_exhaustive()
    }
}

/// One request without payload, and its answer without payload.
async fn exchange(wire: &mut Wire, request: &Request, operation: &'static str, name: &str) -> Result<Content, Error> {
    let message = encode_request(request).map_err(|reason| Error::Request { name: shown(name), reason })?;
    let answer = async {
        wire.begin()?;
        let sent = wire.send(&message).await;
        // Where sending failed the reason may lie in wait: an alert that came before the connection was closed.
        let received = wire.receive(&mut Sink::none()).await;
        let answer = match (sent, received) {
            (Err(fault), Err(Fault::Lost(_))) => Err(fault),
            (_, received) => received,
        }?;
        wire.end();
        Ok(answer)
    };
    match answer.await.map_err(|fault| error_of(fault, operation, name))? {
        Answer::Done(content) => Ok(content),
        Answer::Failed(failure) => Err(Error::Failed { operation, name: shown(name), failure: Box::new(failure) }),
        Answer::Payload(_) => Err(unexpected(operation)),
    }
}

/// A fault of the connection, told with what was under way.
fn error_of(fault: Fault, operation: &'static str, name: &str) -> Error {
    let name = || shown(name);
    match fault {
        Fault::Identity(alert) => Error::IdentityRefused(alert),
        Fault::Lost(source) => Error::Lost { operation, source },
        Fault::Protocol(detail) => Error::Protocol { operation, detail },
        Fault::Source(source) => Error::Source { name: name(), source },
        Fault::Sink(source) => Error::Sink { name: name(), source },
        Fault::TooLarge { size, limit } => Error::TooLarge { name: name(), size, limit },
        Fault::Broken => Error::Broken,
    }
}

fn unexpected(operation: &'static str) -> Error {
    Error::Protocol { operation, detail: "it is the answer to another request".to_owned() }
}

/// The name as the instance knows it: normal, with its leading slash, or one of the three streams.
fn in_the_instance(name: &str) -> Result<String, Error> {
    let target = Target::parse(name).map_err(|reason| Error::Name { name: shown(name), reason })?;
    Ok(target.to_string())
}
