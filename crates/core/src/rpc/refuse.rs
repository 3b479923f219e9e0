//! What the domain refuses, in the words of the API. The one place where Core's rules meet codes and reasons.

use serde_json::Value;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_proto::validate::Violation;
use tasktracker_server::{Code, RpcError};

use crate::domain::comment::CommentError;
use crate::domain::invalid::Invalid;
use crate::domain::mask::BadMask;
use crate::domain::merge::Conflict;
use crate::domain::project::ProjectError;
use crate::domain::task::TaskError;

/// Fields of the resource that break a rule; `prefix` is the request field that holds the resource.
pub fn invalid(prefix: &str, broken: Vec<Invalid>) -> RpcError {
    let violation = |invalid: Invalid| Violation {
        field: format!("{prefix}.{}", invalid.field),
        description: invalid.problem,
    };
    RpcError::invalid_fields(broken.into_iter().map(violation).collect())
}

/// The same fields were changed by somebody else: both values, for a person to choose.
pub fn conflict(conflict: Conflict, current_etag: &str) -> RpcError {
    let names: Vec<&str> = conflict.0.iter().map(|field| field.field).collect();
    let message = format!("changed by somebody else since the etag: {}", names.join(", "));
    let error = RpcError::new(Code::Aborted, ErrorReason::EditConflict, message)
        .meta("etag", current_etag)
        .meta("fields", names.join(","));
    conflict.0.into_iter().fold(error, |error, field| {
        error
            .meta(format!("{}.theirs", field.field), text(&field.theirs))
            .meta(format!("{}.yours", field.field), text(&field.yours))
    })
}

fn text(value: &Value) -> String {
    const LONGEST: usize = 200;
    let text = value.to_string();
    // Details travel in a header: a long description is read again instead.
    if text.len() > LONGEST { "(long)".to_owned() } else { text }
}

/// A task's refusal.
pub fn task(error: TaskError, prefix: &str, current_etag: &str) -> RpcError {
    match error {
        TaskError::Invalid(broken) => invalid(prefix, broken),
        TaskError::Conflict(found) => conflict(found, current_etag),
        TaskError::Deleted => RpcError::new(
            Code::FailedPrecondition,
            ErrorReason::TaskDeleted,
            "the task is deleted, restore it first",
        ),
        TaskError::NotDeleted => RpcError::new(Code::AlreadyExists, ErrorReason::NotDeleted, "the task is not deleted"),
    }
}

/// A project's refusal.
pub fn project(error: ProjectError, prefix: &str, current_etag: &str) -> RpcError {
    match error {
        ProjectError::Invalid(broken) => invalid(prefix, broken),
        ProjectError::Conflict(found) => conflict(found, current_etag),
        ProjectError::ReadOnly => archived(),
        ProjectError::AlreadyArchived => RpcError::new(
            Code::FailedPrecondition,
            ErrorReason::ArchiveState,
            "the project is archived already",
        ),
        ProjectError::NotArchived => RpcError::new(Code::FailedPrecondition, ErrorReason::ArchiveState, "the project is not archived"),
        ProjectError::Deleted => RpcError::not_found("project"),
        ProjectError::NotDeleted => RpcError::new(Code::AlreadyExists, ErrorReason::NotDeleted, "the project is not deleted"),
    }
}

/// A write in an archived project.
pub fn archived() -> RpcError {
    RpcError::new(
        Code::FailedPrecondition,
        ErrorReason::ProjectArchived,
        "the project is archived and read-only",
    )
}

/// A comment's refusal.
pub fn comment(error: CommentError, prefix: &str, current_etag: &str) -> RpcError {
    match error {
        CommentError::Invalid(broken) => invalid(prefix, vec![broken]),
        CommentError::Conflict(found) => conflict(found, current_etag),
        CommentError::NotTheAuthor => RpcError::permission_missing("comment.delete_any"),
        CommentError::Deleted => RpcError::not_found("comment"),
    }
}

/// A mask that names what cannot be changed.
pub fn mask(error: &BadMask) -> RpcError {
    RpcError::invalid("update_mask", error.to_string())
}
