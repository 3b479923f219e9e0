//! What Amazon SES tells of mails that were sent: bounces and complaints, as SNS posts them. Nothing is believed that SNS did not sign, for
//! the one topic of the settings, a short while ago.

mod certificates;
mod envelope;
#[cfg(feature = "ses")]
mod https;
mod notice;
mod topic;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use self::certificates::Certificates;
use self::envelope::Envelope;
pub use self::notice::{Kind, Notice};
pub use self::topic::{BadTopic, Topic};
use crate::settings::{BadSettings, Settings};

/// The largest message that is read: SNS sends at most 256 KiB, and quotes and escapes it.
pub const LARGEST: usize = 640 * 1024;
/// SNS tries for an hour; after that a message is an old one that somebody kept.
const OLDEST: Duration = Duration::from_secs(2 * 60 * 60);
/// Clocks differ.
const EARLIEST: Duration = Duration::from_secs(15 * 60);

/// Gets documents from the web.
pub trait Fetch: Debug + Send + Sync {
    /// Gets a small document.
    fn get<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<Vec<u8>, FetchError>>;
}

/// A document could not be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// There is none at that address.
    #[error("{0}")]
    Refused(String),
    /// It may be there later.
    #[error("{0:#}")]
    Failed(anyhow::Error),
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is no message of SNS.
    #[error("{0}")]
    Malformed(String),
    /// It is not from SNS, not for this installation, or not new.
    #[error("{0}")]
    Untrusted(String),
    /// It cannot be checked at present: SNS sends it again.
    #[error("{0:#}")]
    Unchecked(anyhow::Error),
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The topic posts here from now on: the subscription was confirmed.
    Subscribed,
    /// The topic posts here no longer.
    Unsubscribed,
    /// What became of mails.
    Notices {
        /// The id of the message, the same when it is sent again.
        message_id: String,
        /// One for each address; none where the message tells of something else, such as a delivery.
        notices: Vec<Notice>,
    },
}

/// Listens to one topic.
#[derive(Debug)]
pub struct Feedback {
    topic: Topic,
    fetch: Arc<dyn Fetch>,
    certificates: Certificates,
}

impl Feedback {
    /// Listens to this topic, and gets certificates by `fetch`.
    #[must_use]
    pub fn new(topic: Topic, fetch: Arc<dyn Fetch>) -> Self {
        Self {
            topic,
            fetch,
            certificates: Certificates::default(),
        }
    }

    /// What the settings ask for; none where they name no topic. `fetch` gets certificates; none for HTTPS.
    ///
    /// # Errors
    /// The topic is none, or this program was built without HTTPS.
    pub fn of(settings: &Settings, fetch: Option<Arc<dyn Fetch>>) -> Result<Option<Self>, BadSettings> {
        let arn = settings.feedback_topic_arn.as_str();
        if arn.is_empty() {
            return Ok(None);
        }
        let topic: Topic = arn
            .parse()
            .map_err(|bad: BadTopic| BadSettings::value("feedback_topic_arn", bad.to_string()))?;
        let fetch = fetch.map_or_else(over_https, Ok)?;
        Ok(Some(Self::new(topic, fetch)))
    }

    /// Checks a message that was posted, and says what it tells. A request to confirm the subscription is answered, by an address that is put
    /// together here: the one in the message is not followed.
    ///
    /// # Errors
    /// It was not taken.
    pub async fn hear(&self, body: &[u8], now: Timestamp) -> Result<Heard, Refusal> {
        if body.len() > LARGEST {
            return Err(Refusal::Malformed(format!("is larger than {LARGEST} bytes")));
        }
        let envelope = Envelope::read(body)?;
        if envelope.topic_arn != self.topic.arn() {
            return Err(Refusal::Untrusted("is of another topic".to_owned()));
        }
        let time = envelope.time()?;
        if time < now.saturating_sub(OLDEST).unwrap_or(now) || time > now.saturating_add(EARLIEST).unwrap_or(now) {
            return Err(Refusal::Untrusted("is too old, or the clock of this machine is wrong".to_owned()));
        }
        if !self.topic.signs_with(&envelope.signing_cert_url) {
            return Err(Refusal::Untrusted("is signed with a certificate from elsewhere".to_owned()));
        }
        let key = self.certificates.key(&envelope.signing_cert_url, &*self.fetch).await?;
        if !key.has_signed(&envelope)? {
            return Err(Refusal::Untrusted("has a wrong signature".to_owned()));
        }
        match &envelope.kind {
            envelope::Kind::Notification => Ok(Heard::Notices {
                message_id: envelope.message_id.clone(),
                notices: notice::read(&envelope.message),
            }),
            envelope::Kind::UnsubscribeConfirmation { .. } => Ok(Heard::Unsubscribed),
            envelope::Kind::SubscriptionConfirmation { token, .. } => self.subscribe(token).await,
        }
    }

    async fn subscribe(&self, token: &str) -> Result<Heard, Refusal> {
        let url = self
            .topic
            .confirmation(token)
            .ok_or_else(|| Refusal::Malformed("has no token of a subscription".to_owned()))?;
        match self.fetch.get(&url).await {
            Ok(_) => Ok(Heard::Subscribed),
            Err(FetchError::Refused(why)) => Err(Refusal::Untrusted(format!("cannot be confirmed: {why}"))),
            Err(FetchError::Failed(error)) => Err(Refusal::Unchecked(error)),
        }
    }
}

#[cfg(feature = "ses")]
fn over_https() -> Result<Arc<dyn Fetch>, BadSettings> {
    let https = https::Https::new();
    https
        .map(|https| Arc::new(https) as Arc<dyn Fetch>)
        .map_err(|error| BadSettings::value("feedback_topic_arn", format!("needs the certificates of this system: {error}")))
}

#[cfg(not(feature = "ses"))]
fn over_https() -> Result<Arc<dyn Fetch>, BadSettings> {
    Err(BadSettings::NotBuiltIn {
        asked: "mail.feedback_topic_arn".to_owned(),
        feature: "ses",
    })
}
