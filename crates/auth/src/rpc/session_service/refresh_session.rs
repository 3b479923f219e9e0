//! Exchanges a refresh token for a new pair, as `domain::refresh` decides. Whoever loses a race for a token decides again on what the
//! winner left, so a session never has two active tokens.

use tasktracker_database::{Id, stale};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::{RefreshSessionRequest, RefreshSessionResponse};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::RpcError;

use crate::app::App;
use crate::credentials;
use crate::db::changes::{self, Change};
use crate::db::entities::{refresh_tokens as tokens, sessions};
use crate::db::sessions::EndReason;
use crate::db::{refresh_tokens, sessions as saved};
use crate::domain::refresh::{Decision, TokenState, decide};
use crate::domain::secret::{self, SecretHash, SecretKind};
use crate::failure::{Failure, stored};
use crate::rpc::convert;

pub async fn refresh_session(app: &App, _call: &Call, request: RefreshSessionRequest) -> Result<RefreshSessionResponse, RpcError> {
    let hash = secret::read(SecretKind::RefreshToken, &request.refresh_token).ok_or_else(credentials::invalid)?;
    let (token, _) = refresh_tokens::find(app.db.reader(), hash.as_str())
        .await
        .map_err(stored)?
        .ok_or_else(credentials::invalid)?;
    let _turn = app.db.turn(token.session_id.0).await;
    Ok(stale::retry(|| exchange(app, &hash)).await?)
}

async fn exchange(app: &App, hash: &SecretHash) -> Result<RefreshSessionResponse, Failure> {
    let found = refresh_tokens::find(app.db.reader(), hash.as_str()).await?;
    let (token, successor_unused) = found.ok_or_else(credentials::invalid)?;
    let (session, person) = saved::find(app.db.reader(), token.session_id)
        .await?
        .ok_or_else(credentials::invalid)?;

    let now = app.now();
    let state = credentials::state(&session, person.standing().active);
    let decision = decide(state_of(&token, successor_unused), &state, app.lifetimes.grace, now.timestamp());
    let (next, next_hash) = secret::make(SecretKind::RefreshToken, app.ids.secret());
    let next_id = Id(app.ids.next());
    let mut txn = app.db.begin();
    match (decision, token.successor_id) {
        (Decision::Invalid | Decision::Expired, _) => return Err(credentials::invalid().into()),
        (Decision::Reuse, _) => return Err(end(app, &session).await),
        (Decision::RepeatWithinGrace, Some(unused)) => refresh_tokens::supersede(&mut txn, token.id, unused, next_id),
        (Decision::Rotate | Decision::RepeatWithinGrace, _) => refresh_tokens::consume(&mut txn, token.id, next_id, now),
    }
    refresh_tokens::insert(&mut txn, next_id, session.id, next_hash.as_str(), now);
    saved::keep_alive(
        &mut txn,
        session.id,
        app.lifetimes.idle_end(now.timestamp(), state.expire_time).into(),
    );
    txn.commit().await?;

    let (access_token, expire_time) = credentials::access_token(app, &session)?;
    Ok(RefreshSessionResponse {
        session: Some(convert::session(&session)),
        user: Some(convert::user(&person, true)),
        access_token,
        access_token_expire_time: Some(expire_time),
        refresh_token: secret::reveal(&next),
    })
}

fn state_of(token: &tokens::Model, successor_unused: bool) -> TokenState {
    match (token.state.as_str(), token.consume_time) {
        (refresh_tokens::ACTIVE, _) => TokenState::Active,
        (refresh_tokens::CONSUMED, Some(at)) => TokenState::Consumed {
            at: at.timestamp(),
            successor_unused,
        },
        _ => TokenState::Superseded,
    }
}

/// Two hold the same token, and one of them stole it: nobody keeps the session.
async fn end(app: &App, session: &sessions::Model) -> Failure {
    let now = app.now();
    let mut txn = app.db.begin();
    saved::end(&mut txn, session.id, EndReason::TokenReused, now);
    let change = changes::record(
        &mut txn,
        Change::SessionEnded {
            session_id: session.id,
            user_id: session.user_id,
        },
        now,
    );
    if let Err(error) = changes::commit(txn, change, app).await {
        return error.into();
    }
    tracing::warn!(user.id = %session.user_id, session.id = %session.id, "a spent refresh token came again, its session has ended");
    RpcError::unauthenticated(
        ErrorReason::TokenReused,
        "this refresh token was used before, so its session has ended; sign in again",
    )
    .into()
}
