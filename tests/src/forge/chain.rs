//! Chains like AWS's: root, regional, zonal, instance, and the enclave's leaf.

use time::{Duration, OffsetDateTime};

use super::certificate::{CertificateSpec, basic_constraints, key_usage};
use super::key::Key;

/// One certificate of a chain and the key that it is for.
#[derive(Debug)]
pub struct Link {
    /// What it says.
    pub spec: CertificateSpec,
    /// Its key.
    pub key: Key,
}

/// A chain, the root first and the leaf last. Each certificate is signed by the key of the one before.
#[derive(Debug)]
pub struct Chain {
    /// The certificates.
    pub links: Vec<Link>,
    /// The root as it was made; signatures are random, so it must not be made twice.
    pub root_der: Vec<u8>,
}

impl Chain {
    /// The right chain of an enclave at `now`.
    pub fn new(now: OffsetDateTime) -> Self {
        let now = now.replace_nanosecond(0).unwrap();
        let day = Duration::days(1);
        let root = CertificateSpec::new("forged root", "forged root", now - day * 365, now + day * 10_000);
        let mut root = Link { spec: root, key: Key::p384() };
        root.spec.extensions = vec![basic_constraints(true, None), key_usage(true, true)];
        let root_der = root.spec.issue(&root.key, &root.key);

        let mut chain = Chain { links: vec![root], root_der };
        chain.push_ca("regional", Some(2), now - day, now + day * 19);
        chain.push_ca("zonal", Some(1), now - day / 2, now + day * 5);
        chain.push_ca("instance", Some(0), now - day / 24, now + day / 2);
        let mut leaf = CertificateSpec::new("instance", "leaf", now - Duration::seconds(3), now + Duration::hours(3));
        leaf.extensions = vec![basic_constraints(false, None), key_usage(true, false)];
        chain.links.push(Link { spec: leaf, key: Key::p384() });
        chain
    }

    /// A chain of a root and `below` CAs without path lengths, and a leaf.
    pub fn of_length(now: OffsetDateTime, below: usize) -> Self {
        let mut chain = Chain::new(now);
        let (from, to) = (chain.leaf().spec.not_before, chain.leaf().spec.not_after);
        let mut leaf = chain.links.pop().unwrap();
        chain.links.truncate(1);
        (0..below).for_each(|number| chain.push_ca(&format!("ca {number}"), None, from, to));
        leaf.spec.issuer = chain.leaf().spec.subject.clone();
        chain.links.push(leaf);
        chain
    }

    /// Adds a CA below the last certificate.
    pub fn push_ca(&mut self, subject: &str, path_length: Option<u8>, from: OffsetDateTime, to: OffsetDateTime) {
        let mut spec = CertificateSpec::new("", subject, from, to);
        spec.issuer = self.leaf().spec.subject.clone();
        spec.extensions = vec![basic_constraints(true, path_length), key_usage(true, true)];
        self.links.push(Link { spec, key: Key::p384() });
    }

    /// The last certificate.
    pub fn leaf(&self) -> &Link {
        self.links.last().unwrap()
    }

    /// The last certificate, to be changed.
    pub fn leaf_mut(&mut self) -> &mut Link {
        self.links.last_mut().unwrap()
    }

    /// All certificates, DER, the root first and the leaf last.
    pub fn certificates(&self) -> Vec<Vec<u8>> {
        let pairs = self.links.iter().zip(self.links.iter().skip(1));
        let below = pairs.map(|(issuer, link)| link.spec.issue(&link.key, &issuer.key));
        std::iter::once(self.root_der.clone()).chain(below).collect()
    }
}
