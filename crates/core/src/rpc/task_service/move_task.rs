//! Moves a task to another status, another place, or both. Ranks are made here and in the database, never by clients; two who move into
//! the same gap at once get different places, because a rank is unique in its project.

use sea_orm::sea_query::{Expr, ExprTrait};
use tasktracker_database::{CommitError, Failure, Time, idempotency, stale};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::move_task_request::Position;
use tasktracker_proto::core::v1::{ActivityKind, MoveTaskRequest, MoveTaskResponse};
use tasktracker_proto::events::v1::TaskUpdated;
use tasktracker_proto::events::v1::task_event::Kind;
use tasktracker_server::RpcError;

use super::{convert, load};
use crate::app::App;
use crate::db::activity::{self, Counted, Entry};
use crate::db::entities::project::Column;
use crate::db::task_rows::TaskRow;
use crate::db::{reminders, tasks};
use crate::domain::change::Outcome;
use crate::domain::ids::{TaskId, UserId};
use crate::domain::rank::{MAX_COUNTER, Rank};
use crate::domain::task_key::TaskRef;
use crate::domain::version::Etag;
use crate::facts::{self, Cause, Told};
use crate::rpc::{refuse, replay};

const RPC: &str = "tasktracker.core.v1.TaskService/MoveTask";

/// Where a task goes.
enum Place {
    /// Between two others, or where it is.
    At(Rank),
    /// Before all others: the database counts.
    First,
    /// After all others: the database counts.
    Last,
}

pub async fn move_task(app: &App, call: &Call, request: MoveTaskRequest) -> Result<MoveTaskResponse, RpcError> {
    match &request.position {
        None if request.status_id.is_empty() => return Err(RpcError::invalid("position", "or status_id must be set")),
        Some(Position::First(false)) => return Err(RpcError::invalid("first", "must be true")),
        Some(Position::Last(false)) => return Err(RpcError::invalid("last", "must be true")),
        _ => {}
    }
    let task = load::id(app, "task_id", &request.task_id).await?;
    Ok(stale::retry(|| attempt(app, call, &request, task)).await?)
}

async fn attempt(app: &App, call: &Call, request: &MoveTaskRequest, task: TaskId) -> Result<MoveTaskResponse, Failure> {
    let _turn = app.db.turn(task.uuid()).await;
    let (row, _) = load::writable(app, call, &TaskRef::Id(task), Permission::TaskTransition).await?;
    let key = replay::key(call, RPC, &request.request_id, request);
    if replay::first_result(app, key.as_ref()).await?.is_some() {
        return Ok(MoveTaskResponse {
            task: Some(convert::of_row(row, app.now(), true)?),
        });
    }
    load::check_etag(call, &request.etag, row.version)?;

    let place = place(app, &row, request.position.as_ref()).await?;
    let (project_key, followed) = (row.project_key.clone(), row.followed);
    let mut moved = row.clone().into_task()?;
    let before = moved.clone();
    let step = match request.status_id.as_str() {
        "" => moved.fields.step,
        wanted => load::status(app, row.project_id, wanted, "status_id").await?.step(),
    };
    let (loaded_version, now) = (moved.version, app.now());
    // The rules need only know that the rank changes; the counted one is known after the commit.
    let rank = match &place {
        Place::At(rank) => rank.clone(),
        Place::First => Rank::fronted(MAX_COUNTER),
        Place::Last => Rank::appended(MAX_COUNTER),
    };
    let outcome = moved
        .move_to(step, rank, now)
        .map_err(|error| refuse::task(error, "task", &Etag::of(loaded_version).to_string()))?;
    if outcome == Outcome::Unchanged {
        return Ok(MoveTaskResponse {
            task: Some(convert::of_row(row, now, true)?),
        });
    }

    let backend = app.db.backend();
    let counted = Counted {
        number: false,
        last_rank: matches!(place, Place::Last),
        front_rank: matches!(place, Place::First),
        zone: Some(&row.project_zone),
        any_state: false,
    };
    let mut txn = app.db.begin();
    let raised = activity::count(&mut txn, row.project_id, counted, 1);
    let counted_rank = match place {
        Place::At(_) => None,
        Place::First => {
            let falling = Expr::val(i64::try_from(MAX_COUNTER).unwrap_or(i64::MAX)).sub(raised.value(Column::FrontRank));
            Some(tasks::rank_expr(backend, "g", falling))
        }
        Place::Last => Some(tasks::rank_expr(backend, "h", raised.value(Column::LastRank))),
    };
    tasks::save(&mut txn, &moved, loaded_version, counted_rank);
    // Ranks are nobody's history: only a change of status is shown.
    let changes: Vec<_> = outcome.changes().iter().filter(|change| change.field != "rank").cloned().collect();
    let entry = Entry {
        id: app.ids.next(),
        task_id: Some(row.id),
        comment_id: None,
        actor: UserId::from(call.user_id()?).to_string(),
        at: now,
        kind: ActivityKind::Moved,
        changes: &changes,
        version: moved.version,
    };
    activity::append_counted(&mut txn, row.project_id, &raised, &[entry]);
    reminders::replace(&mut txn, &before, &moved, now);
    let told = Told {
        after: &moved,
        before: Some(&before),
        zone: &row.project_zone,
        kind: Kind::Updated(TaskUpdated {
            changed: outcome.changes().iter().map(|change| change.field.to_owned()).collect(),
            mentioned_user_ids: Vec::new(),
        }),
    };
    facts::task(&mut txn, app, &Cause::call(call, now)?, told);
    if let Some(key) = &key {
        idempotency::remember(&mut txn, key, &row.id.to_string(), Time::from(now));
    }
    let rows = txn.commit().await.map_err(replay::or_stale).map_err(same_gap)?;

    let counter = |column: Column| -> Result<u64, Failure> {
        let counter: i64 = rows.get(&raised, column)?;
        Ok(u64::try_from(counter).map_err(RpcError::internal)?)
    };
    match place {
        Place::At(_) => {}
        Place::First => moved.rank = Rank::fronted(counter(Column::FrontRank)?),
        Place::Last => moved.rank = Rank::appended(counter(Column::LastRank)?),
    }
    app.told(row.project_id, rows.get(&raised, Column::ActivitySeq)?);
    call.answer("x-consistency-token", &convert::consistency_token(&moved));
    Ok(MoveTaskResponse {
        task: Some(convert::of_task(moved, &project_key, Some(followed), now)),
    })
}

/// Somebody took the same rank at the same moment: the next attempt finds the new neighbours.
fn same_gap(error: CommitError) -> CommitError {
    if error.unique("tasks", &["project_id", "rank"]) {
        CommitError::GuardMissed
    } else {
        error
    }
}

async fn place(app: &App, row: &TaskRow, position: Option<&Position>) -> Result<Place, Failure> {
    let jitter = (app.ids.number() & 0xffff) as u16;
    let between = |lower: Option<String>, upper: Option<String>| -> Result<Place, Failure> {
        Ok(match (lower, upper) {
            (None, _) => Place::First,
            (_, None) => Place::Last,
            (Some(lower), Some(upper)) => {
                let (lower, upper) = (
                    Rank::parse(&lower).map_err(RpcError::internal)?,
                    Rank::parse(&upper).map_err(RpcError::internal)?,
                );
                Place::At(Rank::between(&lower, &upper, jitter).map_err(RpcError::internal)?)
            }
        })
    };
    let (before, after) = tasks::neighbours(app.db.reader(), row.project_id, &row.rank, row.id).await?;
    let here = || {
        Rank::parse(&row.rank)
            .map(Place::At)
            .map_err(|error| Failure::from(RpcError::internal(error)))
    };
    match position {
        Some(Position::First(_)) if before.is_none() => here(),
        Some(Position::First(_)) => Ok(Place::First),
        None | Some(Position::Last(_)) if after.is_none() => here(),
        None | Some(Position::Last(_)) => Ok(Place::Last),
        Some(Position::BeforeTaskId(neighbour)) => {
            let neighbour = neighbour_rank(app, row, "before_task_id", neighbour).await?;
            if after.as_ref() == Some(&neighbour) {
                return here();
            }
            let (lower, _) = tasks::neighbours(app.db.reader(), row.project_id, &neighbour, row.id).await?;
            between(lower, Some(neighbour))
        }
        Some(Position::AfterTaskId(neighbour)) => {
            let neighbour = neighbour_rank(app, row, "after_task_id", neighbour).await?;
            if before.as_ref() == Some(&neighbour) {
                return here();
            }
            let (_, upper) = tasks::neighbours(app.db.reader(), row.project_id, &neighbour, row.id).await?;
            between(Some(neighbour), upper)
        }
    }
}

async fn neighbour_rank(app: &App, row: &TaskRow, field: &'static str, neighbour: &str) -> Result<String, Failure> {
    let neighbour = convert::task_ref(field, neighbour)?;
    let found = tasks::find(app.db.reader(), &neighbour, None).await?;
    let found = found.filter(|found| found.project_id == row.project_id && found.delete_time.is_none() && found.id != row.id);
    found
        .map(|found| found.rank)
        .ok_or_else(|| RpcError::invalid(field, "must be another task of the same project").into())
}
