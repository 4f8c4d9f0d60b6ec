//! The binding, certificates and offline measurement, through the crate's public door.

#[cfg(test)]
#[cfg(all(feature = "attester", feature = "verifier"))]
mod authority;
#[cfg(test)]
mod binding;
#[cfg(test)]
#[cfg(all(feature = "attester", feature = "verifier"))]
mod claims;
#[cfg(test)]
mod eif;
#[cfg(test)]
#[cfg(all(feature = "attester", feature = "verifier"))]
mod openssl;
#[cfg(test)]
mod program;
#[cfg(test)]
#[cfg(all(feature = "attester", feature = "verifier"))]
mod refusals;
#[cfg(test)]
#[cfg(all(feature = "attester", feature = "verifier"))]
mod request;
#[cfg(test)]
#[cfg(all(feature = "attester", feature = "verifier"))]
mod stapled;
#[cfg(test)]
#[cfg(all(feature = "attester", feature = "verifier"))]
mod world;
