//! How a task stands, asked of Core in the name of the caller: whether they see it, where it is, and whether anything may be added to it.

use std::time::Duration;

use tasktracker_identity::Call;
use tasktracker_proto::core::v1::project_service_client::ProjectServiceClient;
use tasktracker_proto::core::v1::task_service_client::TaskServiceClient;
use tasktracker_proto::core::v1::{GetProjectRequest, GetTaskRequest};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};
use tonic::Status;
use uuid::Uuid;

use crate::app::App;

/// How long Core may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// A task that the caller may view.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// Its project.
    pub project_id: Uuid,
    /// Whether it is in the trash.
    pub deleted: bool,
}

/// Asks for a task.
///
/// # Errors
/// NOT_FOUND where the caller may not view it, or it does not exist; UNAVAILABLE without an answer of Core.
pub async fn of_task(app: &App, call: &Call, task_id: Uuid) -> Result<Standing, RpcError> {
    let question = GetTaskRequest {
        task_id: task_id.to_string(),
    };
    let answer = TaskServiceClient::new(app.core.clone())
        .get_task(call.on_behalf(question, PATIENCE))
        .await
        .map_err(refused)?;
    let task = answer.into_inner().task.unwrap_or_default();
    Ok(Standing {
        project_id: Uuid::try_parse(&task.project_id).map_err(RpcError::internal)?,
        deleted: task.delete_time.is_some(),
    })
}

/// Refuses to change anything in a project that is archived or deleted.
///
/// # Errors
/// FAILED_PRECONDITION, and those of `of_task`.
pub async fn check_project(app: &App, call: &Call, project_id: Uuid) -> Result<(), RpcError> {
    let question = GetProjectRequest {
        project_id: project_id.to_string(),
    };
    let answer = ProjectServiceClient::new(app.core.clone())
        .get_project(call.on_behalf(question, PATIENCE))
        .await
        .map_err(refused)?;
    let project = answer.into_inner().project.unwrap_or_default();
    if project.delete_time.is_some() {
        return Err(RpcError::not_found("task"));
    }
    if project.archive_time.is_some() {
        let message = "the project is archived and read-only";
        return Err(RpcError::new(Code::FailedPrecondition, ErrorReason::ProjectArchived, message));
    }
    Ok(())
}

/// What Core's refusal means here.
fn refused(status: Status) -> RpcError {
    match status.code() {
        Code::NotFound | Code::PermissionDenied => RpcError::not_found("task"),
        _ => RpcError::from_upstream("core", status),
    }
}

impl Standing {
    /// Refuses a task in the trash.
    ///
    /// # Errors
    /// FAILED_PRECONDITION.
    pub fn check_live(&self) -> Result<(), RpcError> {
        if self.deleted {
            let message = "the task is deleted, restore it first";
            return Err(RpcError::new(Code::FailedPrecondition, ErrorReason::TaskDeleted, message));
        }
        Ok(())
    }
}
