//! Ends the mails about a task or project to a person, by the token of a mail: whoever calls, and however often.

use tasktracker_database::{Failure, Time};
use tasktracker_identity::Call;
use tasktracker_proto::core::v1::{UnsubscribeRequest, UnsubscribeResponse};
use tasktracker_proto::google::api::HttpBody;
use tasktracker_server::RpcError;
use uuid::Uuid;

use crate::app::App;
use crate::db::notification_mails;
use crate::notify::{Language, Scope, unsubscribed_page};

pub async fn unsubscribe(app: &App, call: &Call, request: UnsubscribeRequest) -> Result<UnsubscribeResponse, RpcError> {
    let (user_id, scope) = open(app, &request.token)?;
    let mut txn = app.db.begin();
    notification_mails::opt_out(&mut txn, user_id, scope.id(), Time::from(app.now()));
    txn.commit().await.map_err(Failure::from)?;
    let language = Language::of_accept_language(call.metadata("accept-language").unwrap_or_default());
    Ok(UnsubscribeResponse {
        content: Some(html(call, unsubscribed_page(language, scope))),
    })
}

/// A page of ours: with its own style and form, and nothing else.
pub fn html(call: &Call, page: String) -> HttpBody {
    call.answer("x-page-policy", "form");
    HttpBody {
        content_type: "text/html; charset=utf-8".to_owned(),
        data: page.into_bytes().into(),
        extensions: Vec::new(),
    }
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
