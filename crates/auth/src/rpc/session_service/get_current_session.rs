//! Answers who is signed in and what they may do in the instance.

use tasktracker_database::Id;
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::{GetCurrentSessionRequest, GetCurrentSessionResponse};
use tasktracker_server::RpcError;

use crate::app::App;
use crate::credentials;
use crate::db::sessions;
use crate::domain::effective;
use crate::failure::stored;
use crate::rpc::convert;

pub async fn get_current_session(
    app: &App,
    call: &Call,
    _request: GetCurrentSessionRequest,
) -> Result<GetCurrentSessionResponse, RpcError> {
    let found = sessions::find(app.db.reader(), Id(call.session_id()?)).await.map_err(stored)?;
    let (session, person) = found
        .filter(|(session, person)| credentials::is_live(app, session, person))
        .ok_or_else(credentials::invalid)?;
    Ok(GetCurrentSessionResponse {
        user: Some(convert::user(&person, true)),
        session: Some(convert::session(&session)),
        system_permissions: effective::in_instance(person.standing()).names(),
    })
}
