//! Names that people see: one line of visible text, and the folded form that lists sort by and search in.

use unicode_normalization::UnicodeNormalization;

/// A name that can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName(String);

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing is left without the spaces around it, or more than 100 characters are.
    #[error("must have 1 to 100 characters besides spaces around it")]
    Length,
    /// A line break, a control, or a character that changes the direction of writing.
    #[error("must not hold control characters")]
    Control,
}

impl DisplayName {
    /// Reads a name; spaces around it go, spellings of the same letters become one (NFC).
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let name: String = text.trim().nfc().collect();
        if !(1..=100).contains(&name.chars().count()) {
            return Err(InvalidName::Length);
        }
        if name.chars().any(|letter| letter.is_control() || changes_direction(letter)) {
            return Err(InvalidName::Control);
        }
        Ok(Self(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The form that lists sort by and search in.
#[must_use]
pub fn folded(text: &str) -> String {
    text.nfc().flat_map(char::to_lowercase).nfc().collect()
}

/// Marks that make text after them read another way than it is written, and line separators.
fn changes_direction(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_line_of_visible_text() {
        assert_eq!(DisplayName::parse("  Ada Lovelace ").unwrap().as_str(), "Ada Lovelace");
        assert_eq!(DisplayName::parse("José").unwrap(), DisplayName::parse("Jose\u{301}").unwrap());
        assert!(DisplayName::parse(&"ä".repeat(100)).is_ok());
        for (text, error) in [
            ("", InvalidName::Length),
            ("   \t", InvalidName::Length),
            (&"a".repeat(101), InvalidName::Length),
            ("Ada\nLovelace", InvalidName::Control),
            ("Ada\u{202e}evil", InvalidName::Control),
            ("Ada\0", InvalidName::Control),
        ] {
            assert_eq!(DisplayName::parse(text), Err(error), "{text:?}");
        }
        assert_eq!(folded("ÅSA José"), folded("åsa JOSE\u{301}"));
    }
}
