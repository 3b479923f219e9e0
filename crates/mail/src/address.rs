//! Where a mail goes, and whom it is from.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

use crate::line::Line;

/// The text is no address that a mail can go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an e-mail address such as name@example.com, or such as Name <name@example.com>")]
pub struct BadAddress;

/// An e-mail address: a name, one `@` and a domain, without spaces, controls and what has a meaning in headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What comes after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.parts().1
    }

    /// The name before the `@`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.parts().0
    }

    /// The address as mail servers know it: its domain in ASCII.
    #[must_use]
    pub fn wire(&self) -> Cow<'_, str> {
        match idna::domain_to_ascii(self.domain()) {
            Ok(domain) if !self.domain().is_ascii() => Cow::Owned(format!("{}@{domain}", self.name())),
            // What is no domain to Unicode is left to the server to refuse.
            _ => Cow::Borrowed(&self.0),
        }
    }

    /// The form that is the same for every spelling of one address: lower case, composed, the domain in ASCII.
    #[must_use]
    pub fn canonical(&self) -> String {
        let domain = idna::domain_to_ascii(self.domain()).unwrap_or_else(|_| self.domain().to_lowercase());
        // Letter by letter: the lower case of a whole word depends on where in it a sigma stands.
        let lower = self.name().nfc().flat_map(char::to_lowercase);
        let name: String = lower.map(|letter| if letter == 'ς' { 'σ' } else { letter }).nfc().collect();
        format!("{name}@{domain}")
    }

    fn parts(&self) -> (&str, &str) {
        self.0.rsplit_once('@').unwrap_or_default()
    }
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let (name, domain) = text.rsplit_once('@').ok_or(BadAddress)?;
        let is_unfit = |letter: char| letter.is_control() || letter.is_whitespace() || "\"(),:;<>[\\]@".contains(letter);
        let fits = !name.is_empty() && !domain.is_empty() && text.len() <= 400 && !name.contains(is_unfit);
        let domain_fits = domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte)) || is_unicode_domain(domain);
        if fits && domain_fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadAddress)
        }
    }
}

/// A domain in its own letters, as people type it.
fn is_unicode_domain(domain: &str) -> bool {
    domain.chars().all(|letter| letter.is_alphanumeric() || ".-".contains(letter))
}

/// An address with the name of the person or thing behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The name; empty for none.
    pub name: Line,
    /// The address.
    pub address: Address,
}

/// `name@example.com`, or `Name <name@example.com>`.
impl FromStr for Mailbox {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>') {
            Some(rest) => rest.rsplit_once('<').ok_or(BadAddress)?,
            None => ("", text),
        };
        Ok(Self {
            name: Line::of(name.trim().trim_matches('"')),
            address: address.parse()?,
        })
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            f.write_str(self.address.as_str())
        } else {
            write!(f, "{} <{}>", self.name, self.address.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_could_be_something_else_are_refused() {
        for text in [
            "ada@example.com",
            "o'neil+x@sub.example.com",
            "ада@example.com",
            "ada@пример.рф",
            "root@localhost",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().as_str(), text);
        }
        for text in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "a b@example.com",
            "a@b@example.com",
            "a\r\nBcc: x@example.com",
            "<a@example.com>",
            "a,b@example.com",
            "a@example.com\n",
            "a@exa mple.com",
            "a@[127.0.0.1]",
        ] {
            assert_eq!(text.parse::<Address>(), Err(BadAddress), "{text:?}");
        }
    }

    #[test]
    fn spellings_of_one_address_are_one() {
        let canonical = |text: &str| text.parse::<Address>().unwrap().canonical();
        for (one, other) in [
            ("Ada@Example.COM", "ada@example.com"),
            ("ada@bücher.example", "ADA@xn--bcher-kva.example"),
            ("jos\u{e9}@x.com", "JOSE\u{301}@x.com"),
            ("ΝΙΚΟΣ@x.gr", "νικος@x.gr"),
        ] {
            assert_eq!(canonical(one), canonical(other), "{one} {other}");
        }
        assert_ne!(canonical("ada+a@x.com"), canonical("ada@x.com"));
        let wire = |text: &str| text.parse::<Address>().unwrap().wire().into_owned();
        assert_eq!(wire("Ada@bücher.example"), "Ada@xn--bcher-kva.example");
        assert_eq!(wire("Ada@Example.com"), "Ada@Example.com");
    }

    #[test]
    fn mailboxes_have_names_or_not() {
        let named: Mailbox = "Task Tracker <no-reply@example.com>".parse().unwrap();
        assert_eq!((named.name.as_str(), named.address.domain()), ("Task Tracker", "example.com"));
        assert_eq!(named.to_string(), "Task Tracker <no-reply@example.com>");
        assert_eq!(
            "no-reply@example.com".parse::<Mailbox>().unwrap().to_string(),
            "no-reply@example.com"
        );
        assert_eq!("\"A, B\" <a@example.com>".parse::<Mailbox>().unwrap().name.as_str(), "A, B");
        for text in ["Task Tracker", "Task Tracker <>", "a@example.com>", "x <a@example.com> y"] {
            assert_eq!(text.parse::<Mailbox>(), Err(BadAddress), "{text:?}");
        }
    }
}
