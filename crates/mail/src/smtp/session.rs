//! One conversation with a mail server, step by step, so that it is known at which step it ended.

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailParameter};

use super::Smtp;

/// The mechanisms that every server has one of. Both send the password: `Smtp` sees to it that nobody can read along.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// How far a conversation came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Connecting, greeting, TLS.
    Connect,
    /// User and password.
    SignIn,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`.
    Content,
    /// The message was sent, its receipt is awaited.
    Receipt,
}

/// A new connection, signed in.
pub async fn open(smtp: &Smtp, stage: &mut Stage) -> Result<AsyncSmtpConnection, Error> {
    let server = (smtp.host.as_str(), smtp.port);
    let at_once = smtp.tls.clone().filter(|_| !smtp.is_starttls);
    let mut connection = AsyncSmtpConnection::connect_tokio1(server, Some(smtp.timeout), &smtp.hello, at_once, None).await?;
    if let Some(tls) = smtp.tls.clone().filter(|_| smtp.is_starttls) {
        connection.starttls(tls, &smtp.hello).await?;
    }
    if let Some(credentials) = &smtp.credentials {
        *stage = Stage::SignIn;
        connection.auth(&MECHANISMS, credentials).await?;
    }
    Ok(connection)
}

/// Hands a message over.
pub async fn send(connection: &mut AsyncSmtpConnection, from: Address, to: Address, bytes: &[u8], stage: &mut Stage) -> Result<(), Error> {
    *stage = Stage::Sender;
    let is_ascii = [&from, &to]
        .iter()
        .all(|address| address.user().is_ascii() && address.domain().is_ascii());
    let takes_others = connection.server_info().supports_feature(Extension::SmtpUtfEight);
    // Where the server takes ASCII only, it is asked all the same: its answer says what it cannot do.
    let parameters = if is_ascii || !takes_others {
        vec![]
    } else {
        vec![MailParameter::SmtpUtfEight]
    };
    connection.command(Mail::new(Some(from), parameters)).await?;
    *stage = Stage::Recipient;
    connection.command(Rcpt::new(to, vec![])).await?;
    *stage = Stage::Content;
    connection.command(Data).await?;
    *stage = Stage::Receipt;
    connection.message(bytes).await?;
    Ok(())
}
