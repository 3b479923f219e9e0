//! What an error of Amazon SES means: later, not before an operator did something, never this address, or never this message.

use std::error::Error as _;

use anyhow::anyhow;
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;

use crate::mailer::MailError;

/// What an error means. The recipient's address is taken out of what SES said: errors are logged.
pub fn of(error: &SdkError<SendEmailError>, recipient: &str) -> MailError {
    match error {
        SdkError::ServiceError(refused) => {
            let said = refused.err().message().unwrap_or_default().replace(recipient, "(recipient)");
            refusal(refused.raw().status().as_u16(), refused.err().code().unwrap_or_default(), &said)
        }
        // No credentials were found, or what was found cannot sign: nothing left this process. What the network did wrong has a kind.
        SdkError::ConstructionFailure(_) => MailError::Misconfigured(told(error)),
        SdkError::DispatchFailure(failure) if failure.is_user() || (failure.is_other() && failure.as_other().is_none()) => {
            MailError::Misconfigured(told(error))
        }
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => {
            MailError::Transient(told(error).context("the mail may have been taken, and is sent again with the same delivery_id"))
        }
        _ => MailError::Transient(told(error)),
    }
}

/// The error with its causes, without the insides that `Debug` would show.
fn told(error: &SdkError<SendEmailError>) -> anyhow::Error {
    let mut text = format!("Amazon SES: {error}");
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text += &format!(": {deeper}");
        cause = deeper.source();
    }
    anyhow!(text)
}

/// What a refusal means.
fn refusal(status: u16, code: &str, said: &str) -> MailError {
    let cause = anyhow!("Amazon SES answered {status} {code}: {said}");
    let lower = said.to_lowercase();
    match code {
        _ if status >= 500 || status == 429 || code.starts_with("Throttling") => MailError::Transient(cause),
        // The limits of a second and of a day.
        "TooManyRequestsException" | "LimitExceededException" => MailError::Transient(cause),
        "AccountSuspendedException" | "SendingPausedException" | "MailFromDomainNotVerifiedException" | "NotFoundException" => {
            MailError::Misconfigured(cause)
        }
        _ if status == 401 || status == 403 => MailError::Misconfigured(cause),
        "MessageRejected" | "BadRequestException" if lower.contains("not verified") => MailError::Misconfigured(cause),
        // SES says in words which part is wrong.
        "BadRequestException"
            if ["illegal address", "local address", "domain", "email address"]
                .iter()
                .any(|part| lower.contains(part)) =>
        {
            MailError::Rejected(cause)
        }
        "MessageRejected" if lower.contains("address") => MailError::Rejected(cause),
        "MessageRejected" | "BadRequestException" => MailError::Permanent(cause),
        // A code of tomorrow: keys and clocks most of all.
        _ => MailError::Misconfigured(cause),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sesv2::error::ConnectorError;

    use super::*;

    #[test]
    fn missing_credentials_are_the_operators_and_a_lost_connection_is_not() {
        let failed = |kind: fn(&'static str) -> ConnectorError, said| of(&SdkError::dispatch_failure(kind(said)), "ada@example.com");
        let missing = failed(|said| ConnectorError::other(said.into(), None), "no credentials");
        assert_eq!(
            (missing.word(), missing.to_string().contains("no credentials")),
            ("misconfigured", true),
            "{missing}"
        );
        for kind in [
            |said: &str| ConnectorError::io(said.into()),
            |said: &str| ConnectorError::timeout(said.into()),
        ] {
            assert_eq!(failed(kind, "lost").word(), "later");
        }
    }

    #[test]
    fn refusals_mean_what_ses_means_by_them() {
        for (status, code, said, expected) in [
            (429, "TooManyRequestsException", "Maximum sending rate exceeded.", "later"),
            (400, "TooManyRequestsException", "Daily message quota exceeded.", "later"),
            (400, "LimitExceededException", "", "later"),
            (400, "ThrottlingException", "Rate exceeded", "later"),
            (500, "InternalFailure", "", "later"),
            (503, "", "", "later"),
            (400, "SendingPausedException", "", "misconfigured"),
            (400, "AccountSuspendedException", "", "misconfigured"),
            (400, "MailFromDomainNotVerifiedException", "", "misconfigured"),
            (404, "NotFoundException", "Configuration set <x> does not exist.", "misconfigured"),
            (403, "InvalidClientTokenId", "The security token is invalid.", "misconfigured"),
            (
                403,
                "AccessDeniedException",
                "is not authorized to perform ses:SendEmail",
                "misconfigured",
            ),
            (
                400,
                "MessageRejected",
                "Email address is not verified. The following identities failed",
                "misconfigured",
            ),
            (
                400,
                "BadRequestException",
                "Local address contains control or whitespace",
                "rejected",
            ),
            (400, "BadRequestException", "Domain contains illegal character", "rejected"),
            (
                400,
                "BadRequestException",
                "Message length is more than 41943040 bytes long",
                "refused",
            ),
            (400, "MessageRejected", "Address is on the suppression list", "rejected"),
            (400, "MessageRejected", "Transaction failed: it contains a virus", "refused"),
            (400, "SomethingNew", "", "misconfigured"),
        ] {
            assert_eq!(refusal(status, code, said).word(), expected, "{status} {code} {said}");
        }
    }
}
