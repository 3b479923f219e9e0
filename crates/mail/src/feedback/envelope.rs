//! What SNS posts: a message with its signature, and the text that the signature is over.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;

use super::Refusal;

/// A message as SNS posts it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Envelope {
    #[serde(flatten)]
    pub kind: Kind,
    pub message_id: String,
    pub topic_arn: String,
    #[serde(default)]
    subject: Option<String>,
    pub message: String,
    timestamp: String,
    signature_version: Version,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    pub signing_cert_url: String,
}

/// What it is, with what only this kind has.
#[derive(Debug, Deserialize)]
#[serde(tag = "Type")]
pub enum Kind {
    Notification,
    #[serde(rename_all = "PascalCase")]
    SubscriptionConfirmation {
        token: String,
        #[serde(rename = "SubscribeURL")]
        subscribe_url: String,
    },
    #[serde(rename_all = "PascalCase")]
    UnsubscribeConfirmation {
        token: String,
        #[serde(rename = "SubscribeURL")]
        subscribe_url: String,
    },
}

/// How it is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Version {
    /// With SHA-1, the topic's default.
    #[serde(rename = "1")]
    Sha1,
    /// With SHA-256.
    #[serde(rename = "2")]
    Sha256,
}

impl Envelope {
    /// Reads what was posted.
    pub fn read(body: &[u8]) -> Result<Self, Refusal> {
        let envelope: Self = serde_json::from_slice(body).map_err(|error| Refusal::Malformed(format!("is no message of SNS: {error}")))?;
        if envelope.message_id.is_empty() || envelope.message_id.len() > 100 {
            return Err(Refusal::Malformed("has no id".to_owned()));
        }
        Ok(envelope)
    }

    /// When it was published.
    pub fn time(&self) -> Result<Timestamp, Refusal> {
        self.timestamp.parse().map_err(|_| Refusal::Malformed("has no time".to_owned()))
    }

    /// How it is signed.
    pub fn version(&self) -> Version {
        self.signature_version
    }

    /// The signature.
    pub fn signature(&self) -> Result<Vec<u8>, Refusal> {
        STANDARD
            .decode(&self.signature)
            .map_err(|_| Refusal::Malformed("has no signature".to_owned()))
    }

    /// What is signed: names and values, a line each, in the order of their names.
    pub fn signed_text(&self) -> String {
        let subject = self.subject.as_deref().map(|subject| ("Subject", subject));
        let (kind, token, url) = match &self.kind {
            Kind::Notification => ("Notification", None, None),
            Kind::SubscriptionConfirmation { token, subscribe_url } => ("SubscriptionConfirmation", Some(token), Some(subscribe_url)),
            Kind::UnsubscribeConfirmation { token, subscribe_url } => ("UnsubscribeConfirmation", Some(token), Some(subscribe_url)),
        };
        let pairs = [
            Some(("Message", self.message.as_str())),
            Some(("MessageId", self.message_id.as_str())),
            // Only notifications have subjects.
            subject.filter(|_| token.is_none()),
            url.map(|url| ("SubscribeURL", url.as_str())),
            Some(("Timestamp", self.timestamp.as_str())),
            token.map(|token| ("Token", token.as_str())),
            Some(("TopicArn", self.topic_arn.as_str())),
            Some(("Type", kind)),
        ];
        pairs
            .into_iter()
            .flatten()
            .map(|(name, value)| format!("{name}\n{value}\n"))
            .collect()
    }
}
