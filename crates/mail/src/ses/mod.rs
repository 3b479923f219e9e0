//! Mail by Amazon SES, version 2 of its API: the same bytes as by any other way. SES has no key against repetitions and writes a Message-ID of
//! its own; each mail carries the tag `delivery_id`, which is the same on every attempt, so its events tell a repetition.

mod verdict;

use std::fmt;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::default_provider::region::DefaultRegionChain;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::config::{Builder, Credentials, Region};
use aws_sdk_sesv2::error::SdkError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Destination, EmailContent, MessageTag, RawMessage};
use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

use crate::mailer::{MailError, Mailer};
use crate::message::Message;
use crate::paced::Pace;
use crate::settings::{BadSettings, SesSettings};

/// The pace where SES does not tell its limit: that of an account on trial.
const CAUTIOUS: f64 = 1.0;
/// The tag that is the same on every attempt.
const TAG: &str = "delivery_id";

/// Amazon SES.
pub struct Ses {
    client: Client,
    configuration_set: Option<String>,
    /// How many a second SES takes; learned with the first mail.
    pace: Pace,
    is_pace_known: OnceCell<()>,
}

impl fmt::Debug for Ses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ses(configuration set {:?})", self.configuration_set)
    }
}

impl Ses {
    /// SES as the settings say; it is not asked yet. With `ask_for_pace` it is asked for its limit before the first mail.
    ///
    /// # Errors
    /// A value does not fit, or there is no region.
    pub async fn new(settings: &SesSettings, timeout: Duration, ask_for_pace: bool) -> Result<Self, BadSettings> {
        let region = match settings.region.as_str() {
            "" => DefaultRegionChain::builder().build().region().await,
            given => Some(Region::new(given.to_owned())),
        };
        let missing = || BadSettings::value("ses.region", "must be set: the environment names no region");
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(timeout.min(Duration::from_secs(5)))
            .operation_timeout(timeout);
        let mut config = Builder::new()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(region.ok_or_else(missing)?)
            .timeout_config(timeouts.build())
            // The job that sends tries again, and waits longer each time.
            .retry_config(RetryConfig::disabled());
        if !settings.endpoint.is_empty() {
            let is_url = ["http://", "https://"].iter().any(|scheme| settings.endpoint.starts_with(scheme));
            if !is_url {
                return Err(BadSettings::value("ses.endpoint", "must begin with https:// or http://"));
            }
            config = config.endpoint_url(&settings.endpoint);
        }
        config = match (settings.access_key_id.as_str(), settings.secret_access_key.as_str()) {
            ("", "") => config.credentials_provider(DefaultCredentialsChain::builder().build().await),
            ("", _) | (_, "") => {
                let problem = "and mail.ses.access_key_id go together: set both or none";
                return Err(BadSettings::value("ses.secret_access_key", problem));
            }
            (id, secret) => config.credentials_provider(Credentials::new(id, secret, None, None, "settings")),
        };
        Ok(Self {
            client: Client::from_conf(config.build()),
            configuration_set: Some(settings.configuration_set.clone()).filter(|name| !name.is_empty()),
            pace: Pace::default(),
            is_pace_known: OnceCell::new_with((!ask_for_pace).then_some(())),
        })
    }

    /// Asks SES how many mails a second it takes. Without an answer, the next mail asks again.
    async fn learn_pace(&self) -> Result<(), ()> {
        match self.client.get_account().send().await {
            Ok(account) => {
                let rate = account.send_quota().map_or(CAUTIOUS, |quota| quota.max_send_rate());
                tracing::info!(rate, "Amazon SES takes so many mails a second");
                self.pace.set(rate).await;
                Ok(())
            }
            Err(SdkError::ServiceError(refused)) if refused.raw().status().is_client_error() && refused.raw().status().as_u16() != 429 => {
                tracing::warn!(
                    rate = CAUTIOUS,
                    "Amazon SES does not say how many mails a second it takes: allow ses:GetAccount, or set mail.rate"
                );
                self.pace.set(CAUTIOUS).await;
                Ok(())
            }
            Err(_) => Err(()),
        }
    }

    async fn deliver(&self, message: &Message) -> Result<(), MailError> {
        // Whatever keeps it from answering keeps it from sending, too, and is told then.
        let _ = self.is_pace_known.get_or_try_init(|| self.learn_pace()).await;
        self.pace.wait().await;
        let raw = RawMessage::builder().data(Blob::new(message.to_bytes())).build();
        let tag = MessageTag::builder().name(TAG).value(delivery_id(message)).build();
        let to = message.to.address.wire();
        let sent = self
            .client
            .send_email()
            .from_email_address(message.from.address.wire())
            .destination(Destination::builder().to_addresses(to.as_ref()).build())
            .content(
                EmailContent::builder()
                    .raw(raw.map_err(|error| MailError::Permanent(error.into()))?)
                    .build(),
            )
            .email_tags(tag.map_err(|error| MailError::Permanent(error.into()))?)
            .set_configuration_set_name(self.configuration_set.clone())
            .send()
            .await;
        match sent {
            Ok(answer) => {
                tracing::debug!(message_id = %message.id, ses_id = answer.message_id(), "Amazon SES took a mail");
                Ok(())
            }
            Err(error) => Err(verdict::of(&error, &to)),
        }
    }
}

impl Mailer for Ses {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<(), MailError>> {
        Box::pin(self.deliver(message))
    }
}

/// The unique part of the Message-ID, in the letters that a tag may have.
fn delivery_id(message: &Message) -> String {
    let id = message.id.as_str();
    let unique = id.split_once('@').map_or(id, |(unique, _)| unique);
    let fit = |letter: char| {
        if letter.is_ascii_alphanumeric() || letter == '-' {
            letter
        } else {
            '_'
        }
    };
    unique.chars().map(fit).collect()
}
