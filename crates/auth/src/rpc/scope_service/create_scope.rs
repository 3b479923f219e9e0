//! Makes the scope of a new project with its first owner, so no project is ever without one. Idempotent by project and owner.

use tasktracker_database::{CommitError, Id, stale};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::{CreateScopeRequest, CreateScopeResponse, ScopeVisibility};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use crate::app::App;
use crate::db::changes::{self, Change};
use crate::db::entities::bindings;
use crate::db::{members, people, scopes};
use crate::domain::effective::Visibility;
use crate::domain::role::ProjectRole;
use crate::failure::Failure;
use crate::rpc::{REVISION, convert};

pub async fn create_scope(app: &App, call: &Call, request: CreateScopeRequest) -> Result<CreateScopeResponse, RpcError> {
    let project_id = convert::project_id(&request.project_id)?;
    let owner = convert::id(&request.owner_user_id, "owner_user_id")?;
    let visibility = visibility(request.visibility())?;
    let revision = stale::retry(|| create(app, project_id, owner, visibility)).await?;
    call.answer(REVISION, &revision.to_string());
    Ok(CreateScopeResponse { revision })
}

/// A visibility that was validated.
pub fn visibility(asked: ScopeVisibility) -> Result<Visibility, RpcError> {
    match asked {
        ScopeVisibility::Private => Ok(Visibility::Private),
        ScopeVisibility::Internal => Ok(Visibility::Internal),
        ScopeVisibility::Unspecified => Err(RpcError::invalid("visibility", "must be set")),
    }
}

async fn create(app: &App, project_id: Id, owner: Id, visibility: Visibility) -> Result<i64, Failure> {
    let reader = app.db.reader();
    if let Some(scope) = scopes::find(reader, project_id).await? {
        if scope.first_owner_id == owner {
            return Ok(changes::present(reader).await?);
        }
        let message = "the project was made with another first owner";
        return Err(RpcError::new(Code::InvalidArgument, ErrorReason::IdempotencyKeyReused, message).into());
    }
    let person = people::find(reader, owner).await?;
    if !person.is_some_and(|person| person.standing().active) {
        return Err(RpcError::invalid("owner_user_id", "must be an active user").into());
    }

    let now = app.now();
    let binding = bindings::Model {
        id: Id(app.ids.next()),
        scope_id: project_id,
        user_id: owner,
        role_id: ProjectRole::Owner.id().to_owned(),
        create_time: now,
        update_time: now,
        version: 1,
    };
    let mut txn = app.db.begin();
    scopes::insert(&mut txn, project_id, visibility, owner, now);
    members::insert(&mut txn, &binding);
    let whose = (visibility == Visibility::Private).then_some(owner);
    let change = changes::record(
        &mut txn,
        Change::Access {
            user_id: whose,
            project_id: Some(project_id),
        },
        now,
    );
    match changes::commit(txn, change, app).await {
        // The same request came twice at once: the other one made it.
        Err(error) if error.primary_key("scopes", &["id"]) => Err(CommitError::GuardMissed.into()),
        outcome => Ok(outcome?),
    }
}
