//! Group `core.members`: what becomes of the work of somebody who left a project. Open tasks lose this assignee, or get another one, or stay,
//! as the removal chose; the following ends in each case. Closed tasks keep their history.

use futures_util::future::BoxFuture;
use tasktracker_database::{CommitError, Failure, Time, stale};
use tasktracker_events::{Event, ReactError, Reaction, Topic, inbox};
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::ActivityKind;
use tasktracker_proto::events::v1::access_event::Kind as AccessKind;
use tasktracker_proto::events::v1::task_event::Kind;
use tasktracker_proto::events::v1::{AccessEvent, Assignments, MemberRemoved, TaskUpdated};
use uuid::Uuid;

use super::transient;
use crate::app::App;
use crate::db::activity::{self, Counted, Entry};
use crate::db::entities::project::Column;
use crate::db::tasks;
use crate::domain::change::Outcome;
use crate::facts::{self, Cause, Told};

const GROUP: &str = "core.members";
/// Tasks handed over in one transaction.
const CHUNK: u64 = 50;

/// Hands over the work of those who leave.
#[derive(Debug)]
pub struct Members(App);

impl Members {
    /// For this Core.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self(app)
    }
}

impl Reaction for Members {
    fn group(&self) -> &'static str {
        GROUP
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::AUTH_ACCESS]
    }

    fn react<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Result<(), ReactError>> {
        Box::pin(async move {
            let app = &self.0;
            for event in inbox::unseen(app.db.reader(), GROUP, events).await.map_err(ReactError::transient)? {
                let access: AccessEvent = event.decode()?;
                let Some(AccessKind::MemberRemoved(removed)) = &access.kind else {
                    continue;
                };
                let left = Left {
                    project_id: uuid(&access.project_id)?,
                    user_id: uuid(&access.user_id)?,
                    cause: Cause::event(event, access.meta.as_ref(), app.now()),
                };
                stale::retry(|| left.hand_over(app, removed)).await.map_err(transient)?;
                stale::retry(|| left.forget(app, event))
                    .await
                    .map_err(|error| transient(error.into()))?;
            }
            Ok(())
        })
    }
}

/// Somebody who left a project.
struct Left {
    project_id: Uuid,
    user_id: Uuid,
    cause: Cause,
}

impl Left {
    /// Chunk by chunk until no open task is left: whatever is done stays done if this is interrupted.
    async fn hand_over(&self, app: &App, removed: &MemberRemoved) -> Result<(), Failure> {
        if removed.assignments() == Assignments::Keep {
            return Ok(());
        }
        let to = self.successor(app, removed).await?;
        loop {
            let rows = tasks::list_open_of_assignee(app.db.reader(), self.project_id, self.user_id, CHUNK).await?;
            if rows.is_empty() {
                return Ok(());
            }
            let mut txn = app.db.begin();
            let mut entries = Vec::new();
            let mut told = Vec::new();
            let mut rows = rows;
            rows.sort_by_key(|row| row.id);
            for row in rows {
                let zone = row.project_zone.clone();
                let before = row.into_task()?;
                let mut after = before.clone();
                let Outcome::Changed(changes) = after.hand_over(self.user_id.into(), to.map(Into::into), self.cause.at) else {
                    continue;
                };
                tasks::save(&mut txn, &after, before.version, None);
                tasks::save_assignees(&mut txn, app.db.backend(), &after, false);
                if let Some(to) = to {
                    tasks::add_followers(&mut txn, app.db.backend(), after.id.uuid(), &[to]);
                }
                entries.push((after.id.uuid(), after.version, changes));
                told.push((before, after, zone));
            }
            let entries: Vec<Entry<'_>> = entries
                .iter()
                .map(|(task_id, version, changes)| Entry {
                    id: app.ids.next(),
                    task_id: Some(*task_id),
                    comment_id: None,
                    actor: self.cause.actor_text(),
                    at: self.cause.at,
                    kind: ActivityKind::Updated,
                    changes,
                    version: *version,
                })
                .collect();
            let counted = Counted {
                any_state: true,
                ..Counted::default()
            };
            let raised = activity::append(&mut txn, self.project_id, counted, &entries);
            for (before, after, zone) in &told {
                let kind = Kind::Updated(TaskUpdated {
                    changed: vec!["assignee_ids".to_owned()],
                    mentioned_user_ids: Vec::new(),
                });
                let told = Told {
                    after,
                    before: Some(before),
                    zone,
                    kind,
                };
                facts::task(&mut txn, app, &self.cause, told);
            }
            let rows = txn.commit().await?;
            app.told(self.project_id, rows.get(&raised, Column::ActivitySeq)?);
        }
    }

    /// Whoever takes over, if they may still see tasks there.
    async fn successor(&self, app: &App, removed: &MemberRemoved) -> Result<Option<Uuid>, Failure> {
        let named = Some(&removed.reassign_to_user_id).filter(|_| removed.assignments() == Assignments::Reassign);
        let Some(named) = named.and_then(|id| Uuid::try_parse(id).ok()) else {
            return Ok(None);
        };
        let may_see = app.access.others_with(self.project_id, &[named], Permission::TaskView).await?;
        Ok(Some(named).filter(|_| may_see == [true]))
    }

    /// Ends the following, and notes that the event was handled.
    async fn forget(&self, app: &App, event: &Event) -> Result<(), CommitError> {
        let mut txn = app.db.begin();
        tasks::remove_follower_from_project(&mut txn, self.project_id, self.user_id);
        inbox::note(&mut txn, app.db.backend(), GROUP, [event], Time::from(app.now()));
        match txn.commit().await {
            Err(error) if inbox::is_repeated(&error) => Ok(()),
            outcome => outcome.map(drop),
        }
    }
}

fn uuid(text: &str) -> Result<Uuid, ReactError> {
    Uuid::try_parse(text).map_err(ReactError::poison)
}
