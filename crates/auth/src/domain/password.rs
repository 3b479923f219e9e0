//! Passwords: which are taken, and the one form in which they are hashed. Length is what makes a password good; there are no rules
//! about kinds of characters, and nothing is trimmed, folded or cut.

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

use super::email::Email;

/// At least so many code points, as there is no second factor.
pub const MIN_LENGTH: usize = 15;
/// At most so many code points.
pub const MAX_LENGTH: usize = 256;
/// At most so many bytes: what is hashed is bounded.
pub const MAX_BYTES: usize = 1024;

/// Why a password is not taken for a new account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Fewer than 15 code points.
    #[error("must have at least {MIN_LENGTH} characters")]
    TooShort,
    /// More than 256 code points, or more than 1 KiB.
    #[error("must have at most {MAX_LENGTH} characters and {MAX_BYTES} bytes")]
    TooLong,
    /// Made of nothing but the e-mail address.
    #[error("must not be made of the e-mail address")]
    OwnAddress,
    /// One of the first that anybody would try.
    #[error("is too easy to guess")]
    Guessable,
}

/// The form of a password that is hashed: Unicode NFC, so that the same letters typed on two devices are the same password.
/// Everything else is taken exactly as sent.
#[must_use]
pub fn normalised(password: &str) -> SecretString {
    SecretString::from(password.nfc().collect::<String>())
}

/// Checks a password for a new account and answers the form to hash.
///
/// # Errors
///
/// Why it is not taken.
pub fn accept(password: &str, email: &Email) -> Result<SecretString, WeakPassword> {
    if password.len() > MAX_BYTES {
        return Err(WeakPassword::TooLong);
    }
    let normal = normalised(password);
    let text = normal.expose_secret();
    let length = text.chars().count();
    if length < MIN_LENGTH {
        return Err(WeakPassword::TooShort);
    }
    if length > MAX_LENGTH || text.len() > MAX_BYTES {
        return Err(WeakPassword::TooLong);
    }
    let folded = text.to_lowercase();
    let local = email.canonical().split('@').next().unwrap_or_default();
    if folded == email.raw().to_lowercase() || repeats(&folded, email.canonical()) || repeats(&folded, local) {
        return Err(WeakPassword::OwnAddress);
    }
    if is_pattern(&folded) || GUESSED_FIRST.contains(&folded.as_str()) {
        return Err(WeakPassword::Guessable);
    }
    Ok(normal)
}

/// Whether the text is this unit, once or many times, the last time perhaps cut.
fn repeats(text: &str, unit: &str) -> bool {
    !unit.is_empty() && text.chars().eq(unit.chars().cycle().take(text.chars().count()))
}

/// Whether the text is one to four characters over and over, or a run such as `abcdef` or `987654`.
fn is_pattern(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let over_and_over = (1..=4).any(|period| letters.iter().skip(period).eq(letters.iter().take(letters.len() - period)));
    let step = |pair: &[char]| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0]));
    let run = [1, -1]
        .into_iter()
        .any(|wanted| letters.windows(2).all(|pair| step(pair) == wanted));
    over_and_over || run
}

/// The long passwords that head every leaked list.
const GUESSED_FIRST: &[&str] = &[
    "passwordpassword",
    "password12345678",
    "password123456789",
    "password1234567890",
    "123456789012345",
    "1234567890123456",
    "12345678901234567890",
    "qwertyuiopasdfgh",
    "qwertyuiopasdfghjkl",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertyuiop123456",
    "qwertyuiop1234567890",
    "1234567890qwertyuiop",
    "1qaz2wsx3edc4rfv",
    "1qaz2wsx3edc4rfv5tgb",
    "q1w2e3r4t5y6u7i8",
    "iloveyouiloveyou",
    "changemechangeme",
    "administrator123",
    "letmeinletmeinletmein",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn judge(password: &str) -> Result<(), WeakPassword> {
        let email = Email::parse("Ada.Lovelace@example.com").unwrap();
        accept(password, &email).map(|_| ())
    }

    #[test]
    fn good_passwords_are_taken_as_they_are() {
        for password in [
            "correct horse battery staple",
            "  spaces around  ",
            "þetta er langt orð",
            "🦀🦞🦐🦑🐙🐚🐌🐛🐜🐝🪲🐞🦗🪳🕷",
            "nul\0 is a character too",
        ] {
            assert_eq!(judge(password), Ok(()), "{password}");
        }
        let longest: String = (0..256).map(|index| char::from(b'a' + (index * index % 23) as u8)).collect();
        assert_eq!(judge(&longest), Ok(()));
        assert_eq!(judge(&(longest.clone() + "x")), Err(WeakPassword::TooLong));
        let email = Email::parse("ada@example.com").unwrap();
        assert_eq!(
            accept(" Trailing Space Stays ", &email).unwrap().expose_secret(),
            " Trailing Space Stays "
        );
    }

    #[test]
    fn bad_passwords_are_refused() {
        use WeakPassword::*;
        let wide = "🦀".repeat(257);
        for (password, reason) in [
            ("", TooShort),
            ("fourteen chars", TooShort),
            ("ada.lovelace@example.com", OwnAddress),
            ("ADA.Lovelace@Example.com", OwnAddress),
            ("ada.lovelaceada.lovelace", OwnAddress),
            ("ada.lovelaceada", OwnAddress),
            ("aaaaaaaaaaaaaaaa", Guessable),
            ("abcabcabcabcabca", Guessable),
            ("abcdefghijklmnop", Guessable),
            ("ponmlkjihgfedcba", Guessable),
            ("PasswordPassword", Guessable),
            ("qwertyuiopasdfgh", Guessable),
            (&wide, TooLong),
        ] {
            assert_eq!(judge(password), Err(reason), "{password}");
        }
    }

    #[test]
    fn two_spellings_of_the_same_letters_are_one_password() {
        let (composed, decomposed) = ("un café très fort", "un cafe\u{301} tre\u{300}s fort");
        assert_eq!(normalised(composed).expose_secret(), normalised(decomposed).expose_secret());
        // Combining marks do not lengthen a password.
        assert_eq!(judge("cafe\u{301}cafe\u{301}cafe\u{301}"), Err(WeakPassword::TooShort));
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_a_panic(password in "\\PC{0,300}") {
            let taken = judge(&password).is_ok();
            let length = password.nfc().count();
            prop_assert!(!taken || (MIN_LENGTH..=MAX_LENGTH).contains(&length));
        }
    }
}
