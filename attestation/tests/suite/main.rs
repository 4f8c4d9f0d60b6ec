//! The suite of this crate: everything through the public door.

#[cfg(test)]
mod adversarial;
#[cfg(test)]
mod appraisal;
#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod measurement;
#[cfg(test)]
mod real;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod simulated;
