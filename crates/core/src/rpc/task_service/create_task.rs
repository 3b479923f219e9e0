//! Makes a task at the end of its project. With a `request_id` it may be sent again: the task is made once.

use tasktracker_database::{Failure, Time, idempotency, stale};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::{ActivityKind, CreateTaskRequest, CreateTaskResponse};
use tasktracker_proto::events::v1::TaskCreated;
use tasktracker_proto::events::v1::task_event::Kind;
use tasktracker_server::RpcError;
use uuid::Uuid;

use super::{convert, load};
use crate::app::App;
use crate::db::activity::{self, Counted, Entry};
use crate::db::entities::project::Column;
use crate::db::{projects, reminders, statuses, tasks};
use crate::domain::ids::UserId;
use crate::domain::mention::mentioned_users;
use crate::domain::rank::Rank;
use crate::domain::status;
use crate::domain::task::{Origin, Task};
use crate::domain::task_key::TaskRef;
use crate::facts::{self, Cause, Told};
use crate::rpc::{refuse, replay};

const RPC: &str = "tasktracker.core.v1.TaskService/CreateTask";

pub async fn create_task(app: &App, call: &Call, request: CreateTaskRequest) -> Result<CreateTaskResponse, RpcError> {
    Ok(stale::retry(|| attempt(app, call, &request)).await?)
}

async fn attempt(app: &App, call: &Call, request: &CreateTaskRequest) -> Result<CreateTaskResponse, Failure> {
    let project_id = Uuid::try_parse(&request.project_id).map_err(RpcError::internal)?;
    let granted = app.access.in_project(call, project_id).await?;
    granted.require(Permission::TaskCreate, "project")?;

    let key = replay::key(call, RPC, &request.request_id, request);
    if let Some(made) = replay::first_result(app, key.as_ref()).await? {
        let (row, _) = load::visible(app, call, &TaskRef::Id(made.into())).await?;
        return Ok(CreateTaskResponse {
            task: Some(convert::of_row(row, app.now(), true)?),
        });
    }

    let sent = request.task.clone().unwrap_or_default();
    let project = projects::find(app.db.reader(), project_id)
        .await?
        .filter(|project| project.delete_time.is_none());
    let project = project.ok_or_else(|| RpcError::not_found("project"))?;
    project.must_be_writable().map_err(|error| refuse::project(error, "project", ""))?;
    let step = if sent.status_id.is_empty() {
        let workflow = statuses::list(app.db.reader(), project_id).await?;
        status::for_new_task(&workflow)
            .ok_or_else(|| RpcError::internal(anyhow::anyhow!("a project without statuses")))?
            .step()
    } else {
        load::status(app, project_id, &sent.status_id, "task.status_id").await?.step()
    };
    let fields = convert::to_fields(&sent, step)?;
    if let Some(parent) = fields.parent_id {
        load::check_parent(app, project_id, None, parent).await?;
    }
    let creator_id = UserId::from(call.user_id()?);
    if !fields.assignee_ids.is_empty() {
        granted.require(Permission::TaskAssign, "project")?;
        let assignees: Vec<UserId> = fields.assignee_ids.iter().copied().collect();
        load::check_assignees(app, project_id, &assignees).await?;
    }
    let named = named_people(app, project_id, &fields.description).await?;
    let followers = first_followers(creator_id, fields.assignee_ids.iter().map(|id| id.uuid()), &named);

    let now = app.now();
    let cause = Cause::call(call, now)?;
    let origin = Origin {
        id: app.ids.next().into(),
        project_id: project_id.into(),
        creator_id,
    };
    let task = Task::create(origin, fields, &project.fields.time_zone, now).map_err(|error| refuse::task(error, "task", ""))?;

    let mut txn = app.db.begin();
    let raised = activity::count(
        &mut txn,
        project_id,
        Counted {
            number: true,
            last_rank: true,
            front_rank: false,
            zone: Some(project.fields.time_zone.name()),
            any_state: false,
        },
        1,
    );
    tasks::insert(&mut txn, app.db.backend(), task.to_insert(), &raised);
    tasks::add_followers(&mut txn, app.db.backend(), origin.id.uuid(), &followers);
    let entry = Entry {
        id: app.ids.next(),
        task_id: Some(origin.id.uuid()),
        comment_id: None,
        actor: creator_id.to_string(),
        at: now,
        kind: ActivityKind::Created,
        changes: &[],
        version: 1,
    };
    activity::append_counted(&mut txn, project_id, &raised, &[entry]);
    reminders::insert(&mut txn, task.to_insert(), now);
    let told = Told {
        after: task.to_insert(),
        before: None,
        zone: project.fields.time_zone.name(),
        kind: Kind::Created(TaskCreated {
            mentioned_user_ids: named.iter().map(ToString::to_string).collect(),
        }),
    };
    facts::task(&mut txn, app, &cause, told);
    if let Some(key) = &key {
        idempotency::remember(&mut txn, key, &origin.id.to_string(), Time::from(now));
    }
    let rows = txn.commit().await.map_err(replay::or_stale)?;

    let number: i64 = rows.get(&raised, Column::LastNumber)?;
    let rank: i64 = rows.get(&raised, Column::LastRank)?;
    let seq: i64 = rows.get(&raised, Column::ActivitySeq)?;
    let number = i32::try_from(number).map_err(RpcError::internal)?;
    let task = task.numbered(number, Rank::appended(u64::try_from(rank).map_err(RpcError::internal)?));
    app.told(project_id, seq);
    call.answer("x-consistency-token", &convert::consistency_token(&task));
    Ok(CreateTaskResponse {
        task: Some(convert::of_task(task, project.key.as_str(), Some(true), now)),
    })
}

/// Those named in the description who can see the task.
async fn named_people(app: &App, project_id: Uuid, description: &str) -> Result<Vec<Uuid>, RpcError> {
    let named: Vec<Uuid> = mentioned_users(description).into_iter().map(|id| id.uuid()).collect();
    let can_see = app.access.others_with(project_id, &named, Permission::TaskView).await?;
    Ok(named.into_iter().zip(can_see).filter(|(_, can)| *can).map(|(id, _)| id).collect())
}

/// The creator, the assignees and those named, each once.
fn first_followers(creator: UserId, assignees: impl Iterator<Item = Uuid>, named: &[Uuid]) -> Vec<Uuid> {
    let mut followers: Vec<Uuid> = vec![creator.uuid()];
    for id in assignees.chain(named.iter().copied()) {
        if !followers.contains(&id) {
            followers.push(id);
        }
    }
    followers
}
