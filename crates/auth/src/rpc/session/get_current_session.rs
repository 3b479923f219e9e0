//! Answers who is signed in and what they may do in the instance.

use tasktracker_database::Id;
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::{GetCurrentSessionRequest, GetCurrentSessionResponse};
use tasktracker_server::RpcError;

use super::credentials;
use crate::app::App;
use crate::db::sessions;
use crate::domain::effective;
use crate::failure::stored;
use crate::rpc::resources;

pub async fn get_current_session(app: &App, call: &Call, _request: GetCurrentSessionRequest) -> Result<GetCurrentSessionResponse, RpcError> {
    let found = sessions::find(app.db.reader(), Id(call.session_id()?)).await.map_err(stored)?;
    let (session, person) = found.filter(|(session, person)| credentials::is_live(app, session, person)).ok_or_else(credentials::invalid)?;
    Ok(GetCurrentSessionResponse {
        user: Some(resources::user(&person, true)),
        session: Some(resources::session(&session)),
        system_permissions: effective::in_instance(person.standing()).names(),
    })
}
