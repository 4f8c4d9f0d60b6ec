//! Clients of the services.
