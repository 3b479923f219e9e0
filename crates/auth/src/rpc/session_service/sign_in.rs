//! Signs in. An unknown address costs the same work as a wrong password and gets the same answer; what is wrong with an account is said
//! only to who knows its password.

use tasktracker_database::Id;
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::{self, SignInRequest, SignInResponse};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use crate::app::App;
use crate::credentials;
use crate::db::entities::sessions;
use crate::db::{people, refresh_tokens, sessions as saved};
use crate::domain::email::Email;
use crate::domain::password;
use crate::domain::secret::{self, SecretKind};
use crate::domain::session::{SessionKind, device_name};
use crate::failure::{Failure, stored};
use crate::password_pool::Verdict;
use crate::rpc::convert;

pub async fn sign_in(app: &App, call: &Call, request: SignInRequest) -> Result<SignInResponse, RpcError> {
    let kind = match request.session_kind() {
        v1::SessionKind::Browser => SessionKind::Browser,
        v1::SessionKind::Native => SessionKind::Native,
        v1::SessionKind::Unspecified => return Err(RpcError::invalid("session_kind", "must be set")),
    };
    let found = match Email::parse(&request.email) {
        Ok(email) => people::find_credential(app.db.reader(), email.canonical()).await.map_err(stored)?,
        Err(_) => None,
    };
    let known_hash = found.as_ref().and_then(|(_, hash)| hash.clone());
    let password = password::normalised(&request.password);
    let verdict = app.passwords.verify(known_hash, password.clone()).await?;
    let (Verdict::Right { outdated }, Some((person, Some(hash)))) = (verdict, found) else {
        return Err(RpcError::unauthenticated(
            ErrorReason::InvalidCredentials,
            "e-mail address or password is wrong",
        ));
    };
    if !person.standing().active {
        return Err(RpcError::new(
            Code::PermissionDenied,
            ErrorReason::AccountDisabled,
            "this account is deactivated",
        ));
    }
    if outdated {
        upgrade(app, person.user.id, &hash, password).await;
    }

    let now = app.now();
    let end = app.lifetimes.session_end(now.timestamp());
    let (cookie, cookie_hash) = secret::make(SecretKind::SessionCookie, app.ids.secret());
    let session = sessions::Model {
        // Always a new id: nothing that was known before signing in leads into the session.
        id: Id(app.ids.next()),
        user_id: person.user.id,
        kind: kind.id().to_owned(),
        secret_hash: (kind == SessionKind::Browser).then(|| cookie_hash.as_str().to_owned()),
        user_agent: device_name(call.metadata("user-agent").unwrap_or_default()),
        create_time: now,
        expire_time: end.into(),
        idle_expire_time: app.lifetimes.idle_end(now.timestamp(), end).into(),
        end_time: None,
        end_reason: None,
    };
    let mut answer = SignInResponse {
        session: Some(convert::session(&session)),
        user: Some(convert::user(&person, true)),
        ..SignInResponse::default()
    };
    let mut txn = app.db.begin();
    saved::insert(&mut txn, &session);
    match kind {
        SessionKind::Browser => {
            call.answer("x-session-cookie", &secret::reveal(&cookie));
            call.answer("x-session-expire", &end.as_second().to_string());
        }
        SessionKind::Native => {
            let (refresh_token, hash) = secret::make(SecretKind::RefreshToken, app.ids.secret());
            refresh_tokens::insert(&mut txn, Id(app.ids.next()), session.id, hash.as_str(), now);
            answer.refresh_token = secret::reveal(&refresh_token);
            let (access_token, expire_time) = credentials::access_token(app, &session)?;
            (answer.access_token, answer.access_token_expire_time) = (access_token, Some(expire_time));
        }
    }
    txn.commit().await.map_err(Failure::from)?;
    tracing::info!(user.id = %person.user.id, session.id = %session.id, kind = kind.id(), "signed in");
    Ok(answer)
}

/// Stores a hash of today's cost. Signing in does not depend on it: the next one tries again.
async fn upgrade(app: &App, user_id: Id, before: &str, password: secrecy::SecretString) {
    let mut salt = [0; 16];
    salt.copy_from_slice(&app.ids.secret()[..16]);
    let Ok(after) = app.passwords.hash(password, salt).await else {
        return;
    };
    let mut txn = app.db.begin();
    people::replace_password_hash(&mut txn, user_id, before, &after);
    if let Err(error) = txn.commit().await {
        tracing::debug!(user.id = %user_id, %error, "a password hash was not renewed");
    }
}
