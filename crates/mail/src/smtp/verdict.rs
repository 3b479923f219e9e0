//! What a failed conversation means: later, not before an operator did something, never this address, or never this message.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use anyhow::anyhow;
use lettre::transport::smtp::Error;

use super::session::Stage;
use crate::mailer::MailError;

/// What an error at a stage means. The recipient's address is taken out of what the server said: errors are logged.
pub fn of(stage: Stage, error: &Error, recipient: &str) -> MailError {
    let said = error.source().map(ToString::to_string).unwrap_or_default();
    if let Some(code) = error.status() {
        let said = if recipient.is_empty() {
            said
        } else {
            said.replace(recipient, "(recipient)")
        };
        return reply(stage, &code.to_string(), &said);
    }
    let cause = anyhow!("{} failed: {error}", step(stage));
    if error.is_tls() || is_bad_tls(error) {
        return MailError::Misconfigured(cause.context("TLS with the mail server failed: see mail.smtp.tls, host and ca_file"));
    }
    match stage {
        // The server cannot what the settings ask for.
        Stage::Connect | Stage::SignIn if error.is_client() => MailError::Misconfigured(cause),
        Stage::Receipt => MailError::Transient(cause.context(UNCLEAR)),
        _ => MailError::Transient(cause),
    }
}

/// What it means that there was no answer in time.
pub fn timeout(stage: Stage, after: Duration) -> MailError {
    let cause = anyhow!("{} took longer than {after:?}", step(stage));
    match stage {
        Stage::Receipt => MailError::Transient(cause.context(UNCLEAR)),
        _ => MailError::Transient(cause),
    }
}

const UNCLEAR: &str = "the message may have arrived, and is sent again with the same Message-ID";

/// What a refusal means. `code` has three digits; `said` often begins with a second code that says more, such as 5.1.1.
fn reply(stage: Stage, code: &str, said: &str) -> MailError {
    let cause = anyhow!("the mail server answered {} with {code} {said}", step(stage));
    if code.starts_with('4') {
        return MailError::Transient(cause);
    }
    let finer = said.split_whitespace().next().unwrap_or_default();
    let is_address = finer.starts_with("5.1.") || finer == "5.2.1";
    match stage {
        Stage::Connect | Stage::SignIn | Stage::Sender => MailError::Misconfigured(cause),
        // The sender's address, even though the recipient is at hand.
        _ if ["5.1.7", "5.1.8"].contains(&finer) => MailError::Misconfigured(cause),
        Stage::Recipient if is_address => MailError::Rejected(cause),
        // Relaying and signing in are between the operator and the server.
        Stage::Recipient if finer.starts_with("5.7.") || ["530", "535"].contains(&code) => MailError::Misconfigured(cause),
        Stage::Recipient if finer.starts_with("5.") => MailError::Permanent(cause),
        Stage::Recipient if ["550", "551", "553"].contains(&code) => MailError::Rejected(cause),
        Stage::Content | Stage::Receipt if is_address => MailError::Rejected(cause),
        Stage::Recipient | Stage::Content | Stage::Receipt => MailError::Permanent(cause),
    }
}

fn step(stage: Stage) -> &'static str {
    match stage {
        Stage::Connect => "connecting",
        Stage::SignIn => "signing in",
        Stage::Sender => "the sender",
        Stage::Recipient => "the recipient",
        Stage::Content => "the message",
        Stage::Receipt => "the end of the message",
    }
}

/// A handshake that failed is an error of input and output whose content is wrong.
fn is_bad_tls(error: &Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            return io.kind() == io::ErrorKind::InvalidData;
        }
        source = cause.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_mean_what_servers_mean_by_them() {
        for (stage, code, said, expected) in [
            (Stage::Connect, "421", "4.3.2 too busy", "later"),
            (Stage::Connect, "554", "5.7.1 your address is on a list", "misconfigured"),
            (Stage::SignIn, "454", "4.7.0 temporary failure", "later"),
            (Stage::SignIn, "535", "5.7.8 bad credentials", "misconfigured"),
            (Stage::Sender, "530", "5.7.0 sign in first", "misconfigured"),
            (Stage::Sender, "553", "5.7.1 not yours", "misconfigured"),
            (Stage::Sender, "452", "4.3.1 disk full", "later"),
            (Stage::Recipient, "450", "4.2.0 greylisted", "later"),
            (Stage::Recipient, "452", "4.2.2 mailbox full", "later"),
            (Stage::Recipient, "550", "5.1.1 no such user", "rejected"),
            (Stage::Recipient, "550", "no such user", "rejected"),
            (Stage::Recipient, "556", "5.1.10 domain takes no mail", "rejected"),
            (Stage::Recipient, "550", "5.2.1 mailbox disabled", "rejected"),
            (Stage::Recipient, "552", "5.2.2 mailbox full", "refused"),
            (Stage::Recipient, "554", "5.7.1 relay access denied", "misconfigured"),
            (Stage::Recipient, "550", "5.7.1 relaying denied", "misconfigured"),
            (Stage::Recipient, "550", "5.1.8 sender's domain is unknown", "misconfigured"),
            (Stage::Recipient, "554", "no", "refused"),
            (Stage::Content, "554", "no valid recipients", "refused"),
            (Stage::Receipt, "550", "5.7.1 spam", "refused"),
            (Stage::Receipt, "552", "5.3.4 too big", "refused"),
            (Stage::Receipt, "550", "5.1.1 no such user", "rejected"),
            (Stage::Receipt, "451", "4.7.1 try later", "later"),
        ] {
            assert_eq!(reply(stage, code, said).word(), expected, "{stage:?} {code} {said}");
        }
    }
}
