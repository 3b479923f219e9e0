//! What librdkafka says by itself goes to the log of the process.

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// For clients that need nothing else.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tell(&error, reason);
    }
}

impl rdkafka::consumer::ConsumerContext for Quiet {}

/// A line of librdkafka. What it calls an error may pass by itself, and who waits says so; so nothing is worse than a warning.
pub(super) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error | RDKafkaLogLevel::Warning => {
            tracing::warn!(facility, message, "librdkafka")
        }
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => tracing::info!(facility, message, "librdkafka"),
        RDKafkaLogLevel::Debug => tracing::debug!(facility, message, "librdkafka"),
    }
}

/// An error of a client as a whole.
pub(super) fn tell(error: &KafkaError, reason: &str) {
    tracing::debug!(%error, reason, "librdkafka");
}

/// Says what to do about an error, where that is known.
pub(super) fn advice(code: RDKafkaErrorCode) -> &'static str {
    match code {
        RDKafkaErrorCode::UnknownTopicOrPartition
        | RDKafkaErrorCode::UnknownTopic
        | RDKafkaErrorCode::UnknownPartition
        | RDKafkaErrorCode::UnknownTopicId => "a topic is missing; `tasktracker topics apply` makes it",
        RDKafkaErrorCode::AllBrokersDown | RDKafkaErrorCode::BrokerTransportFailure | RDKafkaErrorCode::Resolve => {
            "no broker answers; see whether they run, and whether `brokers` names them"
        }
        RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SaslAuthenticationFailed => {
            "the brokers refuse user and password; see `security`, `username` and `password`"
        }
        RDKafkaErrorCode::TopicAuthorizationFailed | RDKafkaErrorCode::GroupAuthorizationFailed => {
            "the user may not do this; the brokers' access lists must allow topics and groups under `topic_prefix`"
        }
        RDKafkaErrorCode::MessageTimedOut | RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::PurgeInflight => {
            "the brokers did not acknowledge in time; see whether they run, and whether enough replicas are in sync"
        }
        _ => "",
    }
}

/// An error together with what to do about it.
pub(super) fn explained(error: KafkaError) -> anyhow::Error {
    let advice = error.rdkafka_error_code().map(advice).unwrap_or_default();
    let error = anyhow::Error::new(error);
    if advice.is_empty() { error } else { error.context(advice) }
}
