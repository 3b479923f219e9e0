//! A running SHA-256. It travels with the bytes to where they are written or read, so that hashing costs no way of its own; and it can be
//! put down and taken up by another process.

use std::fmt;

use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest, Sha256};

use crate::domain::checksum::Checksum;

/// A running SHA-256.
#[derive(Clone, Default)]
pub struct Hash(Sha256);

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash")
    }
}

impl Hash {
    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        Digest::update(&mut self.0, bytes);
    }

    /// The checksum of all bytes so far.
    #[must_use]
    pub fn checksum(&self) -> Checksum {
        Checksum::of(self.0.clone().finalize().into())
    }

    /// What `resume` goes on from.
    #[must_use]
    pub fn state(&self) -> Vec<u8> {
        self.0.serialize().to_vec()
    }

    /// The hash of this state; none where it is not one.
    #[must_use]
    pub fn resume(state: &[u8]) -> Option<Self> {
        let state = SerializedState::<Sha256>::try_from(state).ok()?;
        Sha256::deserialize(&state).ok().map(Self)
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

    #[test]
    fn a_hash_that_was_put_down_goes_on() {
        let bytes = [7; 200];
        for at in [0, 1, 63, 64, 65, 199, 200] {
            let (mut whole, mut first) = (Hash::default(), Hash::default());
            whole.update(&bytes);
            first.update(&bytes[..at]);
            let mut again = Hash::resume(&first.state()).unwrap();
            again.update(&bytes[at..]);
            assert_eq!(again.checksum(), whole.checksum(), "{at}");
        }
        assert!(Hash::resume(b"").is_none() && Hash::resume(&[0xff; 104]).is_none());
    }
}
