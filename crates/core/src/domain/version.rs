//! Versions as clients see them: an etag is the quoted version number, which clients must not look into.

use std::fmt;
use std::str::FromStr;

/// Version of a stored thing, counted from 1 with every change. Written as an etag: in base 36, in double quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Etag(i64);

/// The text is no etag of this service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an etag as this service sent it, with its quotes")]
pub struct BadEtag;

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

impl Etag {
    /// The etag of a version.
    pub const fn of(version: i64) -> Self {
        Self(version)
    }

    /// The version.
    pub const fn version(self) -> i64 {
        self.0
    }

    /// Whether an `If-Match` header lets a write to this version pass: `*`, or a list of etags with exactly this one in it. Weak etags
    /// and anything else that we never sent do not match, as RFC 9110 wants it.
    pub fn satisfies(self, if_match: &str) -> bool {
        let own = self.to_string();
        if_match.trim() == "*" || if_match.split(',').any(|tag| tag.trim() == own)
    }
}

impl fmt::Display for Etag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = Vec::new();
        let mut rest = self.0.unsigned_abs();
        while rest > 0 || digits.is_empty() {
            digits.push(DIGITS[(rest % 36) as usize]);
            rest /= 36;
        }
        let text: String = digits.into_iter().rev().map(char::from).collect();
        write!(f, "\"{text}\"")
    }
}

impl FromStr for Etag {
    type Err = BadEtag;

    fn from_str(text: &str) -> Result<Self, BadEtag> {
        let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or(BadEtag)?;
        let etag = i64::from_str_radix(quoted, 36).map(Self).map_err(|_| BadEtag)?;
        // Leading zeros, signs and capitals would make two etags of one version.
        if etag.0 > 0 && etag.to_string() == text {
            Ok(etag)
        } else {
            Err(BadEtag)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn etags_are_quoted() {
        assert_eq!(Etag::of(1).to_string(), "\"1\"");
        assert_eq!(Etag::of(12).to_string(), "\"c\"");
        assert_eq!("\"10\"".parse(), Ok(Etag::of(36)));
    }

    #[test]
    fn only_what_we_send_is_read() {
        for bad in [
            "",
            "\"",
            "\"\"",
            "c",
            "W/\"c\"",
            "\"C\"",
            "\"0c\"",
            "\"0\"",
            "\"-c\"",
            "\"+c\"",
            "*",
            "\"c\" ",
            "\"1y2p0ij32e8e8\"",
        ] {
            assert_eq!(bad.parse::<Etag>(), Err(BadEtag), "{bad:?}");
        }
    }

    #[test]
    fn if_match_compares_exactly() {
        let etag = Etag::of(12);
        for passes in ["\"c\"", " \"c\" ", "*", "\"a\", \"c\""] {
            assert!(etag.satisfies(passes), "{passes:?}");
        }
        for fails in ["", "c", "\"d\"", "W/\"c\"", "\"C\"", "\"a\",\"b\"", "\"bogus\""] {
            assert!(!etag.satisfies(fails), "{fails:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(version in 1..=i64::MAX) {
            let etag = Etag::of(version);
            prop_assert_eq!(etag.to_string().parse::<Etag>(), Ok(etag));
            prop_assert!(etag.satisfies(&etag.to_string()));
        }
    }
}
