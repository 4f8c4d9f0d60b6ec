//! Messages to bytes, length in front.
//!
//! A payload is never copied here: a *head* is everything before it, and the payload's bytes follow the head on the
//! wire, exactly as many as the head was made for.

use bytes::Bytes;
use prost::Message;

use crate::error::EncodeError;
use crate::frame::{LENGTH_DELIMITED, key, push_varint, varint_len};
use crate::limits::{MAX_CONTROL_BYTES, MAX_MESSAGE_BYTES, PREFIX_BYTES};
use crate::request::{self, Request, Upload, UploadKind};
use crate::response::{self, ChunkInfo, Download, Response};
use crate::wire;

/// The whole message. [`Request::Unsupported`] becomes a message that asks for nothing.
///
/// # Errors
/// When its names do not fit into [`MAX_CONTROL_BYTES`].
pub fn encode_request(request: &Request) -> Result<Bytes, EncodeError> {
    small(&request::mirror(request))
}

/// The whole message. [`Content::Unsupported`](crate::Content::Unsupported) becomes a success without content.
///
/// # Errors
/// When its content does not fit into [`MAX_CONTROL_BYTES`]; pages and failures always do.
pub fn encode_response(response: &Response) -> Result<Bytes, EncodeError> {
    small(&response::mirror(response))
}

/// The whole message that answers a compute or a pipeline: its exit code as four bytes, little-endian.
///
/// # Errors
/// Never in fact; see [`result_head`].
pub fn encode_exit_code(code: u32) -> Result<Bytes, EncodeError> {
    let mut bytes = Vec::from(result_head(4)?);
    bytes.extend_from_slice(&code.to_le_bytes());
    Ok(bytes.into())
}

/// What goes before the `payload` bytes of an upload.
///
/// # Errors
/// When payload or name do not fit into one message.
pub fn upload_head(upload: &Upload, payload: u64) -> Result<Bytes, EncodeError> {
    let file_name = upload.name.clone();
    match upload.kind {
        UploadKind::Write => head(&[], 2, &wire::Data { file_name, ..Default::default() }, 2, payload),
        UploadKind::Append => head(&[], 3, &wire::Data { file_name, ..Default::default() }, 2, payload),
        UploadKind::Chunk { offset, last, append } => {
            let part = wire::WriteChunk { file_name, offset, last, append, ..Default::default() };
            head(&[], 17, &part, 5, payload)
        }
    }
}

/// What goes before the `payload` bytes of a file that is written.
///
/// # Errors
/// As [`upload_head`].
pub fn write_file_head(name: &str, payload: u64) -> Result<Bytes, EncodeError> {
    upload_head(&Upload { name: name.to_owned(), kind: UploadKind::Write }, payload)
}

/// What goes before the `payload` bytes that are appended to a file.
///
/// # Errors
/// As [`upload_head`].
pub fn append_file_head(name: &str, payload: u64) -> Result<Bytes, EncodeError> {
    upload_head(&Upload { name: name.to_owned(), kind: UploadKind::Append }, payload)
}

/// What goes before the `payload` bytes of a file that is read whole. An empty file has a result too, an empty one:
/// without, old clients report an error.
///
/// # Errors
/// When the payload does not fit into one message; the client can read by chunks.
pub fn result_head(payload: u64) -> Result<Bytes, EncodeError> {
    head(SUCCESS, 4, &wire::ResultData::default(), 1, payload)
}

/// What goes before the `payload` bytes of one part of a file.
///
/// # Errors
/// When the payload does not fit into one message.
pub fn chunk_head(info: ChunkInfo, payload: u64) -> Result<Bytes, EncodeError> {
    let ChunkInfo { offset, size, version } = info;
    head(SUCCESS, 16, &wire::Chunk { offset, size, version, ..Default::default() }, 1, payload)
}

/// What goes before the `payload` bytes of a download.
///
/// # Errors
/// As [`result_head`] and [`chunk_head`].
pub fn download_head(download: &Download, payload: u64) -> Result<Bytes, EncodeError> {
    match download {
        Download::Result => result_head(payload),
        Download::Chunk(info) => chunk_head(*info, payload),
    }
}

/// Field 1, `status`, with the value 1.
const SUCCESS: &[u8] = &[0x08, 0x01];

fn small(message: &impl Message) -> Result<Bytes, EncodeError> {
    let length = message.encoded_len();
    if length > MAX_CONTROL_BYTES {
        return Err(EncodeError::ControlTooLarge { length });
    }
    let mut bytes = Vec::with_capacity(PREFIX_BYTES + length);
    bytes.extend_from_slice(&(length as u64).to_be_bytes());
    message.encode_raw(&mut bytes);
    Ok(bytes.into())
}

/// Length, `before`, the member with its small `fields`, and the key and length of its payload field, which comes last.
fn head(before: &[u8], member: u32, fields: &impl Message, field: u32, payload: u64) -> Result<Bytes, EncodeError> {
    let fields = fields.encode_to_vec();
    let mut of_payload = Vec::new();
    if payload > 0 {
        push_varint(key(field, LENGTH_DELIMITED), &mut of_payload);
        push_varint(payload, &mut of_payload);
    }
    let inner = ((fields.len() + of_payload.len()) as u64).saturating_add(payload);
    let member = key(member, LENGTH_DELIMITED);
    let around = before.len() as u64 + varint_len(member) + varint_len(inner);
    let length = inner.saturating_add(around);
    if length > MAX_MESSAGE_BYTES {
        return Err(EncodeError::PayloadTooLarge { payload });
    }
    if fields.len() + before.len() > MAX_CONTROL_BYTES {
        return Err(EncodeError::ControlTooLarge { length: fields.len() });
    }
    let mut bytes = Vec::from(length.to_be_bytes());
    bytes.extend_from_slice(before);
    push_varint(member, &mut bytes);
    push_varint(inner, &mut bytes);
    bytes.extend_from_slice(&fields);
    bytes.extend_from_slice(&of_payload);
    Ok(bytes.into())
}
