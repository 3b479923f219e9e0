//! The private signing key at rest: encrypted under a key derived from the instance secret, and bound to its own id, so that a stored key
//! is of no use without the secret and cannot be put in another's place.

use anyhow::{Context, ensure};
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use tasktracker_identity::InstanceSecret;

/// Encrypts and decrypts private keys.
pub struct KeySeal(RandomizedNonceKey);

impl KeySeal {
    /// The seal of this instance.
    #[must_use]
    pub fn new(secret: &InstanceSecret) -> Self {
        let key = secret.derive("auth signing keys");
        Self(RandomizedNonceKey::new(&AES_256_GCM_SIV, &key).expect("the key has the cipher's length"))
    }

    /// Encrypts the private key with this id: the nonce, then the text.
    ///
    /// # Errors
    /// The crypto library fails.
    pub fn seal(&self, kid: &str, private_key: &[u8]) -> anyhow::Result<Vec<u8>> {
        let mut sealed = private_key.to_vec();
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(kid), &mut sealed)
            .context("a signing key could not be encrypted")?;
        Ok([nonce.as_ref().as_slice(), &sealed].concat())
    }

    /// Decrypts the private key with this id.
    ///
    /// # Errors
    /// It was encrypted under another instance secret, or is damaged.
    pub fn open(&self, kid: &str, stored: &[u8]) -> anyhow::Result<Vec<u8>> {
        ensure!(stored.len() > NONCE_LEN, "the stored signing key {kid} is damaged");
        let (nonce, sealed) = stored.split_at(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(nonce).context("the nonce has its length")?;
        let mut sealed = sealed.to_vec();
        let opened = self.0.open_in_place(nonce, Aad::from(kid), &mut sealed);
        let opened = opened
            .map_err(|_| anyhow::anyhow!("the signing key {kid} does not open: instance.secret is not the one it was stored under"))?;
        Ok(opened.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_only_with_its_secret_and_under_its_id() {
        let secret = |text: &str| InstanceSecret::given(&text.repeat(32)).unwrap();
        let (seal, other) = (KeySeal::new(&secret("a")), KeySeal::new(&secret("b")));
        let stored = seal.seal("kid-1", b"private").unwrap();
        assert!(!stored.windows(7).any(|window| window == b"private"));
        assert_eq!(seal.open("kid-1", &stored).unwrap(), b"private");
        assert!(seal.open("kid-2", &stored).is_err());
        assert!(other.open("kid-1", &stored).is_err());
        assert!(seal.open("kid-1", &stored[..10]).is_err());
        let mut flipped = stored;
        *flipped.last_mut().unwrap() ^= 1;
        assert!(seal.open("kid-1", &flipped).is_err());
    }
}
