//! A running SHA-256. It travels with the bytes to where they are written or read, so that hashing costs no way of its own.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};

use crate::domain::checksum::Checksum;

/// A running SHA-256.
#[derive(Clone)]
pub struct Hash(Context);

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash")
    }
}

impl Default for Hash {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl Hash {
    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum of all bytes so far.
    #[must_use]
    pub fn checksum(&self) -> Checksum {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.clone().finish().as_ref());
        Checksum::of(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_count_as_their_whole() {
        assert_eq!(Hash::default().checksum(), Checksum::OF_NOTHING);
        let mut hash = Hash::default();
        hash.update(b"a");
        let half = hash.clone();
        hash.update(b"bc");
        assert_eq!(
            hash.checksum().to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            half.checksum().to_string(),
            "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
        );
    }
}
