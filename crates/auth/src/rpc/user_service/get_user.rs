//! Answers one person. Guests find only themselves and people they share a project with; others do not exist for them.

use tasktracker_database::Id;
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::{GetUserRequest, GetUserResponse, Permission};
use tasktracker_server::RpcError;

use crate::app::App;
use crate::db::{facts, people};
use crate::failure::stored;
use crate::rpc::convert;

pub async fn get_user(app: &App, call: &Call, request: GetUserRequest) -> Result<GetUserResponse, RpcError> {
    let reader = app.db.reader();
    let caller = Id(call.user_id()?);
    let user_id = convert::id(&request.user_id, "user_id")?;

    let rights = facts::read(reader, caller, None).await.map_err(stored)?.in_instance();
    let is_self = user_id == caller;
    let visible = is_self || rights.has(Permission::UserView) || people::share_a_project(reader, caller, user_id).await.map_err(stored)?;
    let person = if visible {
        people::find(reader, user_id).await.map_err(stored)?
    } else {
        None
    };
    let person = person.ok_or_else(|| RpcError::not_found("user"))?;
    Ok(GetUserResponse {
        user: Some(convert::user(&person, is_self || rights.has(Permission::UserManage))),
    })
}
