//! The first thing inside a service: who may call which RPC at all (A1, A14, A20, A21).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tasktracker_identity::changes::Changes;
use tasktracker_identity::keys::KeySource;
use tasktracker_identity::layer::IdentityLayer;
use tasktracker_identity::token::{LIFETIME, Signer, Verifier};
use tasktracker_identity::{Caller, CallerKind};
use tasktracker_proto::auth::v1::JsonWebKey;
use tasktracker_proto::options::v1::Auth;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::RpcError;
use tasktracker_server::clock::{Clock, ManualClock};
use tasktracker_server::error::{Code, reason_of};
use tasktracker_server::methods::METHODS;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, ServiceExt};
use uuid::Uuid;

use crate::auth::session_ended;
use crate::world;

const USER_RPC: &str = "/tasktracker.core.v1.TaskService/GetTask";
const INTERNAL_RPC: &str = "/tasktracker.auth.v1.PermissionService/Check";
const PUBLIC_RPC: &str = "/tasktracker.auth.v1.SessionService/SignIn";
const SECRET_RPC: &str = "/tasktracker.auth.v1.CredentialService/IssueServiceToken";
const SESSION: Uuid = Uuid::from_u128(0x5e55);

/// Keys that can be taken away.
#[derive(Default)]
struct Keys(Mutex<Option<Vec<JsonWebKey>>>);

impl KeySource for Keys {
    fn fetch(&self) -> BoxFuture<'_, Result<Vec<JsonWebKey>, RpcError>> {
        let keys = self.0.lock().unwrap().clone();
        Box::pin(async move { keys.ok_or_else(|| RpcError::unavailable("auth", anyhow::anyhow!("away"))) })
    }
}

struct Door {
    layer: IdentityLayer,
    signer: Signer,
    keys: Arc<Keys>,
    changes: Changes,
    clock: Arc<ManualClock>,
}

fn door() -> Door {
    let signer = Signer::new(&Signer::generate().unwrap()).unwrap();
    let keys = Arc::new(Keys(Mutex::new(Some(vec![signer.public().clone()]))));
    let clock = world::clock();
    let changes = Changes::new(clock.clone());
    let layer = IdentityLayer::new(Arc::new(Verifier::new(keys.clone(), clock.clone())), changes.clone());
    Door {
        layer,
        signer,
        keys,
        changes,
        clock,
    }
}

impl Door {
    fn user_token(&self) -> String {
        let now = self.clock.now();
        self.signer.sign_user(world::ADA, SESSION, now, Uuid::from_u128(7), now).unwrap()
    }

    fn service_token(&self) -> String {
        self.signer.sign_service("core", Uuid::from_u128(7), self.clock.now()).unwrap()
    }

    /// Knocks with these values of `authorization`: who is let in, or why nobody is.
    async fn knock(&self, path: &str, credentials: &[&str]) -> Result<Caller, (Code, Option<ErrorReason>)> {
        let inside = tower::service_fn(|request: http::Request<Body>| async move {
            let mut answer = http::Response::new(Body::empty());
            answer
                .extensions_mut()
                .insert(request.extensions().get::<Caller>().cloned().expect("everybody inside has a name"));
            Ok::<_, std::convert::Infallible>(answer)
        });
        let mut request = http::Request::post(path);
        for credential in credentials {
            request = request.header("authorization", *credential);
        }
        let answer = self
            .layer
            .layer(inside)
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        match Status::from_header_map(answer.headers()) {
            Some(status) => Err((status.code(), reason_of(&status))),
            None => Ok(answer.extensions().get::<Caller>().cloned().expect("a caller")),
        }
    }
}

const MISSING: Result<Caller, (Code, Option<ErrorReason>)> = Err((Code::Unauthenticated, Some(ErrorReason::CredentialMissing)));
const INVALID: Result<Caller, (Code, Option<ErrorReason>)> = Err((Code::Unauthenticated, Some(ErrorReason::CredentialInvalid)));
const FORBIDDEN: Result<Caller, (Code, Option<ErrorReason>)> = Err((Code::PermissionDenied, Some(ErrorReason::PermissionMissing)));

fn ada() -> Caller {
    Caller {
        kind: CallerKind::User {
            user_id: world::ADA,
            session_id: SESSION,
        },
    }
}

#[tokio::test]
async fn people_reach_what_is_for_people_and_services_what_is_for_services() {
    let door = door();
    let (user, service) = (format!("Bearer {}", door.user_token()), format!("Bearer {}", door.service_token()));
    assert_eq!(door.knock(USER_RPC, &[&user]).await, Ok(ada()));
    assert_eq!(
        door.knock(INTERNAL_RPC, &[&service]).await,
        Ok(Caller {
            kind: CallerKind::Service { name: "core".to_owned() }
        })
    );
    assert_eq!(door.knock(USER_RPC, &[&service]).await, FORBIDDEN);
    assert_eq!(door.knock(INTERNAL_RPC, &[&user]).await, FORBIDDEN);
}

/// A1 inside the service: every RPC that is not said to be open refuses whoever shows nothing.
#[tokio::test]
async fn every_rpc_that_is_not_open_needs_a_credential() {
    let door = door();
    let mut closed = 0;
    for (path, method) in METHODS.iter() {
        let outcome = door.knock(path, &[]).await;
        match method.policy.auth() {
            Auth::Public | Auth::InternalSecret => assert_eq!(outcome, Ok(Caller::ANONYMOUS), "{path}"),
            _ => {
                closed += 1;
                assert_eq!(outcome, MISSING, "{path}");
                assert_eq!(door.knock(path, &["Bearer x.y.z"]).await, INVALID, "{path}");
            }
        }
    }
    assert!(closed > 30, "{closed}");
}

#[tokio::test]
async fn the_open_rpcs_are_these() {
    let mut open: Vec<_> = METHODS
        .iter()
        .filter(|(_, method)| matches!(method.policy.auth(), Auth::Public | Auth::InternalSecret))
        .map(|(path, _)| path.rsplit('.').next().unwrap_or_default())
        .collect();
    open.sort_unstable();
    let expected = [
        "AccountService/Register",
        "CredentialService/IssueServiceToken",
        "KeyService/GetKeySet",
        "MailFeedbackService/ReceiveFeedback",
        "NotificationService/GetUnsubscribePage",
        "NotificationService/Unsubscribe",
        "SessionService/RefreshSession",
        "SessionService/SignIn",
    ];
    assert_eq!(
        open, expected,
        "an RPC became open to everybody, or no longer is: that must be wanted"
    );
}

/// A20.
#[tokio::test]
async fn one_bearer_token_in_any_case_and_nothing_else() {
    let door = door();
    let token = door.user_token();
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        assert_eq!(door.knock(USER_RPC, &[&format!("{scheme} {token}")]).await, Ok(ada()), "{scheme}");
    }
    let good = format!("Bearer {token}");
    let basic = format!("Basic {token}");
    let (two_spaces, tab, bare, trailing) = (
        format!("Bearer  {token}"),
        format!("Bearer\t{token}"),
        token.clone(),
        format!("Bearer {token} x"),
    );
    for wrong in [
        &["", ""][..],
        &[""],
        &["Bearer"],
        &["Bearer "],
        &[&basic],
        &[&two_spaces],
        &[&tab],
        &[&bare],
        &[&trailing],
        &[&good, &good],
    ] {
        assert_eq!(door.knock(USER_RPC, wrong).await, INVALID, "{wrong:?}");
        assert_eq!(door.knock(INTERNAL_RPC, wrong).await, INVALID, "{wrong:?}");
    }
    assert_eq!(door.knock(USER_RPC, &[&good, "Bearer other"]).await, INVALID);
    assert_eq!(door.knock(USER_RPC, &["Bearer other", &good]).await, INVALID);
    assert_eq!(door.knock(USER_RPC, &[]).await, MISSING);
}

#[tokio::test]
async fn an_open_rpc_does_not_look_at_credentials() {
    let door = door();
    let token = format!("Bearer {}", door.user_token());
    for path in [PUBLIC_RPC, SECRET_RPC] {
        for credentials in [&[][..], &["Bearer damaged"], &[token.as_str()], &[token.as_str(), token.as_str()]] {
            assert_eq!(door.knock(path, credentials).await, Ok(Caller::ANONYMOUS), "{path} {credentials:?}");
        }
    }
}

/// Health, reflection, and what does not exist: the services inside answer UNIMPLEMENTED to the latter.
#[tokio::test]
async fn unknown_paths_pass_through_without_a_name() {
    let door = door();
    let token = format!("Bearer {}", door.user_token());
    for path in [
        "/grpc.health.v1.Health/Check",
        "/tasktracker.core.v1.TaskService/Nothing",
        "/",
        "/tasktracker.core.v1.TaskService/GetTask/",
        "//",
    ] {
        for credentials in [&[][..], &[token.as_str()], &["Bearer damaged"]] {
            assert_eq!(door.knock(path, credentials).await, Ok(Caller::ANONYMOUS), "{path}");
        }
    }
}

/// A spoof of what the layer itself puts on a request (E28) has no effect: there is nothing in headers that it reads.
#[tokio::test]
async fn a_caller_that_is_put_on_the_request_beforehand_is_overwritten() {
    let door = door();
    let inside = tower::service_fn(|request: http::Request<Body>| async move {
        assert_eq!(request.extensions().get::<Caller>(), Some(&Caller::ANONYMOUS));
        Ok::<_, std::convert::Infallible>(http::Response::new(Body::empty()))
    });
    let mut request = http::Request::post(PUBLIC_RPC)
        .header("x-user-id", "1")
        .header("x-tt-internal", "true")
        .body(Body::empty())
        .unwrap();
    request.extensions_mut().insert(Caller {
        kind: CallerKind::Service { name: "core".to_owned() },
    });
    door.layer.layer(inside).oneshot(request).await.unwrap();
}

#[tokio::test]
async fn an_ended_session_is_refused_at_once_and_services_are_not_concerned() {
    let door = door();
    let (user, service) = (format!("Bearer {}", door.user_token()), format!("Bearer {}", door.service_token()));
    assert_eq!(door.knock(USER_RPC, &[&user]).await, Ok(ada()));
    door.changes.apply(&session_ended(2, SESSION));
    assert_eq!(door.knock(USER_RPC, &[&user]).await, INVALID);
    assert!(door.knock(INTERNAL_RPC, &[&service]).await.is_ok());
    let now = door.clock.now();
    let other = door
        .signer
        .sign_user(world::ADA, Uuid::from_u128(8), now, Uuid::from_u128(7), now)
        .unwrap();
    assert!(
        door.knock(USER_RPC, &[&format!("Bearer {other}")]).await.is_ok(),
        "another session of the same person"
    );
    // As long as the token could be used, and at its end by its own age.
    door.clock.advance(LIFETIME + Duration::from_secs(29));
    assert_eq!(door.knock(USER_RPC, &[&user]).await, INVALID);
}

#[tokio::test]
async fn without_auths_keys_nobody_is_anybody() {
    let door = door();
    *door.keys.0.lock().unwrap() = None;
    let token = format!("Bearer {}", door.user_token());
    let away = Err((Code::Unavailable, Some(ErrorReason::DependencyUnavailable)));
    assert_eq!(door.knock(USER_RPC, &[&token]).await, away);
    assert_eq!(door.knock(USER_RPC, &[]).await, MISSING, "needs no key");
    *door.keys.0.lock().unwrap() = Some(vec![door.signer.public().clone()]);
    assert_eq!(door.knock(USER_RPC, &[&token]).await, Ok(ada()));
    // Known keys go on while Auth is away.
    *door.keys.0.lock().unwrap() = None;
    door.clock.advance(Duration::from_secs(301));
    assert_eq!(door.knock(USER_RPC, &[&format!("Bearer {}", door.user_token())]).await, Ok(ada()));
}
