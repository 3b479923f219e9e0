//! The credentials that a session gives out.

use tasktracker_identity::token;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::RpcError;
use tasktracker_server::time::to_proto;

use crate::app::App;
use crate::db::entities::sessions;
use crate::db::people::Person;
use crate::domain::session::SessionState;

/// An access token for a session, and when it stops working.
pub fn access_token(app: &App, session: &sessions::Model) -> Result<(String, prost_types::Timestamp), RpcError> {
    let now = app.clock.now();
    let signed_in = session.create_time.timestamp();
    let text = app
        .signer
        .sign_user(session.user_id.0, session.id.0, signed_in, app.ids.next(), now)
        .map_err(RpcError::internal)?;
    let mut end = to_proto(now);
    // Tokens count whole seconds.
    end.seconds += i64::try_from(token::LIFETIME.as_secs()).unwrap_or(i64::MAX);
    end.nanos = 0;
    Ok((text, end))
}

/// What decides whether a session lives.
pub fn state(session: &sessions::Model, person_active: bool) -> SessionState {
    SessionState {
        ended: session.end_time.is_some(),
        user_active: person_active,
        expire_time: session.expire_time.timestamp(),
        idle_expire_time: session.idle_expire_time.timestamp(),
    }
}

/// Whether a session's credentials work.
pub fn is_live(app: &App, session: &sessions::Model, person: &Person) -> bool {
    state(session, person.standing().active).is_live(app.clock.now())
}

/// The credential is of no use, and it is not said why.
pub fn invalid() -> RpcError {
    RpcError::unauthenticated(
        ErrorReason::CredentialInvalid,
        "the session has ended, or this is not its credential; sign in again",
    )
}
