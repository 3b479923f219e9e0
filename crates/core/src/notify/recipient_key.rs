//! Addresses as keyed hashes: what is known of an address can be found by whoever has it and the instance's secret, and read by nobody.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tasktracker_mail::Address;

/// Makes the keys of one installation. It does not print.
#[derive(Clone)]
pub struct RecipientKeys(hmac::Key);

impl std::fmt::Debug for RecipientKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecipientKeys(hidden)")
    }
}

impl RecipientKeys {
    /// From what was derived of the instance's secret for this purpose alone.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The key of an address: the same for each of its spellings.
    #[must_use]
    pub fn of(&self, address: &Address) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, address.canonical().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_of_one_address_in_one_installation() {
        let key = |secret: u8, address: &str| RecipientKeys::new(&[secret; 32]).of(&address.parse().unwrap());
        assert_eq!(key(1, "ada@example.com"), key(1, "ADA@Example.com"));
        assert_ne!(key(1, "ada@example.com"), key(1, "ada@example.org"));
        assert_ne!(key(1, "ada@example.com"), key(2, "ada@example.com"));
        assert_eq!(key(1, "ada@example.com").len(), 43);
    }
}
