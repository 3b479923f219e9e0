//! Gives a user a role in a project, never one above the caller's own rights. Idempotent by `request_id`.

use tasktracker_database::idempotency::{self, Key};
use tasktracker_database::{CommitError, Id, stale};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::{AddProjectMemberRequest, AddProjectMemberResponse, ProjectMember};
use tasktracker_proto::events::v1::MemberAdded;
use tasktracker_proto::events::v1::access_event::Kind;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use crate::app::App;
use crate::db::changes::{self, Change};
use crate::db::entities::bindings;
use crate::db::{members, people};
use crate::domain::membership;
use crate::facts;
use crate::failure::Failure;
use crate::project::{self, Project};
use crate::repeated;
use crate::rpc::{REVISION, convert};

pub async fn add_project_member(
    app: &App,
    call: &Call,
    mut request: AddProjectMemberRequest,
) -> Result<AddProjectMemberResponse, RpcError> {
    let request_id = std::mem::take(&mut request.request_id);
    let key = repeated::key(call, "AddProjectMember", &request_id, &request);
    let project = Project::read(app, call, &request.project_id).await?;
    let wanted = request.member.unwrap_or_default();

    let _turn = app.db.turn(project.id.0).await;
    let (member, revision) = stale::retry(|| add(app, call, &request.project_id, &wanted, key.as_ref())).await?;
    call.answer(REVISION, &revision.to_string());
    Ok(AddProjectMemberResponse {
        member: Some(convert::member(&member)),
    })
}

async fn add(
    app: &App,
    call: &Call,
    project_id: &str,
    wanted: &ProjectMember,
    key: Option<&Key>,
) -> Result<(bindings::Model, i64), Failure> {
    let reader = app.db.reader();
    let project = Project::read(app, call, project_id).await?;
    let role = project::role(&wanted.role_id)?;
    let user_id = convert::id(&wanted.user_id, "member.user_id")?;
    project.authorise(membership::Change::Add(role))?;
    if let Some(member) = repeated::find(app, &project, key).await? {
        return Ok((member, project.revision));
    }
    if !people::find(reader, user_id).await?.is_some_and(|person| person.standing().active) {
        return Err(RpcError::invalid("member.user_id", "must be an active user").into());
    }
    if members::find_of_user(reader, project.id, user_id).await?.is_some() {
        return Err(already_member().into());
    }

    let now = app.now();
    let member = bindings::Model {
        id: Id(app.ids.next()),
        scope_id: project.id,
        user_id,
        role_id: role.id().to_owned(),
        create_time: now,
        update_time: now,
        version: 1,
    };
    let mut txn = app.db.begin();
    project.guard(&mut txn, now);
    members::insert(&mut txn, &member);
    if let Some(key) = key {
        idempotency::remember(&mut txn, key, &member.id.to_string(), now);
    }
    let change = changes::record(
        &mut txn,
        Change::Access {
            user_id: Some(user_id),
            project_id: Some(project.id),
        },
        now,
    );
    let kind = Kind::MemberAdded(MemberAdded {
        role_id: member.role_id.clone(),
    });
    facts::access(&mut txn, app, call, (project.id, user_id), kind, now)?;
    match changes::commit(txn, change, app).await {
        Ok(revision) => Ok((member, revision)),
        // The same request, or the same member, came twice at once: look at what the other one did.
        Err(error) if idempotency::is_replay(&error) => Err(CommitError::GuardMissed.into()),
        Err(error) if error.unique("bindings", &["user_id", "scope_id"]) => Err(already_member().into()),
        Err(error) => Err(error.into()),
    }
}

fn already_member() -> RpcError {
    RpcError::new(
        Code::AlreadyExists,
        ErrorReason::AlreadyMember,
        "this user is a member of the project already",
    )
}
