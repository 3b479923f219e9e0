//! The secrets that Auth hands out: refresh tokens, session cookies and the set-up token. Each names its kind and carries a checksum,
//! so that scanners find leaked ones and garbage never reaches the database; only a SHA-256 of it is ever stored.

use aws_lc_rs::digest::{SHA256, digest};
use secrecy::{ExposeSecret, SecretString};

/// Kinds of secrets that programs hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// Buys the next pair of tokens: `ttr_...`.
    RefreshToken,
    /// A browser's session cookie: `tts_...`.
    SessionCookie,
}

impl SecretKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::RefreshToken => "ttr_",
            Self::SessionCookie => "tts_",
        }
    }
}

/// What is stored of a secret: its SHA-256 as lower-case hexadecimal. The secrets are random, so there is nothing to guess from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretHash(String);

impl SecretHash {
    fn of(text: &str) -> Self {
        Self(
            digest(&SHA256, text.as_bytes())
                .as_ref()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        )
    }

    /// The hash as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The letters and digits of base 62, by value.
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 62^43 > 2^256.
const BODY_LENGTH: usize = 43;
/// 62^6 > 2^32.
const CHECKSUM_LENGTH: usize = 6;

/// A new secret of this kind, from 32 random bytes, with its hash.
#[must_use]
pub fn make(kind: SecretKind, random: [u8; 32]) -> (SecretString, SecretHash) {
    let body = kind.prefix().to_owned() + &base62(&random, BODY_LENGTH);
    let text = body.clone() + &checksum(&body);
    let hash = SecretHash::of(&text);
    (SecretString::from(text), hash)
}

/// The hash of a secret of this kind; nothing for a text that is none.
#[must_use]
pub fn read(kind: SecretKind, text: &str) -> Option<SecretHash> {
    let length = kind.prefix().len() + BODY_LENGTH + CHECKSUM_LENGTH;
    if text.len() != length || !text.is_ascii() || !text.starts_with(kind.prefix()) {
        return None;
    }
    let (body, sum) = text.split_at(length - CHECKSUM_LENGTH);
    (checksum(body) == sum).then(|| SecretHash::of(text))
}

fn checksum(body: &str) -> String {
    let hash = digest(&SHA256, body.as_bytes());
    base62(&hash.as_ref()[..4], CHECKSUM_LENGTH)
}

/// A big-endian number in base 62, filled up with zeros: long division, digit by digit.
fn base62(number: &[u8], length: usize) -> String {
    let mut number = number.to_vec();
    let mut digits = vec![b'0'; length];
    for digit in digits.iter_mut().rev() {
        let mut rest = 0_usize;
        for byte in &mut number {
            let value = rest * 256 + usize::from(*byte);
            *byte = u8::try_from(value / 62).expect("rest is below 62, so the quotient is below 256");
            rest = value % 62;
        }
        *digit = BASE62[rest];
    }
    digits.into_iter().map(char::from).collect()
}

/// Letters and digits that are not mistaken for one another when read from a screen and typed (Crockford's base 32).
const READABLE: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const SETUP_PREFIX: &str = "tt-setup-";
const SETUP_LENGTH: usize = 25;

/// A new set-up token such as `tt-setup-h3k7m-...`, 125 random bits in five groups, with its hash.
#[must_use]
pub fn make_setup_token(random: [u8; 32]) -> (SecretString, SecretHash) {
    let letters: Vec<char> = random
        .iter()
        .take(SETUP_LENGTH)
        .map(|byte| char::from(READABLE[usize::from(byte % 32)]))
        .collect();
    let groups: Vec<String> = letters.chunks(5).map(|group| group.iter().collect()).collect();
    let text = format!("{SETUP_PREFIX}{}", groups.join("-"));
    let hash = SecretHash::of(&text);
    (SecretString::from(text), hash)
}

/// The hash of a set-up token as a person typed it: case, spaces around it, missing dashes and look-alikes do not matter.
#[must_use]
pub fn read_setup_token(typed: &str) -> Option<SecretHash> {
    let lower = typed.trim().to_lowercase();
    let body = lower.strip_prefix(SETUP_PREFIX)?;
    let letters: String = body
        .chars()
        .filter(|letter| *letter != '-')
        .map(|letter| match letter {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        })
        .collect();
    if letters.len() != SETUP_LENGTH || !letters.bytes().all(|byte| READABLE.contains(&byte)) {
        return None;
    }
    let groups: Vec<&str> = (0..5).map(|group| &letters[group * 5..group * 5 + 5]).collect();
    Some(SecretHash::of(&format!("{SETUP_PREFIX}{}", groups.join("-"))))
}

/// Compares a stored hash with that of a presented secret, in the same time wherever they differ.
#[must_use]
pub fn same(stored: &str, presented: &SecretHash) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(stored.as_bytes(), presented.0.as_bytes()).is_ok()
}

/// The secret as text, to be put into exactly one answer.
#[must_use]
pub fn reveal(secret: &SecretString) -> String {
    secret.expose_secret().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_format_does_not_change() {
        let (secret, hash) = make(SecretKind::RefreshToken, [0; 32]);
        assert_eq!(
            secret.expose_secret(),
            &("ttr_".to_owned() + &"0".repeat(43) + &checksum(&("ttr_".to_owned() + &"0".repeat(43))))
        );
        assert_eq!(secret.expose_secret().len(), 53);
        assert_eq!(hash.as_str().len(), 64);
        let (secret, _) = make(SecretKind::SessionCookie, [255; 32]);
        assert!(secret.expose_secret().starts_with("tts_"));
        assert_eq!(base62(&[0, 61], 3), "00z");
        assert_eq!(base62(&[1, 0], 3), "048");
    }

    #[test]
    fn a_set_up_token_survives_being_typed() {
        let (token, hash) = make_setup_token(std::array::from_fn(|index| index as u8));
        assert_eq!(token.expose_secret(), "tt-setup-01234-56789-abcde-fghjk-mnpqr");
        for typed in [
            "tt-setup-01234-56789-abcde-fghjk-mnpqr",
            "  TT-SETUP-O1234-56789-ABCDE-FGHJK-MNPQR\n",
            "tt-setup-oi23456789abcdefghjkmnpqr",
        ] {
            assert_eq!(read_setup_token(typed), Some(hash.clone()), "{typed}");
        }
        for wrong in [
            "",
            "tt-setup-",
            "01234-56789-abcde-fghjk-mnpqr",
            "tt-setup-01234-56789-abcde-fghjk-mnpq",
            "tt-setup-01234-56789-abcde-fghjk-mnpqü",
        ] {
            assert_eq!(read_setup_token(wrong), None, "{wrong}");
        }
        assert_ne!(read_setup_token("tt-setup-01234-56789-abcde-fghjk-mnpqs"), Some(hash));
    }

    proptest! {
        #[test]
        fn a_secret_is_read_back_and_only_as_its_kind(random: [u8; 32]) {
            let (secret, hash) = make(SecretKind::RefreshToken, random);
            prop_assert_eq!(read(SecretKind::RefreshToken, secret.expose_secret()), Some(hash.clone()));
            prop_assert_eq!(read(SecretKind::SessionCookie, secret.expose_secret()), None);
            prop_assert!(same(hash.as_str(), &hash));
        }

        #[test]
        fn a_changed_letter_is_noticed(random: [u8; 32], at in 0..53usize, letter in "[0-9A-Za-z_é]") {
            let (secret, _) = make(SecretKind::RefreshToken, random);
            let changed: String = secret.expose_secret().chars().enumerate()
                .map(|(index, old)| if index == at { letter.clone() } else { old.to_string() }).collect();
            prop_assume!(changed != *secret.expose_secret());
            prop_assert_eq!(read(SecretKind::RefreshToken, &changed), None);
        }

        #[test]
        fn garbage_is_none(text in "\\PC{0,80}") {
            prop_assert_eq!(read(SecretKind::RefreshToken, &text), None);
            let _ = read_setup_token(&text);
        }
    }
}
