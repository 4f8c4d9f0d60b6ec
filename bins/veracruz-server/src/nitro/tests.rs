//! The host with a stand-in for nitro-cli, and Unix sockets in place of vsock: machines that run tests have neither.

mod commands;
mod deployment;
mod endings;
mod passing;
mod stand_in;
