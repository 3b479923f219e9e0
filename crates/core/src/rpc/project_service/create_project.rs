//! Makes a project with its workflow; the caller becomes its owner. With a `request_id` it may be sent again: the project is made once.

use sea_orm::sea_query::Expr;
use tasktracker_database::{CommitError, Failure, Time, idempotency, stale};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::{self as proto, ActivityKind, CreateProjectRequest, CreateProjectResponse};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use super::{convert, load, scope};
use crate::app::App;
use crate::db::activity::{self, Entry};
use crate::db::{projects, statuses};
use crate::domain::ids::UserId;
use crate::domain::invalid::Invalid;
use crate::domain::mask::EditableField;
use crate::domain::project::{Project, ProjectField};
use crate::domain::status::{DEFAULT_WORKFLOW, Status};
use crate::domain::task_key::ProjectKey;
use crate::facts::{self, Cause};
use crate::rpc::{refuse, replay};

const RPC: &str = "tasktracker.core.v1.ProjectService/CreateProject";

pub async fn create_project(app: &App, call: &Call, request: CreateProjectRequest) -> Result<CreateProjectResponse, RpcError> {
    Ok(stale::retry(|| attempt(app, call, &request)).await?)
}

async fn attempt(app: &App, call: &Call, request: &CreateProjectRequest) -> Result<CreateProjectResponse, Failure> {
    app.access.in_system(call).await?.require_in_system(Permission::ProjectCreate)?;

    let key = replay::key(call, RPC, &request.request_id, request);
    if let Some(made) = replay::first_result(app, key.as_ref()).await? {
        let (project, granted) = load::visible(app, call, made).await?;
        call.answer("x-authz-revision", &granted.revision.to_string());
        return Ok(CreateProjectResponse {
            project: Some(convert::of_project(&project)),
        });
    }

    let creator_id = UserId::from(call.user_id()?);
    let project = decide(app, creator_id, &request.project.clone().unwrap_or_default())?;
    let project_id = project.id.uuid();
    // Only a courtesy: the unique index decides. But it spares Auth a scope in the common case.
    if projects::key_is_taken(app.db.reader(), &project.key).await? {
        // By this very request, sent twice at once? Then the next attempt answers its result.
        return Err(match replay::first_result(app, key.as_ref()).await? {
            Some(_) => CommitError::GuardMissed.into(),
            None => taken(&project.key).into(),
        });
    }
    let workflow = workflow(app, &project);
    let revision = scope::create(app, &project).await?;

    let mut txn = app.db.begin();
    projects::insert(&mut txn, &project);
    statuses::insert_all(&mut txn, &workflow);
    let entry = Entry {
        id: app.ids.next(),
        task_id: None,
        comment_id: None,
        actor: creator_id.to_string(),
        at: project.create_time,
        kind: ActivityKind::Created,
        changes: &[],
        version: project.version,
    };
    activity::insert(&mut txn, project_id, &entry, Expr::val(FIRST));
    facts::project(&mut txn, app, &Cause::call(call, project.create_time)?, &project, &workflow);
    if let Some(key) = &key {
        idempotency::remember(&mut txn, key, &project.id.to_string(), Time::from(project.create_time));
    }
    if let Err(error) = txn.commit().await {
        return Err(not_made(app, &project, error).await);
    }

    app.told(project_id, FIRST);
    call.answer("x-authz-revision", &revision.to_string());
    call.answer("x-consistency-token", &convert::consistency_token(&project));
    Ok(CreateProjectResponse {
        project: Some(convert::of_project(&project)),
    })
}

/// The place of the creation in the project's log.
const FIRST: i64 = 1;

/// The new project, or everything that is wrong with it.
fn decide(app: &App, creator_id: UserId, sent: &proto::Project) -> Result<Project, RpcError> {
    let (fields, mut broken) = convert::to_fields(sent, &ProjectField::ALL.iter().copied().collect());
    let key = sent.key.parse::<ProjectKey>().unwrap_or_else(|error| {
        broken.insert(0, Invalid::new("key", error));
        // Stands in until all other fields are checked.
        "KEY".parse().expect("three capital letters are a key")
    });
    let made = Project::create(app.ids.next().into(), key, creator_id, fields, app.now());
    convert::all_at_once(broken, made).map_err(|error| refuse::project(error, "project", ""))
}

fn workflow(app: &App, project: &Project) -> Vec<Status> {
    let status = |(position, step): (i32, &crate::domain::status::DefaultStatus)| Status {
        id: app.ids.next().into(),
        project_id: project.id,
        name: step.name.to_owned(),
        category: step.category,
        position,
        color: step.color.to_owned(),
    };
    (0..).zip(&DEFAULT_WORKFLOW).map(status).collect()
}

/// What a failed commit means. The scope goes where it is certain that there is no project: after a lost connection there may be one. Who
/// lost a race for the key, or against the same request, starts over and finds the winner.
async fn not_made(app: &App, project: &Project, error: CommitError) -> Failure {
    if !matches!(error, CommitError::Storage(_)) {
        scope::forget(app, project.id.uuid()).await;
    }
    if error.unique("projects", &["key"]) {
        CommitError::GuardMissed.into()
    } else {
        replay::or_stale(error).into()
    }
}

fn taken(key: &ProjectKey) -> RpcError {
    RpcError::new(Code::AlreadyExists, ErrorReason::ProjectKeyTaken, "another project has this key").meta("key", key.as_str())
}
