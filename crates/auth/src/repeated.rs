//! Requests that carry a `request_id`: a repeated one answers the member that the first one made or changed.

use prost::Message;
use tasktracker_database::idempotency::{self, Key};
use tasktracker_identity::Call;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use crate::app::App;
use crate::db::entities::bindings;
use crate::db::members;
use crate::failure::Failure;
use crate::project::Project;
use crate::rpc::convert;

/// The key of a request; `request` is the message without its `request_id`.
pub fn key(call: &Call, rpc: &str, request_id: &str, request: &impl Message) -> Option<Key> {
    Key::new(&call.caller().to_string(), rpc, request_id, &request.encode_to_vec())
}

/// The member that the same request made or changed before.
pub async fn find(app: &App, project: &Project, key: Option<&Key>) -> Result<Option<bindings::Model>, Failure> {
    let Some(key) = key else { return Ok(None) };
    let Some(found) = idempotency::find(app.db.reader(), key, app.now()).await? else {
        return Ok(None);
    };
    if !found.same_payload {
        let message = "this request_id was used before with another request";
        return Err(RpcError::new(Code::InvalidArgument, ErrorReason::IdempotencyKeyReused, message).into());
    }
    let member = members::find(app.db.reader(), project.id, convert::id(&found.resource_id, "request_id")?).await?;
    Ok(Some(member.ok_or_else(|| RpcError::not_found("member"))?))
}
