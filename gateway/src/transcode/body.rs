//! Reading a request's body: its size is bounded before anything looks inside, and only JSON is taken where JSON is expected.

use bytes::Bytes;
use http::StatusCode;
use http::header::{self, HeaderMap};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value;
use tonic::body::Body;

use super::binding::BodyRule;
use super::json;
use crate::deadline::Deadline;
use crate::failure::Failure;

/// Refuses bodies that are compressed: nothing at the edge inflates what a stranger sent.
///
/// # Errors
/// There is a `Content-Encoding`.
pub fn check_encoding(headers: &HeaderMap) -> Result<(), Failure> {
    match headers.get(header::CONTENT_ENCODING) {
        None => Ok(()),
        Some(value) if value.as_bytes().eq_ignore_ascii_case(b"identity") => Ok(()),
        Some(_) => Err(Failure::unsupported_media_type("bodies are taken without content-encoding only")),
    }
}

/// The whole body, if it is small enough and comes in time.
///
/// # Errors
/// It is larger, slower, or broken off.
pub async fn read(headers: &HeaderMap, body: Body, limit: usize, deadline: &Deadline) -> Result<Bytes, Failure> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(Failure::too_large(limit));
    }
    let read = deadline.within(Limited::new(body, limit).collect()).await;
    match read.map_err(|failure| failure.http(StatusCode::REQUEST_TIMEOUT))? {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => Err(Failure::too_large(limit)),
        Err(_) => Err(Failure::malformed("the body was broken off")),
    }
}

/// The JSON of a body; `None` where it is empty.
///
/// # Errors
/// A body where there should be none, another content type, or no JSON.
pub fn json(rule: &BodyRule, headers: &HeaderMap, bytes: &[u8]) -> Result<Option<Value>, Failure> {
    match rule {
        BodyRule::Raw(_) => Ok(None),
        _ if bytes.is_empty() => Ok(None),
        BodyRule::None => Err(Failure::malformed("this route takes no body")),
        BodyRule::Whole | BodyRule::Field(_) => {
            if !is_json(headers) {
                return Err(Failure::unsupported_media_type("this route takes application/json"));
            }
            json::parse(bytes).map(Some)
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers.get(header::CONTENT_TYPE).map(|value| value.to_str()) else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let utf8 = |parameter: &str| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => value.trim_matches('"').eq_ignore_ascii_case("utf-8"),
        _ => true,
    };
    essence.eq_ignore_ascii_case("application/json") && parts.all(utf8)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_json_in_utf8_is_json() {
        let of = |value| is_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(value))]));
        assert!(of("application/json") && of("Application/JSON; charset=\"UTF-8\""));
        assert!(!of("application/json; charset=latin1") && !of("text/plain") && !of("application/jsonp") && !is_json(&HeaderMap::new()));
    }
}
