//! What prost makes of a whole body, against what the streaming decoder made of it. The fuzz targets use it too.

use prost::Message as _;
use veracruz_protocol::wire::{
    PolicyHash, RequestMessage, ResponseMessage, RuntimeManagerRequest, RuntimeManagerResponse,
};
use veracruz_protocol::{
    Failure, MAX_CONTROL_BYTES, MAX_DETAIL_BYTES, PREFIX_BYTES, Refusal, RefusalCode, Status, download_head,
    encode_request, encode_response, upload_head,
};

use crate::seen::{Seen, SeenRequest, SeenResponse};

/// Panics when the streaming decoder understood the request `body` otherwise than prost does.
pub(crate) fn hold_request(body: &[u8], seen: &SeenRequest) {
    let again = match seen {
        Seen::Message(request) => encode_request(request).expect("what came in can go out").to_vec(),
        Seen::Carrier(upload, payload) => {
            [&upload_head(upload, payload.len() as u64).expect("what came in can go out"), payload.as_slice()].concat()
        }
        Seen::Refused(refusal) => return hold_refusal(refusal, RuntimeManagerRequest::decode(body).is_ok()),
        Seen::Skipped => unreachable!("nobody asked to skip"),
    };
    let mut whole = RuntimeManagerRequest::decode(body).expect("prost takes what we take");
    whole.context = 0;
    if let Some(
        RequestMessage::RequestPiHash(_)
        | RequestMessage::RequestProxyPsaAttestationToken(_)
        | RequestMessage::PsaAttestationInit(_),
    ) = whole.message
    {
        whole.message = None;
    }
    assert!(RuntimeManagerRequest::decode(&again[PREFIX_BYTES..]).expect("ours") == whole, "{body:02x?}");
}

/// Panics when the streaming decoder understood the response `body` otherwise than prost does.
pub(crate) fn hold_response(body: &[u8], seen: &SeenResponse) {
    let again = match seen {
        Seen::Message(response) => encode_response(response).expect("what came in can go out").to_vec(),
        Seen::Carrier(download, payload) => {
            let head = download_head(download, payload.len() as u64).expect("what came in can go out");
            [&head, payload.as_slice()].concat()
        }
        Seen::Refused(refusal) => return hold_refusal(refusal, RuntimeManagerResponse::decode(body).is_ok()),
        Seen::Skipped => unreachable!("nobody asked to skip"),
    };
    let whole = checked(RuntimeManagerResponse::decode(body).expect("prost takes what we take"));
    assert!(RuntimeManagerResponse::decode(&again[PREFIX_BYTES..]).expect("ours") == whole, "{body:02x?}");
}

/// The response without what the typed one leaves out.
fn checked(mut whole: RuntimeManagerResponse) -> RuntimeManagerResponse {
    whole.context = 0;
    if Status::from_number(whole.status) != Status::Success {
        let cut = Failure::new(whole.code, whole.detail);
        assert!(cut.detail().len() <= MAX_DETAIL_BYTES);
        let status = Status::from_number(whole.status).number();
        return RuntimeManagerResponse {
            status,
            code: cut.code().to_owned(),
            detail: cut.detail().to_owned(),
            context: 0,
            message: None,
        };
    }
    whole.code.clear();
    whole.detail.clear();
    whole.message = match whole.message {
        Some(
            ResponseMessage::PiHash(_)
            | ResponseMessage::Error(_)
            | ResponseMessage::State(_)
            | ResponseMessage::Cert(_),
        ) => None,
        Some(ResponseMessage::PolicyHash(hash)) => {
            Some(ResponseMessage::PolicyHash(PolicyHash { data: hash.data.to_ascii_lowercase().into() }))
        }
        other => other,
    };
    whole
}

/// What prost cannot read we refuse; what we refuse beyond that, we refuse by a rule of our own.
fn hold_refusal(refusal: &Refusal, prost_takes_it: bool) {
    let ours = refusal.code() != RefusalCode::BadProtobuf || refusal.detail().contains("is a group");
    assert!(ours || !prost_takes_it, "prost takes it, and no rule of ours is against it: {refusal}");
    assert!(refusal.detail().len() < MAX_CONTROL_BYTES);
}
