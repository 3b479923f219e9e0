//! What makes a message the same message when it is sent again.

use std::fmt;
use std::str::FromStr;

/// The text cannot be a Message-ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a Message-ID is left@right of up to 200 ASCII letters, digits and any of . - _ +")]
pub struct BadMessageId;

/// A Message-ID without its angle brackets: `left@right`, of letters and digits that are fit for a file's name, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageId(String);

impl MessageId {
    /// `left@right`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id that is unique on the left side, of the host on the right side.
    ///
    /// # Errors
    /// One of them cannot stand there.
    pub fn new(unique: impl fmt::Display, host: &str) -> Result<Self, BadMessageId> {
        format!("{unique}@{host}").parse()
    }
}

impl FromStr for MessageId {
    type Err = BadMessageId;

    fn from_str(text: &str) -> Result<Self, BadMessageId> {
        let (left, right) = text.split_once('@').ok_or(BadMessageId)?;
        let fits = |side: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_+".contains(&byte);
            !side.is_empty() && side.bytes().all(allowed) && !side.starts_with('.') && !side.ends_with('.') && !side.contains("..")
        };
        if text.len() <= 200 && fits(left) && fits(right) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadMessageId)
        }
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_fit_for_headers_and_files() {
        assert_eq!(
            MessageId::new("task.0190-a", "example.com").unwrap().as_str(),
            "task.0190-a@example.com"
        );
        assert_eq!(MessageId::new(7, "127.0.0.1").unwrap().to_string(), "7@127.0.0.1");
        for text in [
            "",
            "a",
            "@b",
            "a@",
            "a@b@c",
            "../a@b",
            "a/b@c",
            "a@b>",
            "a b@c",
            "a@b\r\nTo: x",
            ".a@b",
            "a@b.",
            "é@b",
        ] {
            assert_eq!(text.parse::<MessageId>(), Err(BadMessageId), "{text:?}");
        }
    }
}
