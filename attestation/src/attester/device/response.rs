//! Answers of the device.
//!
//! The hypervisor that made them is what an enclave trusts anyway, so this is lenient where its firmware may change: maps
//! and arrays of definite or indefinite length, fields in any order, unknown fields stepped over. It is strict where a
//! value would be used: types, lengths, nothing missing, nothing twice, nothing after the end.

use std::collections::BTreeSet;

use crate::attester::nsm::{NsmDescription, NsmError, PcrState};
use crate::cbor::{CborError, Major, Reader};
use crate::measurement::Pcr;

/// Levels of an unknown field that are stepped over; known ones have two.
const MAX_DEPTH: u8 = 8;

pub(super) fn pcr_state(response: &[u8]) -> Result<PcrState, NsmError> {
    let (mut lock, mut data) = (None, None);
    fields(response, "DescribePCR", |name, cbor| match name {
        "lock" => once(&mut lock, cbor.boolean()?),
        "data" => once(&mut data, cbor.bytes()?),
        _ => Ok(cbor.skip(MAX_DEPTH)?),
    })?;
    Ok(PcrState { value: pcr(data)?, is_locked: lock.ok_or(NsmError::InvalidResponse)? })
}

pub(super) fn extended(response: &[u8]) -> Result<Pcr, NsmError> {
    pcr(Some(only_bytes(response, "ExtendPCR", "data")?))
}

pub(super) fn locked_pcr(response: &[u8]) -> Result<(), NsmError> {
    name_alone(response, "LockPCR")
}

pub(super) fn locked_pcrs(response: &[u8]) -> Result<(), NsmError> {
    name_alone(response, "LockPCRs")
}

pub(super) fn document(response: &[u8]) -> Result<Vec<u8>, NsmError> {
    only_bytes(response, "Attestation", "document").map(<[u8]>::to_vec)
}

pub(super) fn random(response: &[u8]) -> Result<Vec<u8>, NsmError> {
    match only_bytes(response, "GetRandom", "random")? {
        // Taken for randomness it would be a disaster.
        [] => Err(NsmError::InvalidResponse),
        random => Ok(random.to_vec()),
    }
}

pub(super) fn description(response: &[u8]) -> Result<NsmDescription, NsmError> {
    let (mut major, mut minor, mut patch, mut max_pcrs) = (None, None, None, None);
    let (mut module_id, mut locked_pcrs, mut digest) = (None, None, None);
    fields(response, "DescribeNSM", |name, cbor| match name {
        "version_major" => once(&mut major, number(cbor)?),
        "version_minor" => once(&mut minor, number(cbor)?),
        "version_patch" => once(&mut patch, number(cbor)?),
        "module_id" => once(&mut module_id, cbor.text()?),
        "max_pcrs" => once(&mut max_pcrs, number(cbor)?),
        "locked_pcrs" => once(&mut locked_pcrs, numbers(cbor)?),
        "digest" => once(&mut digest, cbor.text()?),
        _ => Ok(cbor.skip(MAX_DEPTH)?),
    })?;
    let missing = NsmError::InvalidResponse;
    let (Some(version_major), Some(version_minor), Some(version_patch)) = (major, minor, patch) else {
        return Err(missing);
    };
    let (Some(module_id), Some(max_pcrs), Some(locked_pcrs), Some(digest)) = (module_id, max_pcrs, locked_pcrs, digest)
    else {
        return Err(missing);
    };
    Ok(NsmDescription {
        version_major,
        version_minor,
        version_patch,
        module_id: module_id.to_owned(),
        max_pcrs,
        locked_pcrs,
        digest: digest.to_owned(),
    })
}

/// An answer that is the operation's name and nothing more.
fn name_alone(response: &[u8], operation: &str) -> Result<(), NsmError> {
    let mut cbor = Reader::new(response);
    if cbor.peek()? != Major::Text {
        return fields(response, operation, |_, cbor| Ok(cbor.skip(MAX_DEPTH)?));
    }
    let name = cbor.text()?;
    cbor.finish()?;
    if name == operation { Ok(()) } else { Err(NsmError::InvalidResponse) }
}

fn only_bytes<'a>(response: &'a [u8], operation: &str, field: &str) -> Result<&'a [u8], NsmError> {
    let mut value = None;
    fields(response, operation, |name, cbor| match name {
        name if name == field => once(&mut value, cbor.bytes()?),
        _ => Ok(cbor.skip(MAX_DEPTH)?),
    })?;
    value.ok_or(NsmError::InvalidResponse)
}

/// Reads `{operation: {name: value, …}}`, or the error in its place.
fn fields<'a>(
    response: &'a [u8],
    operation: &str,
    mut field: impl FnMut(&'a str, &mut Reader<'a>) -> Result<(), NsmError>,
) -> Result<(), NsmError> {
    let mut cbor = Reader::new(response);
    let mut entries = cbor.open(Major::Map)?;
    if !cbor.next_entry(&mut entries)? {
        return Err(NsmError::InvalidResponse);
    }
    let name = cbor.text()?;
    let failure = if name == "Error" {
        Some(error_of(cbor.text()?))
    } else if name == operation {
        each_field(&mut cbor, &mut field)?;
        None
    } else {
        return Err(NsmError::InvalidResponse);
    };
    if cbor.next_entry(&mut entries)? {
        return Err(NsmError::InvalidResponse);
    }
    cbor.finish()?;
    failure.map_or(Ok(()), Err)
}

fn each_field<'a>(
    cbor: &mut Reader<'a>,
    field: &mut impl FnMut(&'a str, &mut Reader<'a>) -> Result<(), NsmError>,
) -> Result<(), NsmError> {
    let mut entries = cbor.open(Major::Map)?;
    while cbor.next_entry(&mut entries)? {
        let name = cbor.text()?;
        field(name, cbor)?;
    }
    Ok(())
}

/// A field that stands twice is an error: which of the two would count?
fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), NsmError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(NsmError::InvalidResponse),
    }
}

fn number(cbor: &mut Reader<'_>) -> Result<u16, NsmError> {
    u16::try_from(cbor.unsigned()?).map_err(|_| NsmError::InvalidResponse)
}

fn numbers(cbor: &mut Reader<'_>) -> Result<BTreeSet<u16>, NsmError> {
    let mut entries = cbor.open(Major::Array)?;
    let mut found = BTreeSet::new();
    while cbor.next_entry(&mut entries)? {
        found.insert(number(cbor)?);
    }
    Ok(found)
}

fn pcr(data: Option<&[u8]>) -> Result<Pcr, NsmError> {
    let bytes: Option<[u8; 48]> = data.and_then(|data| data.try_into().ok());
    bytes.map(Pcr::from).ok_or(NsmError::InvalidResponse)
}

/// The names of `ErrorCode` in `aws-nitro-enclaves-nsm-api`. `Success` as an error is none, and neither is an unknown one.
fn error_of(code: &str) -> NsmError {
    match code {
        "InvalidArgument" => NsmError::InvalidArgument,
        "InvalidIndex" => NsmError::InvalidIndex,
        "ReadOnlyIndex" => NsmError::ReadOnlyIndex,
        "InvalidOperation" => NsmError::InvalidOperation,
        "BufferTooSmall" => NsmError::BufferTooSmall,
        "InputTooLarge" => NsmError::InputTooLarge,
        "InternalError" => NsmError::InternalError,
        _ => NsmError::InvalidResponse,
    }
}

impl From<CborError> for NsmError {
    fn from(_: CborError) -> Self {
        NsmError::InvalidResponse
    }
}
