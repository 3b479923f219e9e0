//! Ends the mails about a task or project to a person, by the token of a mail: whoever calls, and however often.

use tasktracker_database::{Failure, Time};
use tasktracker_identity::Call;
use tasktracker_proto::core::v1::{UnsubscribeRequest, UnsubscribeResponse};
use tasktracker_server::RpcError;
use uuid::Uuid;

use crate::app::App;
use crate::db::notification_mails;
use crate::notify::Scope;

pub async fn unsubscribe(app: &App, _call: &Call, request: UnsubscribeRequest) -> Result<UnsubscribeResponse, RpcError> {
    let (user_id, scope) = open(app, &request.token)?;
    let mut txn = app.db.begin();
    notification_mails::opt_out(&mut txn, user_id, scope.id(), Time::from(app.now()));
    txn.commit().await.map_err(Failure::from)?;
    Ok(UnsubscribeResponse {})
}

/// Whose mails about what a token ends.
///
/// # Errors
/// INVALID_ARGUMENT for one that this installation did not make.
pub fn open(app: &App, token: &str) -> Result<(Uuid, Scope), RpcError> {
    app.links
        .open(token)
        .ok_or_else(|| RpcError::invalid("token", "must be that of a link in a mail"))
}
