//! The binding, certificates and offline measurement, through the crate's public door.

#[cfg(test)]
mod binding;
#[cfg(all(test, feature = "attester", feature = "verifier"))]
mod authority;
#[cfg(all(test, feature = "attester", feature = "verifier"))]
mod claims;
#[cfg(all(test, feature = "attester", feature = "verifier"))]
mod openssl;
#[cfg(all(test, feature = "attester", feature = "verifier"))]
mod refusals;
#[cfg(all(test, feature = "attester", feature = "verifier"))]
mod request;
#[cfg(all(test, feature = "attester", feature = "verifier"))]
mod world;
