//! Streams every change after a revision, in order and without a gap. A message without a change tells the present revision: it comes
//! once everything before it was sent, and again every five seconds. A revision that was received may always be resumed from.

use std::time::Duration;

use futures_util::Stream;
use tasktracker_database::Backend;
use tasktracker_identity::{Call, token};
use tasktracker_proto::auth::v1::watch_changes_response::Change as Message;
use tasktracker_proto::auth::v1::{AccessChanged, SessionEnded, WatchChangesRequest, WatchChangesResponse};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};
use tokio::time::sleep;

use crate::app::App;
use crate::db::changes::{self, Change};
use crate::failure::stored;

/// How often there is a sign of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
/// How often changes of other processes are looked for, where there can be others.
const LOOK: Duration = Duration::from_millis(500);
/// Changes read at once.
const BATCH: u64 = 500;
/// Sessions that ended so long ago have no access token that still works.
const TOKENS_LIVE: Duration = Duration::from_secs(token::LIFETIME.as_secs() + 60);

pub async fn watch_changes(
    app: &App,
    _call: &Call,
    request: WatchChangesRequest,
) -> Result<impl Stream<Item = Result<WatchChangesResponse, RpcError>> + Send + 'static, RpcError> {
    let reader = app.db.reader();
    let present = changes::present(reader).await.map_err(stored)?;
    let after = request.after_revision;
    let kept_from = changes::oldest(reader).await.map_err(stored)?.unwrap_or(present + 1);
    if after > present || (after > 0 && after + 1 < kept_from) {
        let message = "changes after this revision are not kept; forget everything and start without one";
        return Err(RpcError::new(Code::OutOfRange, ErrorReason::ResumeTokenExpired, message));
    }
    // Who starts now has not heard of sessions that ended while their tokens still work.
    let ended = if after == 0 {
        changes::sessions_ended_since(reader, app.now() - TOKENS_LIVE)
            .await
            .map_err(stored)?
    } else {
        Vec::new()
    };
    let ended = ended.into_iter().filter(move |(revision, _)| *revision <= present);
    Ok(follow(app.clone(), if after == 0 { present } else { after }, ended.collect()))
}

fn follow(
    app: App,
    mut last: i64,
    ended: Vec<(i64, Change)>,
) -> impl Stream<Item = Result<WatchChangesResponse, RpcError>> + Send + 'static {
    async_stream::try_stream! {
        let mut known = app.revisions.subscribe();
        // The first tick comes at once: the first sign of life follows the first look.
        let mut signs = tokio::time::interval(SIGN_OF_LIFE);
        let alone = app.db.backend() != Backend::Postgres;
        let mut sign_due = false;
        for (revision, change) in ended {
            yield message(revision, change);
        }
        loop {
            known.mark_unchanged();
            loop {
                let found = changes::after(app.db.reader(), last, BATCH).await.map_err(stored)?;
                let all = found.len() < usize::try_from(BATCH).unwrap_or(usize::MAX);
                for (revision, change) in found {
                    last = revision;
                    yield message(revision, change);
                }
                if all {
                    break;
                }
            }
            if std::mem::take(&mut sign_due) {
                yield WatchChangesResponse { revision: last, change: None };
            }
            let ends = tokio::select! {
                () = app.lifecycle.stopping().cancelled() => true,
                _ = signs.tick() => { sign_due = true; false }
                _ = known.changed() => false,
                () = sleep(LOOK), if !alone => false,
            };
            if ends {
                Err(stopping())?;
            }
        }
    }
}

fn message(revision: i64, change: Change) -> WatchChangesResponse {
    let text = |id: Option<tasktracker_database::Id>| id.map(|id| id.to_string()).unwrap_or_default();
    let change = match change {
        Change::Access { user_id, project_id } => Message::AccessChanged(AccessChanged {
            user_id: text(user_id),
            project_id: text(project_id),
        }),
        Change::SessionEnded { session_id, user_id } => Message::SessionEnded(SessionEnded {
            session_id: session_id.to_string(),
            user_id: user_id.to_string(),
        }),
    };
    WatchChangesResponse {
        revision,
        change: Some(change),
    }
}

fn stopping() -> RpcError {
    RpcError::new(
        Code::Unavailable,
        ErrorReason::ShuttingDown,
        "this process is stopping, connect again",
    )
}
