//! Answers the addresses of active people at the time of sending.

use tasktracker_database::Id;
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::{Contact, GetContactsRequest, GetContactsResponse};
use tasktracker_server::RpcError;

use crate::app::App;
use crate::db::people;
use crate::failure::stored;
use crate::rpc::convert;

pub async fn get_contacts(app: &App, _call: &Call, request: GetContactsRequest) -> Result<GetContactsResponse, RpcError> {
    let ids = request
        .user_ids
        .iter()
        .map(|id| convert::id(id, "user_ids"))
        .collect::<Result<Vec<Id>, _>>()?;
    let found = people::list_active(app.db.reader(), &ids).await.map_err(stored)?;
    let contacts = found.into_iter().map(|user| Contact {
        user_id: user.id.to_string(),
        email: user.email,
        display_name: user.display_name,
        locale: user.locale,
    });
    Ok(GetContactsResponse {
        contacts: contacts.collect(),
    })
}
