//! Where a browser's request comes from. Cookies count only for the own origin, whose requests carry proof of it: `Sec-Fetch-Site`, or an
//! `Origin` equal to ours, and with a body a content type that no HTML form can send.

use http::header::{self, HeaderMap};
use http::{Method, Request, Uri};

/// The origin of this instance.
#[derive(Debug, Clone)]
pub struct OwnOrigin {
    origin: String,
    https: bool,
}

impl OwnOrigin {
    /// Of the public URL.
    ///
    /// # Errors
    /// It is no absolute HTTP URL.
    pub fn new(public_url: &str) -> anyhow::Result<Self> {
        let uri: Uri = public_url
            .parse()
            .map_err(|error| anyhow::anyhow!("gateway.public_url is no URL: {error}"))?;
        let (Some(scheme @ ("http" | "https")), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            anyhow::bail!("gateway.public_url must start with http:// or https://");
        };
        let authority = authority.as_str().to_ascii_lowercase();
        Ok(Self {
            origin: format!("{scheme}://{authority}"),
            https: scheme == "https",
        })
    }

    /// Whether browsers reach this instance over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Whether an `Origin` header names this instance: as configured, or as the browser addressed it.
    fn matches(&self, origin: &str, addressed: Option<&str>) -> bool {
        let origin = origin.to_ascii_lowercase();
        if origin == self.origin {
            return true;
        }
        // A page of another site cannot choose the `Host` of a request, so equality proves the same host and port.
        let Some((_, authority)) = origin.split_once("://") else {
            return false;
        };
        addressed.is_some_and(|addressed| addressed.eq_ignore_ascii_case(authority))
    }
}

/// What the headers of a request say about the page that sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// A page of this instance.
    Own,
    /// The person: typed, bookmarked, or a link opened.
    Person,
    /// A page of another site or origin.
    Foreign,
    /// Nothing said: no browser, or a very old one.
    Unknown,
}

/// Who sent a request.
#[must_use]
pub fn sender<B>(request: &Request<B>, own: &OwnOrigin) -> Sender {
    let headers = request.headers();
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match text("sec-fetch-site") {
        Some("same-origin") => return Sender::Own,
        Some("none") => return Sender::Person,
        Some(_) => return Sender::Foreign,
        None => {}
    }
    let addressed = request.uri().authority().map(http::uri::Authority::as_str).or_else(|| text("host"));
    match text("origin") {
        Some(origin) if own.matches(origin, addressed) => Sender::Own,
        Some(_) => Sender::Foreign,
        None => Sender::Unknown,
    }
}

/// Whether a request with a session cookie proves that it comes from the own origin.
#[must_use]
pub fn proves_own_origin<B: http_body::Body>(request: &Request<B>, own: &OwnOrigin) -> bool {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD);
    let from_own = match sender(request, own) {
        Sender::Own => true,
        Sender::Person => safe,
        Sender::Foreign | Sender::Unknown => false,
    };
    from_own && (request.body().is_end_stream() || has_non_simple_type(request.headers()))
}

/// Whether the content type is one that needs a CORS preflight: HTML forms cannot send it.
fn has_non_simple_type(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers.get(header::CONTENT_TYPE).map(|value| value.to_str()) else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.contains('/')
        && !value.contains(',')
        && !matches!(
            essence.as_str(),
            "text/plain" | "application/x-www-form-urlencoded" | "multipart/form-data"
        )
}

#[cfg(test)]
mod tests {
    use http_body_util::{Empty, Full};

    use super::*;

    fn own() -> OwnOrigin {
        OwnOrigin::new("https://tasks.example.com").unwrap()
    }

    fn request(method: &str, headers: &[(&str, &str)], body: &'static str) -> Request<Full<bytes::Bytes>> {
        let mut request = Request::builder().method(method).uri("/v1/x").header("host", "localhost:8080");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Full::from(body)).unwrap()
    }

    #[test]
    fn only_the_own_origin_may_use_a_cookie() {
        let json = ("content-type", "application/json");
        type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'static str, bool);
        let cases: &[Case<'_>] = &[
            ("POST", &[("sec-fetch-site", "same-origin"), json], "{}", true),
            ("POST", &[("origin", "https://tasks.example.com"), json], "{}", true),
            ("POST", &[("origin", "http://localhost:8080"), json], "{}", true),
            ("POST", &[("sec-fetch-site", "same-origin")], "", true),
            ("GET", &[("sec-fetch-site", "none")], "", true),
            ("POST", &[("sec-fetch-site", "none"), json], "{}", false),
            ("POST", &[("sec-fetch-site", "cross-site"), json], "{}", false),
            ("POST", &[("sec-fetch-site", "same-site"), json], "{}", false),
            (
                "POST",
                &[("sec-fetch-site", "cross-site"), ("origin", "https://tasks.example.com"), json],
                "{}",
                false,
            ),
            ("POST", &[("origin", "https://tasks.example.com.evil"), json], "{}", false),
            ("POST", &[("origin", "null"), json], "{}", false),
            ("POST", &[json], "{}", false),
            ("GET", &[], "", false),
            (
                "POST",
                &[("sec-fetch-site", "same-origin"), ("content-type", "text/plain")],
                "{}",
                false,
            ),
            (
                "POST",
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("content-type", "application/x-www-form-urlencoded; a=b"),
                ],
                "{}",
                false,
            ),
            ("POST", &[("sec-fetch-site", "same-origin")], "{}", false),
        ];
        for (method, headers, body, expected) in cases {
            assert_eq!(
                proves_own_origin(&request(method, headers, body), &own()),
                *expected,
                "{method} {headers:?} {body:?}"
            );
        }
    }

    #[test]
    fn the_address_of_http2_counts_like_a_host_header() {
        let request = Request::builder()
            .uri("http://localhost:9999/")
            .header("origin", "http://localhost:9999")
            .body(Empty::<bytes::Bytes>::new())
            .unwrap();
        assert_eq!(sender(&request, &own()), Sender::Own);
    }

    #[test]
    fn a_public_url_is_absolute() {
        assert!(OwnOrigin::new("tasks.example.com").is_err());
        assert!(OwnOrigin::new("ftp://x").is_err());
    }
}
