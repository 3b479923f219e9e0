//! Repeated requests: the same `request_id` answers the first result, another payload under it is refused.

use prost::Message;
use tasktracker_database::idempotency::{self, Key};
use tasktracker_database::{CommitError, Failure, Time};
use tasktracker_identity::Call;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};
use uuid::Uuid;

use crate::app::App;

/// The key of a request, where it carries a `request_id`.
pub fn key(call: &Call, rpc: &str, request_id: &str, payload: &impl Message) -> Option<Key> {
    Key::new(&call.caller().to_string(), rpc, request_id, &payload.encode_to_vec())
}

/// What a request with this key made before.
///
/// # Errors
/// The key was used with another payload.
pub async fn first_result(app: &App, key: Option<&Key>) -> Result<Option<Uuid>, Failure> {
    let Some(key) = key else { return Ok(None) };
    let Some(found) = idempotency::find(app.db.reader(), key, Time::from(app.now())).await? else {
        return Ok(None);
    };
    if !found.same_payload {
        let message = "the request_id was used before with another payload";
        return Err(RpcError::new(Code::InvalidArgument, ErrorReason::IdempotencyKeyReused, message)
            .violation("request_id", "must be new")
            .into());
    }
    Uuid::try_parse(&found.resource_id)
        .map(Some)
        .map_err(|error| RpcError::internal(error).into())
}

/// A commit that lost a race against the same request is stale: the next attempt finds the first result.
pub fn or_stale(error: CommitError) -> CommitError {
    if idempotency::is_replay(&error) {
        CommitError::GuardMissed
    } else {
        error
    }
}
