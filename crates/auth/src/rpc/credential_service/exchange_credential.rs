//! Exchanges a browser's session secret for an access token: what the gateway does for cookies. It counts as using the session.

use std::time::Duration;

use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::{ExchangeCredentialRequest, ExchangeCredentialResponse};
use tasktracker_server::RpcError;

use crate::app::App;
use crate::credentials;
use crate::db::entities::sessions;
use crate::db::sessions as saved;
use crate::domain::secret::{self, SecretKind};
use crate::failure::stored;

/// Use is noted this coarsely: not every page view is a write.
const NOTED_EVERY: Duration = Duration::from_secs(60 * 60);

pub async fn exchange_credential(
    app: &App,
    _call: &Call,
    request: ExchangeCredentialRequest,
) -> Result<ExchangeCredentialResponse, RpcError> {
    let hash = secret::read(SecretKind::SessionCookie, &request.session_secret).ok_or_else(credentials::invalid)?;
    let found = saved::find_by_secret(app.db.reader(), hash.as_str()).await.map_err(stored)?;
    let (session, active) = found.ok_or_else(credentials::invalid)?;
    if !credentials::state(&session, active).is_live(app.clock.now()) {
        return Err(credentials::invalid());
    }
    note_use(app, &session).await;
    let (access_token, expire_time) = credentials::access_token(app, &session)?;
    Ok(ExchangeCredentialResponse {
        access_token,
        expire_time: Some(expire_time),
        session_id: session.id.to_string(),
    })
}

async fn note_use(app: &App, session: &sessions::Model) {
    let idle_end = app.lifetimes.idle_end(app.clock.now(), session.expire_time.timestamp()).into();
    if idle_end < session.idle_expire_time + NOTED_EVERY {
        return;
    }
    let mut txn = app.db.begin();
    saved::keep_alive(&mut txn, session.id, idle_end);
    if let Err(error) = txn.commit().await {
        tracing::debug!(session.id = %session.id, %error, "the use of a session was not noted");
    }
}
