//! How fresh an answer must be. There is one database, which is always read as it is; only a revision that nobody was told yet is waited
//! for, and not for long.

use std::time::Duration;

use tasktracker_proto::auth::v1::Consistency;
use tasktracker_proto::auth::v1::consistency::Requirement;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use crate::app::App;
use crate::db::changes;
use crate::failure::stored;

/// How long a revision of the future is waited for.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often other processes' revisions are looked for meanwhile.
const LOOK: Duration = Duration::from_millis(100);

/// Waits until the data are as new as asked for.
pub async fn reach(app: &App, wanted: Option<&Consistency>) -> Result<(), RpcError> {
    let Some(Requirement::AtLeastRevision(wanted)) = wanted.and_then(|consistency| consistency.requirement) else {
        return Ok(());
    };
    match tokio::time::timeout(PATIENCE, appear(app, wanted)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(RpcError::new(
            Code::FailedPrecondition,
            ErrorReason::RevisionUnknown,
            "there is no such revision of access",
        )),
    }
}

async fn appear(app: &App, wanted: i64) -> Result<(), RpcError> {
    let mut known = app.revisions.subscribe();
    while changes::present(app.db.reader()).await.map_err(stored)? < wanted {
        let _ = tokio::time::timeout(LOOK, known.changed()).await;
    }
    Ok(())
}
