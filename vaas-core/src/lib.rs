//! The instance service (VaaS): allocates, describes and deletes instances of the runtime.
//!
//! - [`Vaas`] is the service: it completes policies, gives each instance a port of its own, and knows what each is doing;
//! - [`Driver`] is the port to whatever instances run on; [`process::ProcessDriver`] runs each as a process of this
//!   machine;
//! - [`http`] is the service over HTTP, with the routes of the i-poc.
//!
//! It starts instances and never looks into them: it has no key, opens no session, and does not link the runtime.

mod driver;
pub mod http;
mod instance;
pub mod process;
mod service;
mod settings;

pub use driver::{Driver, DriverError, Ended, Ending, InstanceKey, Order, Recovered, Started};
pub use instance::Filter;
pub use service::{Counts, CreateError, DeleteError, OpenError, Vaas};
pub use settings::{Clock, HostName, PortRange, PortRangeError, Settings};
