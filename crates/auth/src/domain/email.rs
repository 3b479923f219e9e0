//! E-mail addresses: the text as given, for sending, and a canonical form that is the same for every spelling of one address.
//! Uniqueness is decided here and not by a database's collation, so it is the same on every store.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// An e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    raw: String,
    canonical: String,
}

/// Why a text is no e-mail address of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEmail {
    /// More than 254 characters, or more than 64 bytes before the `@`.
    #[error("is too long")]
    TooLong,
    /// There is not one name, one `@` and one domain.
    #[error("must look like name@example.com")]
    Shape,
    /// The name holds a space, a control, an invisible character or one that needs quotes.
    #[error("must not hold spaces, invisible characters or any of \"(),:;<>[\\]")]
    Name,
    /// The domain is none.
    #[error("must end in a valid domain")]
    Domain,
}

impl Email {
    /// Reads an address. Nothing is trimmed: a space is an error that the person sees.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(raw: &str) -> Result<Self, InvalidEmail> {
        if raw.chars().count() > 254 {
            return Err(InvalidEmail::TooLong);
        }
        let (name, domain) = raw.rsplit_once('@').ok_or(InvalidEmail::Shape)?;
        let name = canonical_name(name)?;
        let domain = canonical_domain(domain)?;
        Ok(Self {
            raw: raw.to_owned(),
            canonical: format!("{name}@{domain}"),
        })
    }

    /// The address as it was given.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The form that is unique: lower case, composed, the domain in ASCII.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

fn canonical_name(name: &str) -> Result<String, InvalidEmail> {
    if name.is_empty() {
        return Err(InvalidEmail::Shape);
    }
    if name.len() > 64 {
        return Err(InvalidEmail::TooLong);
    }
    let dots_are_between = !name.starts_with('.') && !name.ends_with('.') && !name.contains("..");
    if !dots_are_between || !name.chars().all(belongs_in_name) {
        return Err(InvalidEmail::Name);
    }
    // Letter by letter: the lower case of a whole word depends on where in it a sigma stands.
    let lower = name
        .nfc()
        .flat_map(char::to_lowercase)
        .map(|letter| if letter == 'ς' { 'σ' } else { letter });
    Ok(lower.nfc().collect())
}

/// Letters, digits and marks of any script, and what RFC 5322 allows in an atom.
fn belongs_in_name(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(letter);
    }
    letter.is_alphanumeric() || is_combining_mark(letter)
}

fn canonical_domain(domain: &str) -> Result<String, InvalidEmail> {
    if domain.is_empty() {
        return Err(InvalidEmail::Shape);
    }
    let ascii = idna::domain_to_ascii_strict(domain).map_err(|_| InvalidEmail::Domain)?;
    // A number is a part of an IP address, which needs brackets, which are not taken.
    let last = ascii.rsplit('.').next().unwrap_or_default();
    if last.is_empty() || last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InvalidEmail::Domain);
    }
    Ok(ascii)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(raw: &str) -> String {
        Email::parse(raw).unwrap_or_else(|error| panic!("{raw}: {error}")).canonical
    }

    #[test]
    fn spellings_of_one_address_are_one() {
        let same = [
            ("A@x.com", "a@X.COM"),
            ("ada@bücher.example", "ada@xn--bcher-kva.example"),
            ("ada@BÜCHER.example", "Ada@bücher.example"),
            ("jos\u{e9}@x.com", "jose\u{301}@x.com"),
            ("JOS\u{c9}@x.com", "jose\u{301}@x.com"),
            ("ΝΙΚΟΣ@x.gr", "νικος@x.gr"),
            ("ada@x\u{ff0e}com", "ada@x.com"),
        ];
        for (one, other) in same {
            assert_eq!(canonical(one), canonical(other), "{one} {other}");
        }
    }

    #[test]
    fn other_addresses_are_others() {
        let different = [
            ("ada+a@x.com", "ada@x.com"),
            ("a.da@x.com", "ada@x.com"),
            ("ada@ex\u{430}mple.com", "ada@example.com"),
        ];
        for (one, other) in different {
            assert_ne!(canonical(one), canonical(other));
        }
    }

    #[test]
    fn the_raw_text_is_kept() {
        let email = Email::parse("Ada.Lovelace@Example.COM").unwrap();
        assert_eq!(email.raw(), "Ada.Lovelace@Example.COM");
        assert_eq!(email.canonical(), "ada.lovelace@example.com");
        assert_eq!(canonical("ada@localhost"), "ada@localhost");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        use InvalidEmail::*;
        let long = format!("{}@x.com", "a".repeat(65));
        let longer = format!("a@{}.com", "x".repeat(251));
        let label = format!("a@{}.com", "x".repeat(64));
        let wrong = [
            ("", Shape),
            ("ada", Shape),
            ("@x.com", Shape),
            ("ada@", Shape),
            ("ada@@x.com", Name),
            ("a da@x.com", Name),
            (" ada@x.com", Name),
            ("ada @x.com", Name),
            ("ada\n@x.com", Name),
            ("ada\0@x.com", Name),
            ("a\u{200d}da@x.com", Name),
            ("ada\u{202e}@x.com", Name),
            ("\"ada\"@x.com", Name),
            ("ada<x@x.com", Name),
            (".ada@x.com", Name),
            ("a..da@x.com", Name),
            ("ada@x com", Domain),
            ("ada@x.com ", Domain),
            ("ada@x.com\r\nbcc:eve@x.com", Name),
            ("ada@x.com\r\nbcc:eve", Domain),
            ("ada@-x.com", Domain),
            ("ada@x..com", Domain),
            ("ada@x.com.", Domain),
            ("ada@127.0.0.1", Domain),
            ("ada@[127.0.0.1]", Domain),
            ("ada@x_y.com", Domain),
            ("ada@xn--\u{fc}.com", Domain),
            (&long, TooLong),
            (&longer, TooLong),
            (&label, Domain),
        ];
        for (text, error) in wrong {
            assert_eq!(Email::parse(text), Err(error), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic_and_canonical_is_a_fixed_point(text in "\\PC{0,20}@[a-zA-Z0-9é.-]{0,12}") {
            if let Ok(email) = Email::parse(&text) {
                let again = Email::parse(email.canonical()).unwrap();
                prop_assert_eq!(again.canonical(), email.canonical());
            }
        }
    }
}
