//! Changes fields of a project. Edits of different fields merge; edits of the same field since the etag are a conflict with both values.
//! A new time zone moves the deadlines of the project's tasks, a new visibility is told to Auth.

use std::collections::BTreeSet;

use tasktracker_database::{Failure, Time, idempotency, stale};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::{ActivityKind, UpdateProjectRequest, UpdateProjectResponse};
use tasktracker_server::RpcError;
use uuid::Uuid;

use super::{change, convert, load, scope};
use crate::app::App;
use crate::db::projects::{self, Loaded};
use crate::db::{activity, deadlines, reminders};
use crate::domain::change::Outcome;
use crate::domain::choices::Visibility;
use crate::domain::due::Deadline;
use crate::domain::mask::{self, EditableField};
use crate::domain::merge::ChangedSince;
use crate::domain::project::{Project, ProjectField};
use crate::domain::version::Etag;
use crate::domain::zone::Zone;
use crate::rpc::task_service::load::check_etag;
use crate::rpc::{edit_base, refuse, replay};

const RPC: &str = "tasktracker.core.v1.ProjectService/UpdateProject";

pub async fn update_project(app: &App, call: &Call, request: UpdateProjectRequest) -> Result<UpdateProjectResponse, RpcError> {
    let sent = request
        .project
        .as_ref()
        .ok_or_else(|| RpcError::invalid("project", "is required"))?;
    let project_id = load::id("project.id", &sent.id)?;
    let fields = mask::resolve(
        request.update_mask.as_ref().map(|mask| mask.paths.as_slice()),
        convert::set_fields(sent),
    )
    .map_err(|error| refuse::mask(&error))?;
    let project = stale::retry(|| attempt(app, call, &request, project_id, &fields)).await?;
    if fields.contains(&ProjectField::Visibility) {
        let revision = scope::settle(app, project_id).await?;
        call.answer("x-authz-revision", &revision.to_string());
    }
    Ok(UpdateProjectResponse {
        project: Some(convert::of_project(&project)),
    })
}

async fn attempt(
    app: &App,
    call: &Call,
    request: &UpdateProjectRequest,
    project_id: Uuid,
    mask: &BTreeSet<ProjectField>,
) -> Result<Project, Failure> {
    let _turn = app.db.turn(project_id).await;
    // Who sees a project is asked of Auth anew, which also tells early that Auth cannot be told.
    let (mut project, granted) = match mask.contains(&ProjectField::Visibility) {
        true => load::visible_now(app, call, project_id).await?,
        false => load::visible(app, call, project_id).await?,
    };
    let sent = request.project.clone().unwrap_or_default();

    let key = replay::key(call, RPC, &request.request_id, request);
    if replay::first_result(app, key.as_ref()).await?.is_some() {
        return Ok(project);
    }

    granted.require(Permission::ProjectUpdate, "project")?;
    project.must_be_writable().map_err(|error| refuse::project(error, "project", ""))?;
    let since = changed_since(app, call, &sent.etag, &project).await?;
    let (wanted, broken) = convert::to_fields(&sent, mask);

    let (before, now) = (project.clone(), app.now());
    let verdict = project.update(wanted, &sent.key, mask, &since, now);
    let outcome =
        convert::all_at_once(broken, verdict).map_err(|error| refuse::project(error, "project", &Etag::of(before.version).to_string()))?;
    if outcome == Outcome::Unchanged {
        return Ok(before);
    }
    let mut loaded = Loaded {
        version: before.version,
        activity_seq: None,
    };
    let mut moved = Vec::new();
    if outcome.touches(ProjectField::TimeZone.name()) {
        // The log's end is read before the tasks: whoever changes a task after that moves it, and this change starts over.
        loaded.activity_seq = activity::reach_of(app.db.reader(), &[project_id])
            .await?
            .first()
            .map(|(_, seq)| *seq);
        moved = moved_deadlines(app, project_id, &project.fields.time_zone).await?;
    }
    let narrowed = outcome.touches(ProjectField::Visibility.name()) && project.fields.visibility == Visibility::Private;
    if narrowed {
        scope::tell(app, project_id, Visibility::Private).await?;
    }

    let mut txn = app.db.begin();
    deadlines::save_all(&mut txn, app.db.backend(), &moved);
    if !moved.is_empty() {
        let times: Vec<_> = moved.iter().map(|(id, deadline)| (*id, deadline.instant)).collect();
        reminders::replace_all(&mut txn, app.db.backend(), project_id, &times, now);
    }
    if let Some(key) = &key {
        idempotency::remember(&mut txn, key, &project.id.to_string(), Time::from(now));
    }
    let saved = change::save(app, call, txn, &project, loaded, ActivityKind::Updated, outcome.changes()).await;
    if saved.is_err()
        && narrowed
        && let Err(error) = scope::settle(app, project_id).await
    {
        tracing::warn!(%project_id, error = %RpcError::from(error), "a project is less visible than it says");
    }
    saved.map(|()| project)
}

/// What others changed since the version that the client has read. `if-match` is strict: any change at all is refused.
async fn changed_since(app: &App, call: &Call, etag: &str, project: &Project) -> Result<ChangedSince, Failure> {
    check_etag(call, "", project.version)?;
    let Some(base) = edit_base::older(etag, "project.etag", project.version)? else {
        return Ok(ChangedSince::nothing());
    };
    let history = projects::history_since(app.db.reader(), project.id.uuid(), base).await?;
    Ok(ChangedSince::from_history(
        history
            .iter()
            .flat_map(activity::changes_of)
            .map(|(field, before, _)| (field, before)),
    ))
}

/// The deadlines that are different in this zone: moments of tasks due on a day, days of tasks due at a time.
async fn moved_deadlines(app: &App, project_id: Uuid, zone: &Zone) -> Result<Vec<(Uuid, Deadline)>, Failure> {
    let dated = deadlines::list(app.db.reader(), project_id).await?;
    let moved = dated.into_iter().map(|task| (task.task_id, task.due.deadline(zone), task.deadline));
    Ok(moved
        .filter(|(_, new, old)| Some(*new) != *old)
        .map(|(id, new, _)| (id, new))
        .collect())
}
