//! The browser's session cookie: read from requests, and set or cleared when Auth says so in metadata, which no client ever sees.

use http::header::{self, HeaderMap, HeaderValue};
use jiff::Timestamp;

/// The cookie's name. `__Host-` makes browsers insist on `Secure`, `Path=/` and no `Domain`.
pub const NAME: &str = "__Host-tt_session";
/// Metadata with a new session's secret; empty when the session has ended.
const SECRET: &str = "x-session-cookie";
/// Metadata with the moment at which the session ends, in Unix seconds.
const EXPIRE: &str = "x-session-expire";
/// Longest secret that Auth makes.
const LONGEST: usize = 200;

/// The session secret that a request carries. `Some("")` for a cookie that cannot be one of ours.
#[must_use]
pub fn read(headers: &HeaderMap) -> Option<&str> {
    let value = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == NAME)?
        .1;
    let fits = value.len() <= LONGEST && value.bytes().all(|byte| byte.is_ascii_graphic());
    Some(if fits { value } else { "" })
}

/// What Auth wants done with the cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order<'a> {
    /// Keep this secret until this moment (Unix seconds).
    Set(&'a str, i64),
    /// Forget it.
    Clear,
}

impl<'a> Order<'a> {
    /// The order in a service's answer.
    #[must_use]
    pub fn find(metadata: &'a HeaderMap) -> Option<Self> {
        let secret = metadata.get(SECRET)?.to_str().ok()?;
        if secret.is_empty() {
            return Some(Self::Clear);
        }
        if secret.len() > LONGEST || !secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)) {
            tracing::error!("a service sent a session secret that is no cookie value");
            return None;
        }
        let expire = metadata.get(EXPIRE)?.to_str().ok()?.parse().ok()?;
        Some(Self::Set(secret, expire))
    }

    /// The header that does it.
    #[must_use]
    pub fn header(self, now: Timestamp) -> HeaderValue {
        let (secret, age) = match self {
            Self::Set(secret, expire) => (secret, expire.saturating_sub(now.as_second()).max(0)),
            Self::Clear => ("", 0),
        };
        let text = format!("{NAME}={secret}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={age}");
        let mut value = HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(lines: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_static(line));
        }
        headers
    }

    #[test]
    fn the_cookie_is_found_among_others_and_over_several_lines() {
        assert_eq!(read(&cookies(&["a=b; __Host-tt_session=xyz; c=d"])), Some("xyz"));
        assert_eq!(read(&cookies(&["a=b", "__Host-tt_session=xyz"])), Some("xyz"));
        assert_eq!(read(&cookies(&["tt_session=xyz; X__Host-tt_session=1"])), None);
        assert_eq!(read(&cookies(&["__Host-tt_session=\"a b\""])), Some(""));
    }

    #[test]
    fn an_order_becomes_a_cookie_that_only_the_browser_sees() {
        let now = Timestamp::from_second(1_000).unwrap();
        let mut metadata = HeaderMap::new();
        metadata.insert(SECRET, HeaderValue::from_static("s3cret"));
        metadata.insert(EXPIRE, HeaderValue::from_static("1600"));
        let header = Order::find(&metadata).unwrap().header(now);
        assert_eq!(
            header,
            "__Host-tt_session=s3cret; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600"
        );
        metadata.insert(SECRET, HeaderValue::from_static(""));
        assert_eq!(Order::find(&metadata), Some(Order::Clear));
        metadata.insert(SECRET, HeaderValue::from_static("a; Domain=evil"));
        assert_eq!(Order::find(&metadata), None);
    }
}
