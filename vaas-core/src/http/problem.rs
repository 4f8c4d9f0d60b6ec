//! What callers learn of a creation that failed: what to do next, and nothing of the service's inside.

use veracruz_rest::{Fault, Problem};

use crate::service::CreateError;

/// Seconds after which asking for a port again makes sense: instances live for minutes.
const RETRY_SECONDS: u64 = 10;

impl From<&CreateError> for Problem {
    fn from(error: &CreateError) -> Self {
        let code = error.code();
        let log = "the service's operator finds the reason in its log";
        match error {
            CreateError::NoFreeSlot(_) => Problem::new(507, code, error).with_retry_after(RETRY_SECONDS),
            CreateError::Policy(error) => Problem::from(error),
            CreateError::TooMuchMemory { limit, .. } => {
                let detail = format!("expected {limit} at most");
                let fault = Fault { pointer: "/max_memory_mib".to_owned(), code: "out-of-range".into(), detail };
                Problem::new(400, code, error).with_errors([fault])
            }
            CreateError::Start(_) => {
                Problem::new(502, code, format_args!("Could not create a veracruz instance! It did not start; {log}"))
            }
            CreateError::Timeout(_) => {
                Problem::new(504, code, format_args!("Could not create a veracruz instance: {error}; {log}"))
            }
            CreateError::Deleted => Problem::new(409, code, error),
            CreateError::Closing => Problem::new(503, code, error).with_retry_after(RETRY_SECONDS),
            CreateError::Internal(_) => {
                tracing::error!(%error, "an instance could not be created");
                Problem::internal()
            }
        }
    }
}
