//! The binding, certificates and offline measurement, through the crate's public door.

#[cfg(all(test, feature = "attester", feature = "verifier"))]
mod authority;
#[cfg(test)]
mod binding;
#[cfg(all(test, feature = "attester", feature = "verifier"))]
mod claims;
#[cfg(test)]
mod eif;
#[cfg(all(test, feature = "attester", feature = "verifier"))]
mod openssl;
#[cfg(test)]
mod program;
#[cfg(all(test, feature = "attester", feature = "verifier"))]
mod refusals;
#[cfg(all(test, feature = "attester", feature = "verifier"))]
mod request;
#[cfg(all(test, feature = "attester", feature = "verifier"))]
mod stapled;
#[cfg(all(test, feature = "attester", feature = "verifier"))]
mod world;
