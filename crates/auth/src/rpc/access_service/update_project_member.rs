//! Changes a member's role. Neither the role before nor the one after may be above the caller's own rights, and the last active owner
//! stays. Setting the role that a member has changes nothing.

use tasktracker_database::idempotency::{self, Key};
use tasktracker_database::{CommitError, stale};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::{Permission, ProjectMember, UpdateProjectMemberRequest, UpdateProjectMemberResponse};
use tasktracker_proto::events::v1::MemberChanged;
use tasktracker_proto::events::v1::access_event::Kind;
use tasktracker_server::RpcError;

use crate::app::App;
use crate::db::changes::{self, Change};
use crate::db::entities::bindings;
use crate::db::members;
use crate::domain::membership;
use crate::domain::role::ProjectRole;
use crate::facts;
use crate::failure::Failure;
use crate::project::{self, Project};
use crate::repeated;
use crate::rpc::{REVISION, convert};

pub async fn update_project_member(
    app: &App,
    call: &Call,
    mut request: UpdateProjectMemberRequest,
) -> Result<UpdateProjectMemberResponse, RpcError> {
    let request_id = std::mem::take(&mut request.request_id);
    let key = repeated::key(call, "UpdateProjectMember", &request_id, &request);
    let project = Project::read(app, call, &request.project_id).await?;
    let paths = request.update_mask.map(|mask| mask.paths).unwrap_or_default();
    if let Some(path) = paths.iter().find(|path| *path != "role_id") {
        return Err(RpcError::invalid("update_mask", format!("can name role_id only, not {path:?}")));
    }
    let wanted = request.member.unwrap_or_default();

    let _turn = app.db.turn(project.id.0).await;
    let (member, revision) = stale::retry(|| update(app, call, &request.project_id, &wanted, key.as_ref())).await?;
    call.answer(REVISION, &revision.to_string());
    Ok(UpdateProjectMemberResponse {
        member: Some(convert::member(&member)),
    })
}

async fn update(
    app: &App,
    call: &Call,
    project_id: &str,
    wanted: &ProjectMember,
    key: Option<&Key>,
) -> Result<(bindings::Model, i64), Failure> {
    let project = Project::read(app, call, project_id).await?;
    project.require(Permission::MemberManage)?;
    let to = project::role(&wanted.role_id)?;
    let member_id = convert::id(&wanted.id, "member.id")?;
    let before = members::find(app.db.reader(), project.id, member_id)
        .await?
        .ok_or_else(|| RpcError::not_found("member"))?;
    if !wanted.user_id.is_empty() && convert::id(&wanted.user_id, "member.user_id")? != before.user_id {
        return Err(RpcError::invalid("member.user_id", "cannot be changed").into());
    }
    let from = project::role_of(&before)?;
    project.authorise(membership::Change::SetRole { from, to })?;
    if let Some(member) = repeated::find(app, &project, key).await? {
        return Ok((member, project.revision));
    }
    project::check_etag(call, &wanted.etag, &before)?;
    if from == to {
        return Ok((before, project.revision));
    }
    if from == ProjectRole::Owner {
        project.guard_last_owner(app, &before).await?;
    }

    let now = app.now();
    let after = bindings::Model {
        role_id: to.id().to_owned(),
        update_time: now,
        version: before.version + 1,
        ..before
    };
    let mut txn = app.db.begin();
    project.guard(&mut txn, now);
    members::save(&mut txn, &after);
    if let Some(key) = key {
        idempotency::remember(&mut txn, key, &after.id.to_string(), now);
    }
    let change = changes::record(
        &mut txn,
        Change::Access {
            user_id: Some(after.user_id),
            project_id: Some(project.id),
        },
        now,
    );
    let kind = Kind::MemberChanged(MemberChanged {
        role_id: after.role_id.clone(),
    });
    facts::access(&mut txn, app, call, (project.id, after.user_id), kind, now)?;
    match changes::commit(txn, change, app).await {
        Ok(revision) => Ok((after, revision)),
        Err(error) if idempotency::is_replay(&error) => Err(CommitError::GuardMissed.into()),
        Err(error) => Err(error.into()),
    }
}
