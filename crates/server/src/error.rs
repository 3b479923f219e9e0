//! The error of every RPC, and the only place in the project that makes a `tonic::Status`. A client gets a code, a reason, a sentence
//! and the request id; the cause of an INTERNAL or UNAVAILABLE goes to the log, once, and never to the client.

use std::collections::HashMap;
use std::time::Duration;

use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_proto::validate::Violation;
use tonic::Status;
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use crate::request;

pub use tonic::Code;

/// The domain of `google.rpc.ErrorInfo` in every answer.
pub const DOMAIN: &str = "tasktracker.dev";

/// Why an RPC failed.
#[derive(Debug)]
pub struct RpcError(Box<Content>);

#[derive(Debug)]
struct Content {
    code: Code,
    reason: ErrorReason,
    message: String,
    metadata: HashMap<String, String>,
    violations: Vec<Violation>,
    retry_after: Option<Duration>,
    cause: Option<anyhow::Error>,
}

impl RpcError {
    /// An error with a code, a reason and a sentence for the client: a lower-case fragment without a full stop.
    #[must_use]
    pub fn new(code: Code, reason: ErrorReason, message: impl Into<String>) -> Self {
        Self(Box::new(Content {
            code,
            reason,
            message: message.into(),
            metadata: HashMap::new(),
            violations: Vec::new(),
            retry_after: None,
            cause: None,
        }))
    }

    /// Adds a value that a program may read.
    #[must_use]
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.metadata.insert(key.into(), value.into());
        self
    }

    /// Adds a field that breaks a rule.
    #[must_use]
    pub fn violation(mut self, field: impl Into<String>, description: impl Into<String>) -> Self {
        self.0.violations.push(Violation {
            field: field.into(),
            description: description.into(),
        });
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.0.retry_after = Some(delay);
        self
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// One field breaks a rule.
    #[must_use]
    pub fn invalid(field: impl Into<String>, description: impl Into<String>) -> Self {
        let (field, description) = (field.into(), description.into());
        Self::new(Code::InvalidArgument, ErrorReason::InvalidFields, format!("{field} {description}")).violation(field, description)
    }

    /// Several fields break rules.
    #[must_use]
    pub fn invalid_fields(violations: Vec<Violation>) -> Self {
        let message = match violations.as_slice() {
            [only] => format!("{} {}", only.field, only.description),
            many => format!(
                "{} fields are invalid: {}",
                many.len(),
                many.iter().map(|v| v.field.as_str()).collect::<Vec<_>>().join(", ")
            ),
        };
        let mut error = Self::new(Code::InvalidArgument, ErrorReason::InvalidFields, message);
        error.0.violations = violations;
        error
    }

    /// No such thing, or none that the caller may see: the two are equal by design.
    #[must_use]
    pub fn not_found(kind: &str) -> Self {
        Self::new(Code::NotFound, ErrorReason::NotFound, format!("{kind} not found"))
    }

    /// The caller sees the thing but may not do this.
    #[must_use]
    pub fn permission_missing(permission: &str) -> Self {
        Self::new(
            Code::PermissionDenied,
            ErrorReason::PermissionMissing,
            format!("this needs the permission {permission}"),
        )
        .meta("permission", permission)
    }

    /// The caller is nobody we know.
    #[must_use]
    pub fn unauthenticated(reason: ErrorReason, message: impl Into<String>) -> Self {
        Self::new(Code::Unauthenticated, reason, message)
    }

    /// The caller's etag is stale.
    #[must_use]
    pub fn etag_mismatch(current: &str) -> Self {
        Self::new(Code::Aborted, ErrorReason::EtagMismatch, "it was changed since the etag was read").meta("etag", current)
    }

    /// A defect. The client learns the request id only.
    #[must_use]
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::new(Code::Internal, ErrorReason::Internal, "something went wrong on our side").caused_by(cause)
    }

    /// Something this process needs does not answer.
    #[must_use]
    pub fn unavailable(what: &str, cause: impl Into<anyhow::Error>) -> Self {
        Self::new(
            Code::Unavailable,
            ErrorReason::DependencyUnavailable,
            format!("{what} does not answer, try again later"),
        )
        .retry_after(Duration::from_secs(1))
        .caused_by(cause)
    }

    /// What a failed question to another service means for the RPC that asked: its outages are ours, anything else is a defect.
    #[must_use]
    pub fn from_upstream(what: &str, status: Status) -> Self {
        match status.code() {
            Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::ResourceExhausted | Code::Unauthenticated => {
                Self::unavailable(what, status)
            }
            // Only this side's transport gives a status a source: the connection broke, whatever code that became.
            _ if std::error::Error::source(&status).is_some() => Self::unavailable(what, status),
            _ => Self::internal(anyhow::Error::new(status).context(format!("{what} refused a question"))),
        }
    }

    /// The gRPC code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The machine-readable reason.
    #[must_use]
    pub fn reason(&self) -> ErrorReason {
        self.0.reason
    }

    /// The sentence for the client.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The metadata for programs.
    #[must_use]
    pub fn metadata(&self) -> &HashMap<String, String> {
        &self.0.metadata
    }
}

impl std::fmt::Display for RpcError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for RpcError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as _)
    }
}

/// The name of a reason as clients see it.
#[must_use]
pub fn reason_name(reason: ErrorReason) -> &'static str {
    reason.as_str_name().trim_start_matches("ERROR_REASON_")
}

impl From<RpcError> for Status {
    fn from(error: RpcError) -> Self {
        let Content {
            code,
            reason,
            message,
            metadata,
            violations,
            retry_after,
            cause,
        } = *error.0;
        let request_id = request::current_id();
        if let Some(cause) = &cause {
            // One line, at the border, with the whole chain: the client gets the request id.
            let chain = format!("{cause:#}");
            if code == Code::Internal {
                tracing::error!(request.id = request_id.as_deref(), error = chain, "rpc failed");
            } else {
                tracing::warn!(request.id = request_id.as_deref(), error = chain, "rpc failed: {message}");
            }
        }
        let mut details = ErrorDetails::new();
        let metadata: HashMap<String, String> = metadata.into_iter().map(|(key, value)| (key, shortened(value))).collect();
        details.set_error_info(reason_name(reason), DOMAIN, metadata);
        if !violations.is_empty() {
            let violation = |v: Violation| FieldViolation::new(shortened(v.field), shortened(v.description));
            let mut room = VIOLATIONS_ROOM;
            let fits = |violation: &FieldViolation| {
                room = room.saturating_sub(violation.field.len() + violation.description.len());
                room > 0
            };
            let violations = violations.into_iter().take(MOST_VIOLATIONS).map(violation).take_while(fits);
            details.set_bad_request(violations.collect::<Vec<_>>());
        }
        if let Some(delay) = retry_after {
            details.set_retry_info(Some(delay));
        }
        if let Some(request_id) = request_id {
            details.set_request_info(&*request_id, "");
        }
        Self::with_error_details(code, shortened(message), details)
    }
}

/// Details travel in one header, in base64; many clients take 8 KiB of headers at most.
const MOST_VIOLATIONS: usize = 16;
const VIOLATIONS_ROOM: usize = 4 * 1024;
const LONGEST_TEXT: usize = 200;

/// A text that may quote what the client sent, cut to a length that fits.
fn shortened(mut text: String) -> String {
    if text.len() > LONGEST_TEXT {
        text.truncate(text.floor_char_boundary(LONGEST_TEXT));
        text.push_str("...");
    }
    text
}

/// What other crates may do with a `Status` they received: read its reason.
#[must_use]
pub fn reason_of(status: &Status) -> Option<ErrorReason> {
    let info = status.get_details_error_info()?;
    ErrorReason::from_str_name(&format!("ERROR_REASON_{}", info.reason))
}
