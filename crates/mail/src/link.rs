//! An address on the web, as it may stand in a header.

use std::fmt;
use std::str::FromStr;

/// The text cannot be a link in a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must begin with http:// or https:// and be visible ASCII without spaces, quotes and angle brackets")]
pub struct BadLink;

/// An absolute HTTP URL of visible ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link(String);

impl Link {
    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Link {
    type Err = BadLink;

    fn from_str(text: &str) -> Result<Self, BadLink> {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .ok_or(BadLink)?;
        let fits = |byte: u8| byte.is_ascii_graphic() && !b"\"'<>\\^`{|}".contains(&byte);
        if !rest.is_empty() && !rest.starts_with('/') && text.len() <= 900 && rest.bytes().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadLink)
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_plain() {
        for text in [
            "https://example.com",
            "http://127.0.0.1:8080/v1/notifications:unsubscribe?token=AQ-_x&a=b#c",
        ] {
            assert_eq!(text.parse::<Link>().unwrap().as_str(), text);
        }
        for text in [
            "",
            "example.com",
            "https://",
            "https:///x",
            "javascript:alert(1)",
            "https://a b",
            "https://a>",
            "https://a\r\nTo: x",
            "https://é",
        ] {
            assert_eq!(text.parse::<Link>(), Err(BadLink), "{text:?}");
        }
    }
}
