//! What participants and the embedder see.

mod at_once;
mod declared;
mod model;
mod quotas;
mod rights;
mod streams;
