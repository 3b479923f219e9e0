//! Changes who sees a project. Idempotent.

use tasktracker_database::{Id, stale};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::{UpdateScopeRequest, UpdateScopeResponse};
use tasktracker_server::RpcError;

use super::create_scope::visibility;
use crate::app::App;
use crate::db::changes::{self, Change};
use crate::db::scopes;
use crate::domain::effective::Visibility;
use crate::failure::Failure;
use crate::rpc::{REVISION, convert};

pub async fn update_scope(app: &App, call: &Call, request: UpdateScopeRequest) -> Result<UpdateScopeResponse, RpcError> {
    let project_id = convert::project_id(&request.project_id)?;
    let visibility = visibility(request.visibility())?;
    let _turn = app.db.turn(project_id.0).await;
    let revision = stale::retry(|| update(app, project_id, visibility)).await?;
    call.answer(REVISION, &revision.to_string());
    Ok(UpdateScopeResponse { revision })
}

async fn update(app: &App, project_id: Id, visibility: Visibility) -> Result<i64, Failure> {
    let reader = app.db.reader();
    let scope = scopes::find(reader, project_id)
        .await?
        .ok_or_else(|| RpcError::not_found("project"))?;
    if Visibility::parse(&scope.visibility) == visibility {
        return Ok(changes::present(reader).await?);
    }
    let now = app.now();
    let mut txn = app.db.begin();
    scopes::set_visibility(&mut txn, &scope, visibility, now);
    let change = changes::record(
        &mut txn,
        Change::Access {
            user_id: None,
            project_id: Some(project_id),
        },
        now,
    );
    Ok(changes::commit(txn, change, app).await?)
}
