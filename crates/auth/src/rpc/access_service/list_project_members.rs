//! Lists the members of a project by the time they were added.

use tasktracker_database::cursor::Context;
use tasktracker_database::page;
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::{ListProjectMembersRequest, ListProjectMembersResponse, Permission};
use tasktracker_server::RpcError;

use crate::app::App;
use crate::db::members;
use crate::failure::{bad_page_token, page_failed};
use crate::project::Project;
use crate::rpc::convert;

pub async fn list_project_members(
    app: &App,
    call: &Call,
    request: ListProjectMembersRequest,
) -> Result<ListProjectMembersResponse, RpcError> {
    let project = Project::read(app, call, &request.project_id).await?;
    project.require(Permission::MemberView)?;
    let context = Context::new("tasktracker.auth.v1.AccessService/ListProjectMembers", &project.caller.to_string())
        .with("project_id", &project.id.to_string());
    let after = app.pages.open(&context, &request.page_token).map_err(bad_page_token)?;

    let size = page::size(request.page_size);
    let mut found = members::list(app.db.reader(), project.id, after.as_deref(), size + 1)
        .await
        .map_err(page_failed)?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = found.len() > size;
    found.truncate(size);
    let last = found.last().filter(|_| more);
    Ok(ListProjectMembersResponse {
        next_page_token: last
            .map(|last| app.pages.seal(&context, &members::keys_of(last)))
            .unwrap_or_default(),
        members: found.iter().map(convert::member).collect(),
    })
}
