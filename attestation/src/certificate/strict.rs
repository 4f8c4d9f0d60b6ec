//! DER that has one form only.
//!
//! The parser that the checks read with lets some encodings pass that are not DER, a flipped bit of a tag for one. Two
//! readers could then read one signed certificate differently, so what is judged has to come out the same when it is
//! written anew.

use x509_cert::der::{Decode, Encode};

/// Whether `der` is a `T` in DER, with nothing after it.
pub(crate) fn is_der<'a, T: Decode<'a> + Encode>(der: &'a [u8]) -> bool {
    T::from_der(der).is_ok_and(|value| value.to_der().is_ok_and(|again| again == der))
}
