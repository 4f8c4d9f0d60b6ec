//! The suite of this crate: everything through the public door.

#[cfg(test)]
mod measurement;
#[cfg(test)]
mod real;
