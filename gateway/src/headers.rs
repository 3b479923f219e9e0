//! Which headers cross the gateway. Both ways by allow-list, so a header that nobody thought of never reaches a service, and nothing
//! internal ever reaches a client. The security headers that every answer carries are here too.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Request headers that services receive. `authorization` is not among them: the gateway sets it from the checked credential.
const TO_SERVICES: &[&str] = &[
    "accept-language",
    "grpc-accept-encoding",
    "grpc-encoding",
    "if-match",
    "if-none-match",
    "if-range",
    "range",
    "traceparent",
    "tracestate",
    "user-agent",
    "x-authz-min-revision",
    "x-consistency-token",
];

/// Answer headers and trailers of services that clients receive, besides `grpc-*`.
const TO_CLIENTS: &[&str] = &[
    "accept-ranges",
    "cache-control",
    "content-disposition",
    "content-range",
    "deprecation",
    "etag",
    "link",
    "repr-digest",
    "retry-after",
    "sunset",
    "x-authz-revision",
    "x-consistency-token",
    "x-request-id",
];

/// What gRPC itself needs in answers.
const GRPC: &[&str] = &[
    "grpc-encoding",
    "grpc-accept-encoding",
    "grpc-status",
    "grpc-message",
    "grpc-status-details-bin",
];

/// The id that the gateway gives a request, and the one that the client gave.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The id that the client gave.
pub const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-client-request-id");
/// The client's address, for services.
pub const CLIENT_ADDRESS: HeaderName = HeaderName::from_static("x-client-address");
/// What the client calls itself, for services behind a channel, which overwrites `user-agent`.
pub const CLIENT_USER_AGENT: HeaderName = HeaderName::from_static("x-client-user-agent");

/// The policy for everything but the UI: such an answer loads nothing and is framed by nobody.
pub const API_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// The metadata that services receive of a client's headers.
#[must_use]
pub fn to_services(client: &HeaderMap) -> HeaderMap {
    let mut metadata = HeaderMap::with_capacity(16);
    for name in TO_SERVICES {
        if let Some(value) = client.get(*name) {
            metadata.insert(HeaderName::from_static(name), value.clone());
        }
    }
    if let Some(value) = client.get(header::USER_AGENT) {
        metadata.insert(CLIENT_USER_AGENT, value.clone());
    }
    metadata
}

/// The headers that clients receive of a service's metadata, on REST.
#[must_use]
pub fn to_rest_clients(service: &HeaderMap) -> HeaderMap {
    picked(service, &[TO_CLIENTS])
}

/// The headers or trailers that clients receive of a service's, on gRPC and gRPC-web.
#[must_use]
pub fn to_grpc_clients(service: &HeaderMap) -> HeaderMap {
    picked(service, &[GRPC, TO_CLIENTS])
}

fn picked(from: &HeaderMap, lists: &[&[&'static str]]) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(16);
    for name in lists.iter().copied().flatten() {
        for value in from.get_all(*name) {
            headers.append(HeaderName::from_static(name), value.clone());
        }
    }
    headers
}

/// Sets the security headers that every answer carries, where the answer did not decide otherwise.
pub fn secure(headers: &mut HeaderMap, over_https: bool) {
    let defaults = [
        (header::CONTENT_SECURITY_POLICY, API_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        ),
        (
            HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        ),
    ];
    for (name, value) in defaults {
        headers.entry(name).or_insert(value);
    }
    if over_https {
        headers
            .entry(header::STRICT_TRANSPORT_SECURITY)
            .or_insert(HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    }
    headers.append(header::VARY, HeaderValue::from_static("origin, sec-fetch-site"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_receive_no_header_that_is_not_listed() {
        let mut client = HeaderMap::new();
        for name in [
            "x-authz-user",
            "x-authz-min-revision",
            "x-session-cookie",
            "cookie",
            "authorization",
            "x-client-address",
            "te",
            "connection",
            "x-evil-bin",
        ] {
            client.insert(HeaderName::from_static(name), HeaderValue::from_static("1"));
        }
        let names: Vec<_> = to_services(&client).keys().map(ToString::to_string).collect();
        assert_eq!(names, ["x-authz-min-revision"]);
    }

    #[test]
    fn clients_receive_no_internal_metadata() {
        let mut service = HeaderMap::new();
        for name in [
            "x-session-cookie",
            "x-session-expire",
            "x-authz-revision",
            "grpc-status",
            "set-cookie",
            "server",
        ] {
            service.insert(HeaderName::from_static(name), HeaderValue::from_static("1"));
        }
        let mut names: Vec<_> = to_grpc_clients(&service).keys().map(ToString::to_string).collect();
        names.sort();
        assert_eq!(names, ["grpc-status", "x-authz-revision"]);
    }
}
