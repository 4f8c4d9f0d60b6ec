//! The real instance service and the real way into instances, both through the client library.

mod loader;
mod vaas;

pub use loader::SessionProvisioner;
pub use vaas::VaasService;
