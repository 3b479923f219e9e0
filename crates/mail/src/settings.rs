//! The section `[mail]` of the configuration, and the mailer that it asks for. Secrets are in no `Debug`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use crate::directory::Directory;
use crate::mailer::Mailer;
use crate::paced::Paced;

/// The defaults, with what each key means.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// Section `[mail]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Who mails come from.
    pub from: String,
    /// What carries them.
    pub transport: Transport,
    /// Where mails are put as files; empty for the folder `mail` of the data directory.
    pub directory: PathBuf,
    /// At most so many mails a second from this process; 0 for as many as the carrier takes.
    pub rate: u32,
    /// At most so many mails at once.
    pub concurrency: usize,
    /// How long one mail may take to be handed over.
    pub timeout_seconds: u64,
    /// The SNS topic that tells of bounces and complaints; empty for none.
    pub feedback_topic_arn: String,
    /// A mail server.
    pub smtp: SmtpSettings,
    /// Amazon SES.
    pub ses: SesSettings,
}

/// What carries mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Files in a directory.
    Directory,
    /// A mail server.
    Smtp,
    /// Amazon SES.
    Ses,
}

/// Section `[mail.smtp]`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpSettings {
    /// The server.
    pub host: String,
    /// Its port; 0 for the usual one of `tls`.
    pub port: u16,
    /// Who signs in; empty for nobody.
    pub user: String,
    /// With what.
    pub password: String,
    /// How the connection is protected.
    pub tls: Tls,
    /// Certificates to trust besides those of the system: a PEM file; empty for none.
    pub ca_file: PathBuf,
    /// Whether a connection without TLS may leave this machine.
    pub allow_plaintext: bool,
    /// How this machine names itself; empty for the domain of the sender.
    pub hello: String,
}

/// How the connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// TLS from the first byte (port 465).
    Required,
    /// TLS after a plain greeting, or no mail at all (port 587).
    Starttls,
    /// None (port 25).
    None,
}

/// Section `[mail.ses]`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SesSettings {
    /// The region; empty for the one of the environment.
    pub region: String,
    /// Another endpoint than Amazon's; empty for theirs.
    pub endpoint: String,
    /// The configuration set; empty for the default one of the sender.
    pub configuration_set: String,
    /// The access key; empty for what the environment has: variables, profile, container or machine role.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
}

impl fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SesSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SesSettings")
            .field("region", &self.region)
            .field("endpoint", &self.endpoint)
            .field("configuration_set", &self.configuration_set)
            .finish_non_exhaustive()
    }
}

/// The settings make no mailer.
#[derive(Debug, thiserror::Error)]
pub enum BadSettings {
    /// A value does not fit.
    #[error("mail.{key} {problem}")]
    Value {
        /// The key below `mail`.
        key: &'static str,
        /// What it must be.
        problem: String,
    },
    /// This program was built without what they ask for.
    #[error(
        "{asked} needs the feature {feature:?}, which this program was built without: run tasktracker-core, or build with --features {feature}"
    )]
    NotBuiltIn {
        /// What was asked for.
        asked: String,
        /// What has it.
        feature: &'static str,
    },
}

impl BadSettings {
    pub(crate) fn value(key: &'static str, problem: impl Into<String>) -> Self {
        Self::Value {
            key,
            problem: problem.into(),
        }
    }
}

impl Settings {
    /// The mailer that they ask for. No connection is made yet, so a mail server that is away does not keep a process from starting.
    /// Where `directory` is empty, files go into `default_directory`. Must be called within a runtime.
    ///
    /// # Errors
    /// A value does not fit, or this program was built without what carries these mails.
    pub async fn mailer(&self, default_directory: &Path) -> Result<Arc<dyn Mailer>, BadSettings> {
        if self.concurrency == 0 {
            return Err(BadSettings::value("concurrency", "must be at least 1"));
        }
        if !(1..=300).contains(&self.timeout_seconds) {
            return Err(BadSettings::value("timeout_seconds", "must be from 1 to 300"));
        }
        match self.transport {
            Transport::Directory => {
                let path = Some(self.directory.as_path()).filter(|path| !path.as_os_str().is_empty());
                Ok(self.paced(Directory::new(path.unwrap_or(default_directory))))
            }
            Transport::Smtp => self.smtp(),
            // Boxed, because looking for a region and credentials is a large future.
            Transport::Ses => Box::pin(self.ses()).await,
        }
    }

    fn paced(&self, mailer: impl Mailer + 'static) -> Arc<dyn Mailer> {
        Arc::new(Paced::new(mailer, f64::from(self.rate), self.concurrency))
    }

    #[cfg(feature = "smtp")]
    fn smtp(&self) -> Result<Arc<dyn Mailer>, BadSettings> {
        let from: crate::Mailbox = self.from.parse().map_err(|bad| BadSettings::value("from", format!("{bad}")))?;
        let timeout = std::time::Duration::from_secs(self.timeout_seconds);
        let smtp = crate::smtp::Smtp::new(&self.smtp, from.address.domain(), timeout, self.concurrency)?;
        Ok(self.paced(smtp))
    }

    #[cfg(not(feature = "smtp"))]
    fn smtp(&self) -> Result<Arc<dyn Mailer>, BadSettings> {
        Err(BadSettings::NotBuiltIn {
            asked: "mail.transport = \"smtp\"".to_owned(),
            feature: "smtp",
        })
    }

    #[cfg(feature = "ses")]
    async fn ses(&self) -> Result<Arc<dyn Mailer>, BadSettings> {
        let timeout = std::time::Duration::from_secs(self.timeout_seconds);
        let ses = crate::ses::Ses::new(&self.ses, timeout, self.rate == 0).await?;
        Ok(self.paced(ses))
    }

    #[cfg(not(feature = "ses"))]
    async fn ses(&self) -> Result<Arc<dyn Mailer>, BadSettings> {
        Err(BadSettings::NotBuiltIn {
            asked: "mail.transport = \"ses\"".to_owned(),
            feature: "ses",
        })
    }
}
