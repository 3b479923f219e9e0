//! What the writes of a project have in common: they are saved with their entry of the log, and watchers are woken.

use jiff::Timestamp;
use serde_json::{Value, json};
use tasktracker_database::idempotency::{self, Key};
use tasktracker_database::{Failure, Time, Transaction};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::ActivityKind;
use uuid::Uuid;

use super::{convert, load};
use crate::app::App;
use crate::db::activity::{self, Entry};
use crate::db::entities::project::Column;
use crate::db::projects::{self, Loaded};
use crate::db::statuses;
use crate::domain::change::{FieldChange, Outcome};
use crate::domain::ids::UserId;
use crate::domain::project::{Project, ProjectError};
use crate::facts::{self, Cause};
use crate::rpc::task_service::load::check_etag;
use crate::rpc::{refuse, replay};

/// Moves a project into another state of its life: to the archive or the trash, and back.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// What the caller must be allowed to do, by the newest permissions.
    pub permission: Permission,
    /// The rule.
    pub verb: fn(&mut Project, Timestamp) -> Result<(), ProjectError>,
    /// What the log calls it.
    pub kind: ActivityKind,
}

/// What a request for a step says.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The project.
    pub project_id: &'a str,
    /// The version that the caller has seen, where it matters.
    pub etag: &'a str,
    /// What makes the request the same as an earlier one.
    pub key: Option<Key>,
}

/// Loads a project, takes the step and saves it, if the project is the one that the caller has seen. A repeated request answers the
/// project as it is.
///
/// # Errors
/// NOT_FOUND, PERMISSION_DENIED, ABORTED for another etag, and what the rule refuses.
pub async fn take(app: &App, call: &Call, asked: &Asked<'_>, step: Step) -> Result<Project, Failure> {
    let project_id: Uuid = load::id("project_id", asked.project_id)?;
    let _turn = app.db.turn(project_id).await;
    let (mut project, granted) = load::visible_now(app, call, project_id).await?;
    granted.require(step.permission, "project")?;
    if replay::first_result(app, asked.key.as_ref()).await?.is_some() {
        return Ok(project);
    }
    check_etag(call, asked.etag, project.version)?;

    let (before, now) = (project.clone(), app.now());
    (step.verb)(&mut project, now).map_err(|error| refuse::project(error, "project", ""))?;
    let outcome = Outcome::of([
        time("archive_time", before.archive_time, project.archive_time),
        time("delete_time", before.delete_time, project.delete_time),
    ]);
    let loaded = Loaded {
        version: before.version,
        activity_seq: None,
    };
    let mut txn = app.db.begin();
    if let Some(key) = &asked.key {
        idempotency::remember(&mut txn, key, &project.id.to_string(), Time::from(now));
    }
    save(app, call, txn, &project, loaded, step.kind, outcome.changes()).await?;
    Ok(project)
}

fn time(field: &'static str, before: Option<Timestamp>, after: Option<Timestamp>) -> FieldChange {
    let text = |time: Option<Timestamp>| time.map_or(Value::Null, |time| json!(time.to_string()));
    FieldChange {
        field,
        before: text(before),
        after: text(after),
    }
}

/// Ends a transaction with the project and its entry of the log, commits it, and tells everybody.
///
/// # Errors
/// The project is not as it was loaded any more.
pub async fn save(
    app: &App,
    call: &Call,
    mut txn: Transaction,
    project: &Project,
    loaded: Loaded,
    kind: ActivityKind,
    changes: &[FieldChange],
) -> Result<(), Failure> {
    let project_id = project.id.uuid();
    let workflow = statuses::list(app.db.reader(), project_id).await?;
    let saved = projects::save(&mut txn, project, loaded);
    let entry = Entry {
        id: app.ids.next(),
        task_id: None,
        comment_id: None,
        actor: UserId::from(call.user_id()?).to_string(),
        at: project.update_time,
        kind,
        changes,
        version: project.version,
    };
    activity::insert(&mut txn, project_id, &entry, saved.value(Column::ActivitySeq));
    facts::project(&mut txn, app, &Cause::call(call, project.update_time)?, project, &workflow);
    let rows = txn.commit().await.map_err(replay::or_stale)?;

    app.told(project_id, rows.get(&saved, Column::ActivitySeq)?);
    call.answer("x-consistency-token", &convert::consistency_token(project));
    Ok(())
}
