//! The keys that SNS signs with, from certificates that it publishes under its own name. They are fetched once and kept; a certificate is
//! believed because of where it came from: over HTTPS, from the host of the topic's region.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio::sync::Mutex;
use webpki::EndEntityCert;

use super::envelope::{Envelope, Version};
use super::{Fetch, FetchError, Refusal};

/// SNS changes its certificate about once a year.
const MOST: usize = 8;

/// The keys that are known so far.
#[derive(Debug, Default)]
pub struct Certificates {
    keys: RwLock<HashMap<String, Arc<Key>>>,
    /// One at a time: whoever posts nonsense from many sides makes us ask no faster.
    fetching: Mutex<()>,
}

/// A key that SNS signs with, as it stands in a certificate.
#[derive(Debug)]
pub struct Key(Vec<u8>);

impl Certificates {
    /// The key of the certificate at this address, which was found to be one of SNS.
    pub async fn key(&self, url: &str, fetch: &dyn Fetch) -> Result<Arc<Key>, Refusal> {
        if let Some(known) = self.known(url) {
            return Ok(known);
        }
        let _one = self.fetching.lock().await;
        if let Some(known) = self.known(url) {
            return Ok(known);
        }
        let pem = fetch.get(url).await.map_err(|error| match error {
            FetchError::Refused(why) => Refusal::Untrusted(format!("is signed with a certificate that is not there: {why}")),
            FetchError::Failed(error) => Refusal::Unchecked(error.context("the certificate of a notification cannot be had")),
        })?;
        let key = Arc::new(Key::in_certificate(&pem)?);
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= MOST {
            keys.clear();
        }
        keys.insert(url.to_owned(), key.clone());
        Ok(key)
    }

    fn known(&self, url: &str) -> Option<Arc<Key>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).get(url).cloned()
    }
}

impl Key {
    fn in_certificate(pem: &[u8]) -> Result<Self, Refusal> {
        let unfit = |what: &str| Refusal::Untrusted(format!("is signed with what is no certificate: {what}"));
        let der = CertificateDer::from_pem_slice(pem).map_err(|error| unfit(&error.to_string()))?;
        let certificate = EndEntityCert::try_from(&der).map_err(|error| unfit(&error.to_string()))?;
        Ok(Self(certificate.subject_public_key_info().to_vec()))
    }

    /// Whether the envelope is signed with it. A key that is none, or too short, has signed nothing.
    pub fn has_signed(&self, envelope: &Envelope) -> Result<bool, Refusal> {
        let algorithm: &'static dyn VerificationAlgorithm = match envelope.version() {
            Version::Sha1 => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            Version::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
        };
        let key = UnparsedPublicKey::new(algorithm, &self.0);
        Ok(key.verify(envelope.signed_text().as_bytes(), &envelope.signature()?).is_ok())
    }
}
