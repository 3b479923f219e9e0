//! Repeated requests: the same `request_id` answers the first result, another payload under it is refused.

use prost::Message;
use tasktracker_database::idempotency::{self, Key};
use tasktracker_database::{Failure, Time};
use tasktracker_identity::Call;
use uuid::Uuid;

pub use tasktracker_database::idempotency::or_stale;

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
    idempotency::first_result(app.db.reader(), key, Time::from(app.now())).await
}
