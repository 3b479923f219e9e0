//! Errors that tonic makes by itself, said in our form: with a reason, with details, and with the code that fits.

use http::{HeaderMap, Response};
use std::sync::Arc;
use tasktracker_proto::r#type::v1::ErrorReason;
use tonic::body::Body;
use tonic::{Code, Status};

use crate::error::RpcError;
use crate::request;

/// The answer as it is, or, where it is a bare error of tonic's, the same error in our form.
pub fn made_ours(response: Response<Body>, id: &Arc<str>) -> Response<Body> {
    let Some(status) = bare(response.headers()) else { return response };
    request::within_sync(id.clone(), || Status::from(translate(&status))).into_http()
}

/// The same for the trailers of a stream.
pub fn trailers_made_ours(trailers: &mut HeaderMap, id: &Arc<str>) {
    let Some(status) = bare(trailers) else { return };
    let status = request::within_sync(id.clone(), || Status::from(translate(&status)));
    // What cannot be written as a header stays as it is: nothing of ours cannot.
    let _ = status.add_header(trailers);
}

/// An error without details, which only a library makes.
fn bare(headers: &HeaderMap) -> Option<Status> {
    if !headers.contains_key("grpc-status") || headers.contains_key("grpc-status-details-bin") {
        return None;
    }
    Status::from_header_map(headers).filter(|status| status.code() != Code::Ok)
}

fn translate(status: &Status) -> RpcError {
    let message = status.message();
    match status.code() {
        Code::Unimplemented => RpcError::new(
            Code::Unimplemented,
            ErrorReason::Unimplemented,
            "no such rpc, or not called in a way it supports",
        ),
        Code::OutOfRange | Code::ResourceExhausted if message.contains("message length too large") => RpcError::new(
            Code::ResourceExhausted,
            ErrorReason::PayloadTooLarge,
            "the message is larger than allowed",
        ),
        Code::Internal
            if message.contains("decode")
                || message.contains("Protobuf")
                || message.contains("compression flag")
                || message.contains("compressed-flag") =>
        {
            RpcError::new(
                Code::InvalidArgument,
                ErrorReason::MalformedRequest,
                "the message cannot be decoded",
            )
        }
        Code::Internal | Code::Unknown if message.contains("too large") => RpcError::new(
            Code::ResourceExhausted,
            ErrorReason::PayloadTooLarge,
            "the message is larger than allowed",
        ),
        Code::Internal if message.contains("Missing request message") || message.contains("Unexpected EOF") => RpcError::new(
            Code::InvalidArgument,
            ErrorReason::MalformedRequest,
            "the request message is missing or cut off",
        ),
        Code::Internal | Code::Unknown => RpcError::internal(anyhow::anyhow!("{status}")),
        code => RpcError::new(code, ErrorReason::Internal, message),
    }
}
