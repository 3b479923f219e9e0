//! A SHA-256 as people and the API write it: 64 hexadecimal digits, kept in lower case.

use std::fmt;
use std::str::FromStr;

/// A SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checksum([u8; 32]);

/// The text is no SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 64 hexadecimal digits")]
pub struct BadChecksum;

impl Checksum {
    /// The SHA-256 of nothing.
    pub const OF_NOTHING: Self = Self([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
        0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ]);

    /// The checksum of these bytes.
    #[must_use]
    pub const fn of(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads a checksum where one may be missing.
    ///
    /// # Errors
    /// There is a text that is none.
    pub fn optional(text: &str) -> Result<Option<Self>, BadChecksum> {
        (!text.is_empty()).then(|| text.parse()).transpose()
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Checksum {
    type Err = BadChecksum;

    fn from_str(text: &str) -> Result<Self, BadChecksum> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(BadChecksum);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

fn digit(character: u8) -> Result<u8, BadChecksum> {
    match character {
        b'0'..=b'9' => Ok(character - b'0'),
        b'a'..=b'f' => Ok(character - b'a' + 10),
        b'A'..=b'F' => Ok(character - b'A' + 10),
        _ => Err(BadChecksum),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_64_hexadecimal_digits_are_read() {
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Checksum::OF_NOTHING.to_string(), nothing);
        assert_eq!(nothing.to_uppercase().parse(), Ok(Checksum::OF_NOTHING));
        assert_eq!(Checksum::optional(""), Ok(None));
        for bad in [
            "",
            "0",
            &nothing[1..],
            &format!("{nothing}0"),
            &nothing.replace('e', "g"),
            &"é".repeat(32),
        ] {
            assert_eq!(bad.parse::<Checksum>(), Err(BadChecksum), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(bytes: [u8; 32]) {
            prop_assert_eq!(Checksum::of(bytes).to_string().parse(), Ok(Checksum::of(bytes)));
        }
    }
}
