//! CORS: off unless an operator lists origins, never a wildcard, never credentials (cookies are for the own origin only).

use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use tonic::body::Body;

const ALLOWED_HEADERS: &str = "accept-language, authorization, content-type, grpc-timeout, idempotency-key, if-match, if-none-match, if-range, \
    last-event-id, range, traceparent, x-authz-min-revision, x-consistency-token, x-grpc-web, x-request-id, x-user-agent";
const EXPOSED_HEADERS: &str = "accept-ranges, allow, content-disposition, content-range, etag, grpc-message, grpc-status, grpc-status-details-bin, \
    location, retry-after, x-authz-revision, x-client-request-id, x-consistency-token, x-request-id";

/// The origins whose pages may call the API.
#[derive(Debug, Clone, Default)]
pub struct Cors {
    origins: Vec<HeaderValue>,
}

impl Cors {
    /// With these origins.
    ///
    /// # Errors
    /// One of them is no origin.
    pub fn new(origins: &[String]) -> anyhow::Result<Self> {
        let origins = origins.iter().map(|origin| {
            let valid = origin
                .split_once("://")
                .is_some_and(|(scheme, rest)| matches!(scheme, "http" | "https") && !rest.is_empty() && !rest.contains(['/', '*']));
            anyhow::ensure!(valid, "gateway.cors_origins: {origin} is no origin such as https://app.example.com");
            Ok(HeaderValue::from_str(origin)?)
        });
        Ok(Self {
            origins: origins.collect::<anyhow::Result<_>>()?,
        })
    }

    /// Whether a request is a preflight, which no service ever sees.
    #[must_use]
    pub fn is_preflight<B>(request: &Request<B>) -> bool {
        let headers = request.headers();
        request.method() == Method::OPTIONS
            && headers.contains_key(header::ORIGIN)
            && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// The answer to a preflight; `finish` adds the origin where it is listed.
    #[must_use]
    pub fn preflight(&self, request: &HeaderMap) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        if self.allows(request).is_some() {
            let headers = response.headers_mut();
            headers.insert(
                header::ACCESS_CONTROL_ALLOW_METHODS,
                HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE"),
            );
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ALLOWED_HEADERS));
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
        }
        response
    }

    /// The origin of a request, where it is listed.
    #[must_use]
    pub fn allows(&self, request: &HeaderMap) -> Option<HeaderValue> {
        let origin = request.get(header::ORIGIN)?;
        self.origins.contains(origin).then(|| origin.clone())
    }

    /// Lets a listed origin's page read the answer.
    pub fn finish(allowed: Option<HeaderValue>, response: &mut HeaderMap) {
        if let Some(origin) = allowed {
            response.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            response.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
            response.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_exact() {
        for wrong in ["*", "https://*", "app.example.com", "https://app.example.com/", "null"] {
            assert!(Cors::new(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
        let cors = Cors::new(&["https://app.example.com".to_owned()]).unwrap();
        let from = |origin| HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static(origin))]);
        assert!(cors.allows(&from("https://app.example.com")).is_some());
        for foreign in ["https://app.example.com.evil", "http://app.example.com", "null"] {
            assert!(cors.allows(&from(foreign)).is_none(), "{foreign}");
        }
    }
}
