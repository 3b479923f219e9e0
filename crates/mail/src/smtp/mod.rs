//! Mail by SMTP: one connection a message at a time, kept open for the next one. The password goes over TLS only, unless the server is this
//! machine or the operator says otherwise.

mod session;
mod verdict;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use lettre::Address;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use crate::mailer::{MailError, Mailer};
use crate::message::Message;
use crate::settings::{BadSettings, SmtpSettings, Tls};
use session::Stage;

/// A mail server.
pub struct Smtp {
    host: String,
    port: u16,
    /// What TLS needs to know; none for no TLS.
    tls: Option<TlsParameters>,
    /// Whether TLS begins after a plain greeting.
    is_starttls: bool,
    credentials: Option<Credentials>,
    hello: ClientId,
    timeout: Duration,
    /// Connections that wait for the next message, the newest last.
    idle: Mutex<Vec<AsyncSmtpConnection>>,
    most_idle: usize,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Smtp({}:{})", self.host, self.port)
    }
}

impl Smtp {
    /// The server of the settings, which is not asked yet. `domain` is what this machine names itself where the settings say nothing, and up
    /// to `most_idle` connections are kept open.
    ///
    /// # Errors
    /// A value does not fit.
    pub fn new(settings: &SmtpSettings, domain: &str, timeout: Duration, most_idle: usize) -> Result<Self, BadSettings> {
        let host = settings.host.clone();
        if host.is_empty() || host.contains(|letter: char| letter.is_whitespace() || letter.is_control() || "/@".contains(letter)) {
            return Err(BadSettings::value("smtp.host", "must be the name or address of the mail server"));
        }
        if settings.tls == Tls::None && !settings.allow_plaintext && !is_this_machine(&host) {
            let problem =
                "may be \"none\" only with a server on this machine: choose \"required\" or \"starttls\", or set mail.smtp.allow_plaintext";
            return Err(BadSettings::value("smtp.tls", problem));
        }
        if settings.user.is_empty() != settings.password.is_empty() {
            return Err(BadSettings::value(
                "smtp.password",
                "and mail.smtp.user go together: set both or none",
            ));
        }
        let usual = match settings.tls {
            Tls::Required => 465,
            Tls::Starttls => 587,
            Tls::None => 25,
        };
        Ok(Self {
            port: if settings.port == 0 { usual } else { settings.port },
            tls: tls(settings)?,
            is_starttls: settings.tls == Tls::Starttls,
            credentials: (!settings.user.is_empty()).then(|| Credentials::new(settings.user.clone(), settings.password.clone())),
            hello: hello(&settings.hello, domain)?,
            timeout,
            idle: Mutex::default(),
            most_idle,
            host,
        })
    }

    /// One attempt. `stage` tells how far it came, whatever became of it.
    async fn attempt(&self, message: &Message, stage: &mut Stage) -> Result<(), MailError> {
        let (from, to) = (address(message.from.address.wire()), address(message.to.address.wire()));
        let from = from.map_err(|bad| MailError::Misconfigured(anyhow::anyhow!("mail.from is no address to SMTP: {bad}")))?;
        let to = to.map_err(|bad| MailError::Rejected(anyhow::anyhow!("no address to SMTP: {bad}")))?;
        let mut connection = self.connection(stage).await.map_err(|error| verdict::of(*stage, &error, ""))?;
        let result = session::send(&mut connection, from, to, &message.to_bytes(), stage).await;
        match result {
            Ok(()) => {
                self.keep(connection);
                Ok(())
            }
            // What was said last is unclear: the connection goes, and the next message makes another one.
            Err(error) => Err(verdict::of(*stage, &error, &message.to.address.wire())),
        }
    }

    /// A connection that answers: one of those that wait, or a new one.
    async fn connection(&self, stage: &mut Stage) -> Result<AsyncSmtpConnection, lettre::transport::smtp::Error> {
        loop {
            let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(mut kept) = kept else { break };
            if kept.test_connected().await {
                return Ok(kept);
            }
        }
        session::open(self, stage).await
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.most_idle {
            idle.push(connection);
        }
    }
}

impl Mailer for Smtp {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<(), MailError>> {
        Box::pin(async move {
            let mut stage = Stage::Connect;
            let attempt = tokio::time::timeout(self.timeout, self.attempt(message, &mut stage)).await;
            attempt.unwrap_or_else(|_| Err(verdict::timeout(stage, self.timeout)))
        })
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn tls(settings: &SmtpSettings) -> Result<Option<TlsParameters>, BadSettings> {
    if settings.tls == Tls::None {
        return Ok(None);
    }
    let mut builder = TlsParameters::builder(settings.host.clone());
    if !settings.ca_file.as_os_str().is_empty() {
        let unfit = |problem: String| BadSettings::value("smtp.ca_file", format!("must be a PEM file of certificates: {problem}"));
        let pem = std::fs::read(&settings.ca_file).map_err(|error| unfit(error.to_string()))?;
        if !pem.windows(11).any(|piece| piece == b"-----BEGIN ") {
            return Err(unfit("there is none in it".to_owned()));
        }
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| unfit(error.to_string()))?);
    }
    let built = builder.build_rustls();
    built
        .map(Some)
        .map_err(|error| BadSettings::value("smtp.tls", format!("cannot be prepared: {error}")))
}

/// The name for the greeting; an address where there is no name.
fn hello(given: &str, domain: &str) -> Result<ClientId, BadSettings> {
    let name = if given.is_empty() { domain } else { given };
    let name = idna::domain_to_ascii(name).unwrap_or_default();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    if name.is_empty() || !name.bytes().all(fits) {
        return Err(BadSettings::value(
            "smtp.hello",
            "must be the name of this machine, such as tracker.example.com",
        ));
    }
    Ok(name.parse().map_or(ClientId::Domain(name), ClientId::Ipv4))
}

fn address(wire: std::borrow::Cow<'_, str>) -> Result<Address, lettre::address::AddressError> {
    wire.parse()
}
