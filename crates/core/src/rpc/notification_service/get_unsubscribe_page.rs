//! Answers the page that asks whether to end mails. It changes nothing, and says nothing of what they are about.

use tasktracker_identity::Call;
use tasktracker_proto::core::v1::{GetUnsubscribePageRequest, GetUnsubscribePageResponse};
use tasktracker_server::RpcError;

use super::unsubscribe::{html, open};
use crate::app::App;
use crate::notify::{Language, unsubscribe_page};

pub async fn get_unsubscribe_page(
    app: &App,
    call: &Call,
    request: GetUnsubscribePageRequest,
) -> Result<GetUnsubscribePageResponse, RpcError> {
    let (_, scope) = open(app, &request.token)?;
    let language = Language::of_accept_language(call.metadata("accept-language").unwrap_or_default());
    Ok(GetUnsubscribePageResponse {
        content: Some(html(call, unsubscribe_page(language, scope))),
    })
}
