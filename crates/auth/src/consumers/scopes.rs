//! Group `auth.scopes`: a project that is gone for good takes its scope and every role in it along. A deleted project keeps them for
//! its return.

use futures_util::future::BoxFuture;
use tasktracker_database::stale;
use tasktracker_events::{Event, ReactError, Reaction, Topic};
use tasktracker_proto::events::v1::ProjectEvent;

use crate::app::App;
use crate::failure::Failure;
use crate::rpc::scope_service::delete_scope;

/// Drops the scopes of purged projects.
#[derive(Debug)]
pub struct Scopes(App);

impl Scopes {
    /// For this Auth.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self(app)
    }
}

impl Reaction for Scopes {
    fn group(&self) -> &'static str {
        "auth.scopes"
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::CORE_PROJECT]
    }

    fn batch(&self) -> usize {
        100
    }

    fn react<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Result<(), ReactError>> {
        Box::pin(async move {
            for event in events {
                let project: ProjectEvent = event.decode()?;
                if project.purged {
                    let project_id = project.project_id.parse().map_err(ReactError::poison)?;
                    let dropped: Result<i64, Failure> = stale::retry(|| delete_scope::delete(&self.0, project_id)).await;
                    dropped.map_err(|failure| ReactError::transient(anyhow::anyhow!("{failure:?}")))?;
                }
            }
            Ok(())
        })
    }
}
