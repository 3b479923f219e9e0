//! Takes a member out of a project, at once and everywhere. Members may remove themselves; the last active owner stays.

use tasktracker_database::{Id, stale};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::{AssignmentPolicy, Permission, RemoveProjectMemberRequest, RemoveProjectMemberResponse};
use tasktracker_proto::events::v1::access_event::Kind;
use tasktracker_proto::events::v1::{Assignments, MemberRemoved};
use tasktracker_server::RpcError;

use crate::app::App;
use crate::db::changes::{self, Change};
use crate::db::members;
use crate::domain::membership;
use crate::facts;
use crate::failure::Failure;
use crate::project::{self, Project};
use crate::rpc::{REVISION, convert};

pub async fn remove_project_member(
    app: &App,
    call: &Call,
    request: RemoveProjectMemberRequest,
) -> Result<RemoveProjectMemberResponse, RpcError> {
    let project = Project::read(app, call, &request.project_id).await?;
    let member_id = convert::id(&request.member_id, "member_id")?;
    let _turn = app.db.turn(project.id.0).await;
    let revision = stale::retry(|| remove(app, call, &request, member_id)).await?;
    call.answer(REVISION, &revision.to_string());
    Ok(RemoveProjectMemberResponse {})
}

async fn remove(app: &App, call: &Call, request: &RemoveProjectMemberRequest, member_id: Id) -> Result<i64, Failure> {
    let project = Project::read(app, call, &request.project_id).await?;
    let found = members::find(app.db.reader(), project.id, member_id).await?;
    let member = match found {
        Some(member) => member,
        None => {
            // Who may not manage members learns nothing about which there are.
            project.require(Permission::MemberManage)?;
            return Err(RpcError::not_found("member").into());
        }
    };
    let by_themselves = member.user_id == project.caller;
    project.authorise(membership::Change::Remove {
        role: project::role_of(&member)?,
        by_themselves,
    })?;
    project::check_etag(call, &request.etag, &member)?;
    check_successor(app, &project, request, member.user_id).await?;
    project.guard_last_owner(app, &member).await?;

    let now = app.now();
    let mut txn = app.db.begin();
    project.guard(&mut txn, now);
    members::delete(&mut txn, &member);
    let change = changes::record(
        &mut txn,
        Change::Access {
            user_id: Some(member.user_id),
            project_id: Some(project.id),
        },
        now,
    );
    let kind = Kind::MemberRemoved(MemberRemoved {
        assignments: assignments(request.assignments()).into(),
        reassign_to_user_id: request.reassign_to_user_id.clone(),
    });
    facts::access(&mut txn, app, call, (project.id, member.user_id), kind, now)?;
    Ok(changes::commit(txn, change, app).await?)
}

/// What becomes of the open tasks, as Core is told.
fn assignments(policy: AssignmentPolicy) -> Assignments {
    match policy {
        AssignmentPolicy::Unspecified | AssignmentPolicy::Unassign => Assignments::Unassign,
        AssignmentPolicy::Keep => Assignments::Keep,
        AssignmentPolicy::Reassign => Assignments::Reassign,
    }
}

/// Whoever takes over the leaving member's tasks must be another member.
async fn check_successor(app: &App, project: &Project, request: &RemoveProjectMemberRequest, leaving: Id) -> Result<(), Failure> {
    let field = "reassign_to_user_id";
    let named = &request.reassign_to_user_id;
    if request.assignments() != AssignmentPolicy::Reassign {
        return if named.is_empty() {
            Ok(())
        } else {
            Err(RpcError::invalid(field, "goes with assignments = REASSIGN only").into())
        };
    }
    let successor = convert::id(named, field)?;
    let is_member = members::find_of_user(app.db.reader(), project.id, successor).await?.is_some();
    if is_member && successor != leaving {
        Ok(())
    } else {
        Err(RpcError::invalid(field, "must be another member of the project").into())
    }
}
