//! Group `core.notifications`: tells people what happened to the tasks they follow or are to do, and to themselves. An event leads to one
//! notification a person at most, however often it comes.

use futures_util::future::BoxFuture;
use tasktracker_database::{Failure, Time, stale};
use tasktracker_events::{Event, ReactError, Reaction, Topic, inbox};

use super::transient;
use crate::app::App;
use crate::domain::notification::Happening;
use crate::notify::{self, Telling};

const GROUP: &str = "core.notifications";
/// Events whose notifications are written together.
const BATCH: usize = 100;

/// Tells people.
#[derive(Debug)]
pub struct Notifications(App);

impl Notifications {
    /// For this Core.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self(app)
    }
}

impl Reaction for Notifications {
    fn group(&self) -> &'static str {
        GROUP
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::CORE_TASK, Topic::AUTH_ACCESS]
    }

    fn batch(&self) -> usize {
        BATCH
    }

    fn react<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Result<(), ReactError>> {
        Box::pin(async move {
            let mut told: Vec<(&Event, Happening)> = Vec::new();
            for event in events {
                let happening = if event.topic == Topic::AUTH_ACCESS {
                    notify::of_access_event(event)?
                } else {
                    notify::of_task_event(event)?
                };
                // What leads to nobody needs no note: it leads to nobody the next time, too.
                told.extend(happening.filter(Happening::concerns_somebody).map(|happening| (event, happening)));
            }
            if told.is_empty() {
                return Ok(());
            }
            stale::retry(|| tell(&self.0, &told)).await.map_err(transient)
        })
    }
}

async fn tell(app: &App, told: &[(&Event, Happening)]) -> Result<(), Failure> {
    let events: Vec<Event> = told.iter().map(|(event, _)| (*event).clone()).collect();
    let unseen = inbox::unseen(app.db.reader(), GROUP, &events).await?;
    let happenings: Vec<Happening> = told
        .iter()
        .filter(|(event, _)| unseen.iter().any(|unseen| unseen.event_id == event.event_id))
        .map(|(_, happening)| happening.clone())
        .collect();
    let telling = notify::plan(app, &happenings).await?;
    if telling.is_empty() {
        // Nobody follows, or nobody may know. If the events come again they are looked at again.
        return Ok(());
    }
    let mut txn = app.db.begin().sequential();
    telling.write(app, &mut txn);
    inbox::note(&mut txn, app.db.backend(), GROUP, unseen, Time::from(app.now()));
    txn.commit().await.map_err(|error| {
        if inbox::is_repeated(&error) {
            tasktracker_database::CommitError::GuardMissed.into()
        } else {
            Telling::failed(error)
        }
    })?;
    telling.wake(app);
    Ok(())
}
