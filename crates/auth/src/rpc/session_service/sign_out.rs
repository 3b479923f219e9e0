//! Ends the current session; every process forgets it at once. Idempotent.

use tasktracker_database::{CommitError, Id};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::{SignOutRequest, SignOutResponse};
use tasktracker_server::RpcError;

use crate::app::App;
use crate::db::changes::{self, Change};
use crate::db::sessions::{self, EndReason};
use crate::domain::session::SessionKind;
use crate::failure::{Failure, stored};

pub async fn sign_out(app: &App, call: &Call, _request: SignOutRequest) -> Result<SignOutResponse, RpcError> {
    let session_id = Id(call.session_id()?);
    let Some((session, _)) = sessions::find(app.db.reader(), session_id).await.map_err(stored)? else {
        return Ok(SignOutResponse {});
    };
    if session.kind == SessionKind::Browser.id() {
        // The gateway takes the cookie away.
        call.answer("x-session-cookie", "");
    }
    if session.end_time.is_some() {
        return Ok(SignOutResponse {});
    }
    let now = app.now();
    let mut txn = app.db.begin();
    sessions::end(&mut txn, session.id, EndReason::SignedOut, now);
    let change = changes::record(
        &mut txn,
        Change::SessionEnded {
            session_id: session.id,
            user_id: session.user_id,
        },
        now,
    );
    match changes::commit(txn, change, app).await {
        Ok(_) => tracing::info!(user.id = %session.user_id, session.id = %session.id, "signed out"),
        // Somebody else ended it this very moment.
        Err(CommitError::GuardMissed) => {}
        Err(error) => return Err(Failure::from(error).into()),
    }
    Ok(SignOutResponse {})
}
