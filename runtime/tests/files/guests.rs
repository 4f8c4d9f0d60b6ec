//! What guests see: the calls of WASI preview 1, made without an engine on a piece of memory, and a few through one.

mod arguments;
mod declared;
mod descriptors;
mod engine;
mod guest;
mod listing;
mod model;
mod names;
mod paths;
mod preopens;
mod rights;
mod script;
mod time;
