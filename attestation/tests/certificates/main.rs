//! The binding, certificates and offline measurement, through the crate's public door.

#[cfg(test)]
mod authority;
#[cfg(test)]
mod binding;
#[cfg(test)]
mod claims;
#[cfg(test)]
mod eif;
#[cfg(test)]
mod openssl;
#[cfg(test)]
mod program;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod request;
#[cfg(test)]
mod stapled;
#[cfg(test)]
mod world;
