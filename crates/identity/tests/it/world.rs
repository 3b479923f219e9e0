//! A service's side of the tests: its cache over the hand-made Auth, people, and calls of theirs.

use std::sync::Arc;
use std::time::Duration;

use tasktracker_identity::changes::Changes;
use tasktracker_identity::service::{AsService, Credential};
use tasktracker_identity::{Access, Call, Caller, CallerKind, Granted, InstanceSecret};
use tasktracker_proto::auth::v1::credential_service_server::CredentialServiceServer;
use tasktracker_proto::auth::v1::permission_service_server::PermissionServiceServer;
use tasktracker_proto::auth::v1::{GetKeySetRequest, Permission};
use tasktracker_server::clock::ManualClock;
use tasktracker_server::error::Code;
use tasktracker_server::ids::Ids;
use tasktracker_server::stack::Stack;
use tasktracker_server::{RpcError, Upstream};
use tonic::Request;
use tonic::service::Routes;
use uuid::Uuid;

use crate::auth::FakeAuth;

pub const ADA: Uuid = Uuid::from_u128(0xada);
pub const BOB: Uuid = Uuid::from_u128(0xb0b);
pub const WEB: Uuid = Uuid::from_u128(0x1);
pub const OPS: Uuid = Uuid::from_u128(0x2);
pub const VIEW: Permission = Permission::ProjectView;
pub const EDIT: Permission = Permission::TaskUpdate;

pub struct World {
    pub auth: FakeAuth,
    pub clock: Arc<ManualClock>,
    pub changes: Changes,
    pub access: Access,
    pub credential: Credential,
    pub upstream: Upstream,
}

pub fn secret() -> InstanceSecret {
    InstanceSecret::given("0123456789abcdef0123456789abcdef").unwrap()
}

pub fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new("2026-05-01T12:00:00Z".parse().unwrap()))
}

/// The hand-made Auth as services call it.
pub fn upstream(auth: &FakeAuth, clock: &Arc<ManualClock>) -> Upstream {
    let routes = Routes::new(PermissionServiceServer::new(auth.clone())).add_service(CredentialServiceServer::new(auth.clone()));
    Upstream::local(Stack::around(routes, Ids::seeded(1, clock.clone())))
}

impl World {
    pub fn new() -> Self {
        let clock = clock();
        let auth = FakeAuth::new(clock.clone());
        let upstream = upstream(&auth, &clock);
        let credential = Credential::new(upstream.clone(), "core", &secret(), clock.clone());
        let changes = Changes::new(clock.clone());
        let access = Access::new(credential.calling(upstream.clone()), changes.clone(), clock.clone());
        Self {
            auth,
            clock,
            changes,
            access,
            credential,
            upstream,
        }
    }

    pub fn as_service(&self) -> AsService {
        self.credential.calling(self.upstream.clone())
    }

    pub fn wait(&self, millis: u64) {
        self.clock.advance(Duration::from_millis(millis));
    }

    pub async fn ask(&self, user: Uuid, project: Uuid) -> Result<Granted, RpcError> {
        self.access.in_project(&call(user), project).await
    }

    /// Whether a person may see a project.
    pub async fn sees(&self, user: Uuid, project: Uuid) -> bool {
        self.ask(user, project).await.expect("auth answers").has(VIEW)
    }

    /// The projects that a person may see.
    pub async fn list(&self, user: Uuid) -> Vec<Uuid> {
        self.access
            .accessible(&call(user), VIEW)
            .await
            .expect("auth answers")
            .project_ids
            .clone()
    }
}

pub fn person(user_id: Uuid) -> Caller {
    Caller {
        kind: CallerKind::User {
            user_id,
            session_id: Uuid::from_u128(0x5e55),
        },
    }
}

/// A call of a person.
pub fn call(user: Uuid) -> Call {
    Call::of(person(user))
}

/// A call of a person who wants to see at least a revision.
pub fn call_from(user: Uuid, revision: &[u8]) -> Call {
    let mut request = Request::new(GetKeySetRequest {});
    request.extensions_mut().insert(person(user));
    let mut headers = http::HeaderMap::new();
    headers.insert("x-authz-min-revision", http::HeaderValue::from_bytes(revision).unwrap());
    *request.metadata_mut() = tonic::metadata::MetadataMap::from_headers(headers);
    Call::open(request).unwrap().0
}

/// Without an answer of Auth there is neither a yes nor a no.
#[track_caller]
pub fn unavailable<T>(outcome: Result<T, RpcError>) {
    match outcome {
        Ok(_) => panic!("answered without auth"),
        Err(error) => assert_eq!(error.code(), Code::Unavailable, "{error}"),
    }
}
