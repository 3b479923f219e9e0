//! Throws a dead letter away for good.

use tasktracker_identity::Call;
use tasktracker_proto::operations::v1::{DiscardDeadLetterRequest, DiscardDeadLetterResponse};
use tasktracker_server::RpcError;

use super::load;
use crate::operations::Operations;

pub async fn discard_dead_letter(
    operations: &Operations,
    call: &Call,
    request: DiscardDeadLetterRequest,
) -> Result<DiscardDeadLetterResponse, RpcError> {
    operations.allow(call).await?;
    let id = load::id(&request.dead_letter_id, "dead_letter_id")?;
    for store in &operations.dead_letters {
        if store.discard(id).await? {
            tracing::info!(dead_letter.id = %id, caller = %call.caller(), "a dead letter was discarded");
            return Ok(DiscardDeadLetterResponse {});
        }
    }
    Err(RpcError::not_found("dead letter"))
}
