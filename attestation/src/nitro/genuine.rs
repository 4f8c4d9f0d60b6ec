//! Authentic documents: signed under the anchor, whatever they say.
//!
//! That a document is genuine does not make it acceptable: any customer of the platform can obtain one for any code. The
//! comparisons of [`Genuine::appraise`] make the difference.

use std::collections::BTreeMap;
use std::time::Duration;

use subtle::ConstantTimeEq as _;
use time::OffsetDateTime;
use veracruz_policy::Platform;

use super::anchors::Anchors;
use super::chain::{check_chain, check_leaf_window};
use super::checked::{Checked, DebugCheck, InstanceCheck};
use super::document::Document;
use super::excerpt::excerpt;
use super::expectation::{Expectation, MAX_CLOCK_SKEW, NoncePolicy};
use super::refusal::Refusal;
use super::verified::Verified;
use crate::measurement::{Measurements, Pcr};

/// A document whose chain and signature were checked under an anchor. Only [`authenticate`] makes one.
#[derive(Clone, Debug)]
pub struct Genuine {
    pub(crate) document: Document,
    pub(crate) platform: Platform,
    pub(crate) leaf_not_after: OffsetDateTime,
    pub(crate) checked: Checked,
}

/// Checks that `document` is well formed, was signed under the anchor, and is from the time of its signing certificate.
///
/// `now` is the time at which the certificates must be valid; for archived evidence, the time at which it was made.
///
/// # Errors
///
/// The first check that fails, in the order of the module's description.
pub fn authenticate(document: &[u8], anchors: &Anchors, now: OffsetDateTime) -> Result<Genuine, Refusal> {
    let (envelope, document) = Document::parse(document)?;
    let leaf = check_chain(&document, anchors, now)?;
    envelope.check_signature(leaf.point())?;
    check_leaf_window(&document, &leaf)?;
    let leaf_not_after = leaf.not_after;
    Ok(Genuine {
        document,
        platform: anchors.platform(),
        leaf_not_after,
        checked: Checked::default(),
    })
}

impl Genuine {
    /// Compares the document with everything that the relying party expects.
    ///
    /// # Errors
    ///
    /// The first comparison that fails: age, debug mode, nonce, user data, measurements, instance.
    pub fn appraise(mut self, expectation: &Expectation, now: OffsetDateTime) -> Result<Verified, Refusal> {
        self.check_fresh(now, expectation.max_age)?;
        if expectation.allow_debug {
            self.checked.debug = DebugCheck::Allowed;
        } else {
            self.refuse_debug()?;
        }
        if let NoncePolicy::Exactly(nonce) = &expectation.nonce {
            self.check_nonce(nonce)?;
        }
        if let Some(user_data) = &expectation.user_data {
            self.check_user_data(user_data)?;
        }
        let matched = self.match_any(&expectation.accepted)?;
        self.check_instance()?;
        Ok(Verified { genuine: self, matched })
    }

    /// Refuses a document that is older than `max_age`, or from further in the future than clocks may differ.
    ///
    /// # Errors
    ///
    /// [`Refusal::Stale`], [`Refusal::FromTheFuture`].
    pub fn check_fresh(&mut self, now: OffsetDateTime, max_age: Duration) -> Result<(), Refusal> {
        let timestamp = self.document.timestamp;
        if now - timestamp > max_age {
            return Err(Refusal::Stale { timestamp, max_age });
        }
        if timestamp - now > MAX_CLOCK_SKEW {
            return Err(Refusal::FromTheFuture { timestamp });
        }
        self.checked.max_age = Some(max_age);
        Ok(())
    }

    /// Refuses an enclave in debug mode: PCR0, PCR1 and PCR2 all zero, or none of them shown.
    ///
    /// # Errors
    ///
    /// [`Refusal::Debug`].
    pub fn refuse_debug(&mut self) -> Result<(), Refusal> {
        if self.document.is_debug() {
            return Err(Refusal::Debug);
        }
        self.checked.debug = DebugCheck::Refused;
        Ok(())
    }

    /// Demands this nonce. The comparison takes the same time wherever the bytes differ.
    ///
    /// # Errors
    ///
    /// [`Refusal::NonceAbsent`], [`Refusal::NonceMismatch`].
    pub fn check_nonce(&mut self, expected: &[u8]) -> Result<(), Refusal> {
        let found = self.document.nonce.as_deref().ok_or(Refusal::NonceAbsent)?;
        if !bool::from(found.ct_eq(expected)) {
            return Err(Refusal::NonceMismatch);
        }
        self.checked.nonce = true;
        Ok(())
    }

    /// Demands this user data, as a rule the recomputed binding.
    ///
    /// # Errors
    ///
    /// [`Refusal::UserDataAbsent`], [`Refusal::UserDataMismatch`].
    pub fn check_user_data(&mut self, expected: &[u8]) -> Result<(), Refusal> {
        let found = self.document.user_data.as_deref().ok_or(Refusal::UserDataAbsent)?;
        if !bool::from(found.ct_eq(expected)) {
            return Err(Refusal::UserDataMismatch);
        }
        self.checked.user_data = true;
        Ok(())
    }

    /// Demands every value of the set. A register that the document does not show does not match.
    ///
    /// # Errors
    ///
    /// [`Refusal::PcrAbsent`], [`Refusal::PcrMismatch`] for the first difference.
    pub fn check_pcrs(&mut self, expected: &Measurements) -> Result<(), Refusal> {
        expected
            .iter()
            .try_for_each(|(index, value)| self.check_pcr(index, value))
    }

    /// Demands one register's value. One register alone may not name the code; [`Measurements`] makes sure of that.
    ///
    /// # Errors
    ///
    /// [`Refusal::PcrAbsent`], [`Refusal::PcrMismatch`].
    pub fn check_pcr(&mut self, index: u8, expected: &Pcr) -> Result<(), Refusal> {
        self.compare_pcr(index, expected, 1)?;
        self.checked.pcrs.insert(index);
        Ok(())
    }

    /// Demands that PCR4 is the one of the parent instance that the module id names, where both are there:
    /// `SHA384(0^48 || instance id)`.
    ///
    /// # Errors
    ///
    /// [`Refusal::InstanceMismatch`].
    pub fn check_instance(&mut self) -> Result<(), Refusal> {
        let (Some(instance), Some(pcr4)) = (self.document.instance_id(), self.document.pcrs.get(&4)) else {
            self.checked.instance = InstanceCheck::NotComparable;
            return Ok(());
        };
        if Pcr::ZERO.extend(instance.as_bytes()) != *pcr4 {
            return Err(Refusal::InstanceMismatch {
                module_id: excerpt(&self.document.module_id),
            });
        }
        self.checked.instance = InstanceCheck::Consistent;
        Ok(())
    }

    /// The platform that the anchor stands for.
    pub fn platform(&self) -> Platform {
        self.platform
    }

    /// Whether the enclave runs in debug mode, in which the host sees all that it does.
    pub fn is_debug(&self) -> bool {
        self.document.is_debug()
    }

    /// The enclave's id as the platform names it: on Nitro `<instance>-enc<id>`.
    pub fn module_id(&self) -> &str {
        &self.document.module_id
    }

    /// When the evidence was made, by the platform's clock, to the millisecond.
    pub fn timestamp(&self) -> OffsetDateTime {
        self.document.timestamp
    }

    /// The registers that the document shows: the locked ones.
    pub fn pcrs(&self) -> &BTreeMap<u8, Pcr> {
        &self.document.pcrs
    }

    /// The nonce, if one was asked for.
    pub fn nonce(&self) -> Option<&[u8]> {
        self.document.nonce.as_deref()
    }

    /// The user data, if the enclave gave any.
    pub fn user_data(&self) -> Option<&[u8]> {
        self.document.user_data.as_deref()
    }

    /// The public key, if the enclave gave one. No check of this crate looks into it.
    pub fn public_key(&self) -> Option<&[u8]> {
        self.document.public_key.as_deref()
    }

    /// Until when the signing certificate is valid; what is derived from this evidence should not live longer.
    pub fn leaf_not_after(&self) -> OffsetDateTime {
        self.leaf_not_after
    }

    /// SHA-384 over the document as received. It names these bytes in a log or a certificate; it is no replay key.
    pub fn evidence_sha384(&self) -> [u8; 48] {
        self.document.evidence_sha384
    }

    /// Compares with every accepted set. `None` says that debug mode left nothing to compare (and the caller allowed it).
    fn match_any(&mut self, accepted: &[Measurements]) -> Result<Option<Measurements>, Refusal> {
        let debug = self.document.is_debug();
        let mut first_difference = Err(Refusal::Debug);
        for (number, set) in accepted.iter().enumerate() {
            // Debug mode zeroes these three: the document says nothing about the code.
            let mut comparable = set.iter().filter(|(index, _)| !(debug && *index <= 2));
            let compared = comparable.try_for_each(|(index, value)| self.compare_pcr(index, value, accepted.len()));
            if compared.is_ok() {
                self.checked.pcrs.extend(
                    set.iter()
                        .map(|(index, _)| index)
                        .filter(|index| !(debug && *index <= 2)),
                );
                return Ok((!debug).then(|| set.clone()));
            }
            if number == 0 {
                first_difference = compared;
            }
        }
        first_difference.map(|()| None)
    }

    fn compare_pcr(&self, index: u8, expected: &Pcr, sets: usize) -> Result<(), Refusal> {
        let found = self
            .document
            .pcrs
            .get(&index)
            .ok_or(Refusal::PcrAbsent { index, sets })?;
        if found == expected {
            return Ok(());
        }
        Err(Refusal::PcrMismatch {
            index,
            expected: *expected,
            found: *found,
            sets,
        })
    }
}
