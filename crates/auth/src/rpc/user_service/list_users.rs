//! Lists people, page by page. Every page applies anew what the caller may see, so a page token is never a pass.

use tasktracker_database::cursor::Context;
use tasktracker_database::{Id, page};
use tasktracker_identity::{Call, permission};
use tasktracker_proto::auth::v1::{ListUsersRequest, ListUsersResponse, Permission};
use tasktracker_server::RpcError;

use crate::app::App;
use crate::db::facts;
use crate::db::people::{self, Listing};
use crate::domain::user_filter::{self, Term};
use crate::domain::user_order;
use crate::failure::{bad_page_token, page_failed, stored};
use crate::rpc::convert;

pub async fn list_users(app: &App, call: &Call, request: ListUsersRequest) -> Result<ListUsersResponse, RpcError> {
    let caller = Id(call.user_id()?);
    let terms = user_filter::parse(&request.filter).map_err(|error| RpcError::invalid("filter", error.to_string()))?;
    let order = user_order::parse(&request.order_by)
        .ok_or_else(|| RpcError::invalid("order_by", "must be display_name or create_time, and may end in ` desc`"))?;
    let context = Context::new("tasktracker.auth.v1.UserService/ListUsers", &caller.to_string())
        .with("filter", &request.filter)
        .with("order_by", &request.order_by);
    let after = app.pages.open(&context, &request.page_token).map_err(bad_page_token)?;

    let rights = facts::read(app.db.reader(), caller, None).await.map_err(stored)?.in_instance();
    let manages = rights.has(Permission::UserManage);
    if !manages && terms.iter().any(|term| matches!(term, Term::Email(_))) {
        return Err(RpcError::permission_missing(&permission::name(Permission::UserManage)));
    }
    let size = page::size(request.page_size);
    let listing = Listing {
        terms: &terms,
        order,
        around: (!rights.has(Permission::UserView)).then_some(caller),
        after: after.as_deref(),
        limit: size + 1,
    };
    let mut people = people::list(app.db.reader(), &listing).await.map_err(page_failed)?;

    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = people.len() > size;
    people.truncate(size);
    let last = people.last().filter(|_| more);
    Ok(ListUsersResponse {
        next_page_token: last
            .map(|last| app.pages.seal(&context, &people::keys_of(last, order)))
            .unwrap_or_default(),
        users: people
            .iter()
            .map(|person| convert::user(person, manages || person.user.id == caller))
            .collect(),
    })
}
