//! Drops a project's scope and every role in it. Idempotent.

use tasktracker_database::{Id, stale};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::{DeleteScopeRequest, DeleteScopeResponse};
use tasktracker_server::RpcError;

use crate::app::App;
use crate::db::changes::{self, Change};
use crate::db::scopes;
use crate::failure::Failure;
use crate::rpc::{REVISION, convert};

pub async fn delete_scope(app: &App, call: &Call, request: DeleteScopeRequest) -> Result<DeleteScopeResponse, RpcError> {
    let project_id = convert::project_id(&request.project_id)?;
    let _turn = app.db.turn(project_id.0).await;
    let revision = stale::retry(|| delete(app, project_id)).await?;
    call.answer(REVISION, &revision.to_string());
    Ok(DeleteScopeResponse { revision })
}

/// Drops the scope; a missing one is fine.
pub async fn delete(app: &App, project_id: Id) -> Result<i64, Failure> {
    let reader = app.db.reader();
    let Some(scope) = scopes::find(reader, project_id).await? else {
        return Ok(changes::present(reader).await?);
    };
    let mut txn = app.db.begin();
    scopes::delete(&mut txn, &scope);
    let change = changes::record(
        &mut txn,
        Change::Access {
            user_id: None,
            project_id: Some(project_id),
        },
        app.now(),
    );
    Ok(changes::commit(txn, change, app).await?)
}
