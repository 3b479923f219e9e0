//! The project that a request is about. The nil UUID is the instance's own scope, which no project may touch.

use tasktracker_database::Id;
use tasktracker_server::RpcError;

use crate::db::INSTANCE_SCOPE;
use crate::rpc::resources;

/// Reads the field `project_id`.
pub fn read(text: &str) -> Result<Id, RpcError> {
    let id = resources::id(text, "project_id")?;
    if id == INSTANCE_SCOPE { Err(RpcError::invalid("project_id", "must not be nil")) } else { Ok(id) }
}
