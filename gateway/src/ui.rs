//! The browser UI, built into the binary from `web/dist`; without it, one page that says so and where the API is described. Hashed files are
//! kept by browsers for good, the page itself never: it carries the nonce of its own content security policy.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use rust_embed::{Embed, EmbeddedFile};
use tonic::body::Body;

use crate::edge::Edge;
use crate::plain;

#[derive(Embed)]
#[folder = "../web/dist/"]
#[allow_missing = true]
#[exclude = "*.map"]
#[exclude = ".vite/*"]
#[exclude = ".gitignore"]
struct Files;

/// What `index.html` has in the place of the nonce.
const NONCE_MARK: &str = "__CSP_NONCE__";
const PLACEHOLDER: &str = include_str!("placeholder.html");
const PLACEHOLDER_POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file or page of the UI, if the path is one.
#[must_use]
pub fn page(edge: &Edge, request: &Request<Body>) -> Option<Response<Body>> {
    let nonce = || URL_SAFE_NO_PAD.encode(&edge.ids.secret()[..16]);
    answer::<Files>(
        request.method(),
        request.uri().path(),
        request.headers(),
        &|path| edge.routes.owns(path),
        &nonce,
    )
}

type IsRoute<'a> = &'a dyn Fn(&str) -> bool;
type Nonce<'a> = &'a dyn Fn() -> String;

fn answer<F: Embed>(method: &Method, path: &str, headers: &HeaderMap, is_route: IsRoute<'_>, nonce: Nonce<'_>) -> Option<Response<Body>> {
    let path = path.strip_prefix('/')?;
    let reads = matches!(*method, Method::GET | Method::HEAD);
    if !path.is_empty() && path != "index.html" && !is_hidden(path) && F::get(path).is_some() {
        return file::<F>(path, headers);
    }
    if !(path.is_empty() || path == "index.html" || reads && !is_route(path) && is_page(path, headers)) {
        return None;
    }
    match F::get("index.html") {
        Some(index) => Some(index_page(&index, &nonce())),
        None if path.is_empty() => Some(with_policy(plain::text(PLACEHOLDER, html()), PLACEHOLDER_POLICY)),
        None => None,
    }
}

fn html() -> HeaderValue {
    HeaderValue::from_static("text/html; charset=utf-8")
}

/// Compressed twins and dot files are no files of their own.
fn is_hidden(path: &str) -> bool {
    path.ends_with(".br") || path.ends_with(".gz") || path.split('/').any(|part| part.starts_with('.'))
}

/// Whether a path is a view of the UI, which the page itself draws: never a place of RPCs, routes or files.
fn is_page(path: &str, headers: &HeaderMap) -> bool {
    let accepts_html = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    let (first, last) = (
        path.split('/').next().unwrap_or_default(),
        path.rsplit('/').next().unwrap_or_default(),
    );
    accepts_html && !first.contains('.') && !last.contains(['.', ':']) && first != "assets" && first != "docs"
}

fn index_page(index: &EmbeddedFile, nonce: &str) -> Response<Body> {
    let page = String::from_utf8_lossy(&index.data).replace(NONCE_MARK, nonce);
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; \
         font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    with_policy(plain::text(page, html()), &policy)
}

fn with_policy(mut response: Response<Body>, policy: &str) -> Response<Body> {
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

fn file<F: Embed>(path: &str, request: &HeaderMap) -> Option<Response<Body>> {
    let accepted = request
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let accepts = |coding: &str| {
        accepted
            .split(',')
            .any(|part| part.split(';').next().is_some_and(|name| name.trim() == coding) && !part.contains("q=0"))
    };
    let twin = |coding, ending| {
        if accepts(coding) {
            F::get(&format!("{path}{ending}")).map(|file| (file, Some(coding)))
        } else {
            None
        }
    };
    let (file, coding) = twin("br", ".br")
        .or_else(|| twin("gzip", ".gz"))
        .or_else(|| F::get(path).map(|file| (file, None)))?;
    let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&file.metadata.sha256_hash()[..16]));
    let content = match file.data {
        std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        std::borrow::Cow::Owned(bytes) => Bytes::from(bytes),
    };
    let mut response = plain::text(content, HeaderValue::from_static(content_type(path)));
    if plain::has_version(request, &etag) {
        response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else if let Some(coding) = coding {
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    let caching = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::ETAG, HeaderValue::from_str(&etag).ok()?);
    Some(response)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[derive(Embed)]
    #[folder = "tests/dist/"]
    struct Built;

    #[derive(Embed)]
    #[folder = "tests/no-such-folder/"]
    #[allow_missing = true]
    struct NotBuilt;

    fn get<F: Embed>(path: &str, headers: &[(&'static str, &str)]) -> Option<Response<Body>> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        answer::<F>(
            &Method::GET,
            path,
            &headers,
            &|path| path.starts_with("v1/") || path == "v1",
            &|| "N0nce".to_owned(),
        )
    }

    async fn body(response: Response<Body>) -> String {
        String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml");

    #[tokio::test]
    async fn every_view_is_the_page_with_a_nonce_of_its_own() {
        for path in ["/", "/index.html", "/projects/WEB", "/tasks/WEB-12"] {
            let response = get::<Built>(path, &[HTML]).unwrap();
            let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
            assert!(
                policy.contains("style-src 'self' 'nonce-N0nce'") && policy.contains("script-src 'self';"),
                "{policy}"
            );
            assert!(!response.headers().contains_key("etag"));
            assert!(body(response).await.contains("content=\"N0nce\""), "{path}");
        }
        for path in [
            "/v1/nothing",
            "/v1",
            "/pkg.v1.Service/Method",
            "/assets/gone.js",
            "/favicon.ico",
            "/docs/x",
            "/.well-known/x",
        ] {
            assert!(get::<Built>(path, &[HTML]).is_none(), "{path}");
        }
        assert!(get::<Built>("/projects/WEB", &[("accept", "application/json")]).is_none());
        assert!(
            answer::<Built>(
                &Method::POST,
                "/projects/WEB",
                &HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("text/html"))]),
                &|_| false,
                &String::new
            )
            .is_none()
        );
    }

    #[tokio::test]
    async fn files_are_compressed_versioned_and_kept() {
        let plain = get::<Built>("/assets/app-1a2b.js", &[]).unwrap();
        assert_eq!(plain.headers()["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(plain.headers()["content-type"], "text/javascript; charset=utf-8");
        assert_eq!(plain.headers()["vary"], "accept-encoding");
        let etag = plain.headers()["etag"].to_str().unwrap().to_owned();
        assert!(body(plain).await.starts_with("console"));
        let small = get::<Built>("/assets/app-1a2b.js", &[("accept-encoding", "gzip, br")]).unwrap();
        assert_eq!(small.headers()["content-encoding"], "br");
        assert_ne!(small.headers()["etag"], etag);
        assert_eq!(body(small).await.trim(), "stands for brotli");
        assert!(
            !get::<Built>("/assets/app-1a2b.js", &[("accept-encoding", "br;q=0")])
                .unwrap()
                .headers()
                .contains_key("content-encoding")
        );
        assert_eq!(
            get::<Built>("/assets/app-1a2b.js", &[("if-none-match", &etag)]).unwrap().status(),
            304
        );
        assert_eq!(get::<Built>("/robots.txt", &[]).unwrap().headers()["cache-control"], "no-cache");
        for hidden in ["/assets/app-1a2b.js.br", "/.hidden", "/assets/../robots.txt", "/../Cargo.toml"] {
            assert!(get::<Built>(hidden, &[]).is_none(), "{hidden}");
        }
    }

    #[tokio::test]
    async fn without_a_build_there_is_one_honest_page() {
        let response = get::<NotBuilt>("/", &[HTML]).unwrap();
        assert!(body(response).await.contains("without the browser UI"));
        assert!(get::<NotBuilt>("/projects/WEB", &[HTML]).is_none());
    }
}
