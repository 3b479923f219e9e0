//! SNS for tests: signs messages with a key of its own, and gives away the certificate of it where SNS would.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use serde_json::{Value, json};
use tasktracker_mail::feedback::{Fetch, FetchError};

/// The topic of the settings.
pub const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:mail-feedback";

/// Keys are slow to make: two for all tests.
static KEYS: LazyLock<[KeyPair; 2]> = LazyLock::new(|| [(); 2].map(|()| KeyPair::generate_for(&PKCS_RSA_SHA256).expect("a key")));

/// SNS.
#[derive(Debug, Default)]
pub struct Sns {
    /// Whether it does not answer.
    pub is_away: AtomicBool,
    /// What was fetched.
    pub fetched: Mutex<Vec<String>>,
}

impl Sns {
    pub fn start() -> Arc<Self> {
        Arc::default()
    }

    /// A message as SNS posts it, signed; the fields of `other` take the place of the usual ones before that.
    pub fn message(&self, id: &str, time: &str, says: &Value, other: &Value) -> Value {
        signed(&KEYS[0], unsigned(id, time, says, other))
    }

    /// The same with the signature of somebody else.
    pub fn forged(&self, id: &str, time: &str, says: &Value) -> Value {
        signed(&KEYS[1], unsigned(id, time, says, &json!({})))
    }
}

fn unsigned(id: &str, time: &str, says: &Value, other: &Value) -> Value {
    let mut message = json!({
        "Type": "Notification",
        "MessageId": id,
        "TopicArn": TOPIC,
        "Message": says.to_string(),
        "Timestamp": time,
        "SignatureVersion": "2",
        "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
    });
    for (name, value) in other.as_object().expect("an object") {
        message[name] = value.clone();
    }
    message
}

fn signed(key: &KeyPair, mut message: Value) -> Value {
    let names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
    let lines = names
        .iter()
        .filter_map(|name| Some(format!("{name}\n{}\n", message[name].as_str()?)));
    let text: String = lines.collect();
    let key = RsaKeyPair::from_pkcs8(&key.serialize_der()).expect("a key");
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
        .expect("signs");
    message["Signature"] = STANDARD.encode(signature).into();
    message
}

impl Fetch for Sns {
    fn get<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<Vec<u8>, FetchError>> {
        self.fetched.lock().expect("whole").push(url.to_owned());
        Box::pin(async move {
            if self.is_away.load(Ordering::SeqCst) {
                return Err(FetchError::Failed(std::io::Error::other("no way").into()));
            }
            let certificate = CertificateParams::new(["sns.amazonaws.com".to_owned()])
                .expect("a name")
                .self_signed(&KEYS[0])
                .expect("a certificate");
            Ok(certificate.pem().into_bytes())
        })
    }
}
