//! A set of register values that together say which code is meant.
//!
//! The set is valid by construction: one that would accept any code, or a debug-mode enclave, cannot be built.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{PCR_COUNT, Pcr};

/// Register values that evidence must show, all of them.
///
/// Never empty, no index past 31, no all-zero value (a debug-mode enclave would match it), and always enough to name
/// the code: PCR0 (the whole image), or PCR8 (who signed it) together with PCR1 or PCR2.
///
/// JSON form: `{"0": "<96 hex digits>", "8": "…"}`; an index that stands twice is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measurements(BTreeMap<u8, Pcr>);

impl Measurements {
    /// Collects register values by index.
    ///
    /// # Errors
    ///
    /// Every rule of the type that the values break is a [`MeasurementsError`].
    pub fn new(values: impl IntoIterator<Item = (u8, Pcr)>) -> Result<Self, MeasurementsError> {
        let mut set = BTreeMap::new();
        for (index, value) in values {
            if index >= PCR_COUNT {
                return Err(MeasurementsError::Index(index));
            }
            if value.is_zero() {
                return Err(MeasurementsError::Zero(index));
            }
            if set.insert(index, value).is_some() {
                return Err(MeasurementsError::Duplicate(index));
            }
        }
        if set.is_empty() {
            return Err(MeasurementsError::Empty);
        }
        let has = |index: u8| set.contains_key(&index);
        if !(has(0) || has(8) && (has(1) || has(2))) {
            return Err(MeasurementsError::NamesNoCode);
        }
        Ok(Measurements(set))
    }

    /// The value that register `index` must have, if the set says.
    pub fn get(&self, index: u8) -> Option<&Pcr> {
        self.0.get(&index)
    }

    /// Index and value, by rising index.
    pub fn iter(&self) -> impl Iterator<Item = (u8, &Pcr)> {
        self.0.iter().map(|(index, value)| (*index, value))
    }
}

impl Serialize for Measurements {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(index, value)| (index.to_string(), value)))
    }
}

impl<'de> Deserialize<'de> for Measurements {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MeasurementsVisitor)
    }
}

/// Reads pairs one by one: a map type of serde would let the last of two equal keys win.
struct MeasurementsVisitor;

impl<'de> Visitor<'de> for MeasurementsVisitor {
    type Value = Measurements;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of register index to 96 hexadecimal digits")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Measurements, A::Error> {
        let mut values: Vec<(u8, Pcr)> = Vec::new();
        while let Some((index, value)) = map.next_entry::<String, Pcr>()? {
            // One spelling an index: `00` or `+0` would hide a duplicate from a reader.
            let parsed = index.parse::<u8>().ok().filter(|parsed| parsed.to_string() == index);
            let parsed = parsed.ok_or_else(|| A::Error::custom("a register index is a number from 0 to 31"))?;
            if values.len() > usize::from(PCR_COUNT) {
                return Err(A::Error::custom("more entries than there are registers"));
            }
            values.push((parsed, value));
        }
        Measurements::new(values).map_err(A::Error::custom)
    }
}

/// Why values are no set of measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MeasurementsError {
    /// No value at all: such a set would accept any code.
    #[error("no register value is given; give at least PCR0, the measurement of the whole image")]
    Empty,
    /// There is no such register.
    #[error("there is no register {0}; indices are 0 to 31")]
    Index(u8),
    /// The expected value is all zero.
    #[error("PCR{0} is expected to be all zero, which is what an enclave in debug mode shows; give the measured value")]
    Zero(u8),
    /// One register is given twice.
    #[error("PCR{0} is given twice")]
    Duplicate(u8),
    /// The values do not name the code.
    #[error("the values do not say which code is meant; add PCR0, or PCR8 with PCR1 or PCR2")]
    NamesNoCode,
}
