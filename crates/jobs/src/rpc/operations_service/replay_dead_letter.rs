//! Handles a dead letter again, now, and removes it when that succeeds.

use tasktracker_events::ReplayError;
use tasktracker_identity::Call;
use tasktracker_proto::operations::v1::{ReplayDeadLetterRequest, ReplayDeadLetterResponse};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use super::load;
use crate::operations::Operations;

pub async fn replay_dead_letter(
    operations: &Operations,
    call: &Call,
    request: ReplayDeadLetterRequest,
) -> Result<ReplayDeadLetterResponse, RpcError> {
    operations.allow(call).await?;
    let id = load::id(&request.dead_letter_id, "dead_letter_id")?;
    for store in &operations.dead_letters {
        match store.replay(id).await {
            Ok(()) => {
                tracing::info!(dead_letter.id = %id, caller = %call.caller(), "a dead letter was replayed");
                return Ok(ReplayDeadLetterResponse {});
            }
            Err(ReplayError::NotFound) => {}
            Err(ReplayError::Failed(error)) => {
                let message = format!("it failed again: {error}");
                return Err(RpcError::new(Code::FailedPrecondition, ErrorReason::DeadLetterFailed, message));
            }
            Err(ReplayError::Storage(error)) => return Err(error.into()),
        }
    }
    Err(RpcError::not_found("dead letter"))
}
