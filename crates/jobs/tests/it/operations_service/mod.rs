//! OperationsService over two services in one process, through a gRPC client, behind the layer that every service has.

mod auth;
mod cancel_job;
mod discard_dead_letter;
mod letters;
mod list_dead_letters;
mod list_jobs;
mod list_schedules;
mod pause_schedule;
mod replay_dead_letter;
mod retry_job;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tasktracker_database::cursor::Sealer;
use tasktracker_events::DeadLetters;
use tasktracker_identity::changes::Changes;
use tasktracker_identity::keys::KeySource;
use tasktracker_identity::layer::IdentityLayer;
use tasktracker_identity::service::Credential;
use tasktracker_identity::token::{Signer, Verifier};
use tasktracker_identity::{Access, InstanceSecret};
use tasktracker_jobs::operations::{self, Operations};
use tasktracker_proto::auth::v1::JsonWebKey;
use tasktracker_proto::operations::v1::operations_service_client::OperationsServiceClient;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::clock::Clock;
use tasktracker_server::error::reason_of;
use tasktracker_server::ids::Ids;
use tasktracker_server::stack::Stack;
use tasktracker_server::{Code, RpcError, Upstream};
use tonic::service::RoutesBuilder;
use tonic::{Request, Status};
use tower::Layer;
use uuid::Uuid;

use crate::world::{Node, Store, options};

/// An operator.
pub const ADA: Uuid = Uuid::from_u128(0xada);
/// Another one.
pub const EVE: Uuid = Uuid::from_u128(0xe5e);
/// No operator.
pub const BOB: Uuid = Uuid::from_u128(0xb0b);

/// The key that tokens are signed with.
struct OneKey(JsonWebKey);

impl KeySource for OneKey {
    fn fetch(&self) -> BoxFuture<'_, Result<Vec<JsonWebKey>, RpcError>> {
        let keys = vec![self.0.clone()];
        Box::pin(async { Ok(keys) })
    }
}

/// A process that holds two services.
pub struct Office {
    pub core: Node,
    pub auth: Node,
    pub letters: DeadLetters,
    pub upstream: Upstream,
    signer: Signer,
    pub stores: [Store; 2],
}

impl Office {
    pub async fn open() -> Self {
        let stores = [Store::sqlite().await, Store::sqlite().await];
        let core = stores[0].node_of("core", stores[0].open().await, options());
        // One process has one clock.
        let other = Store {
            clock: core.clock.clone(),
            ..stores[1].clone()
        };
        let auth = other.node_of("auth", stores[1].open().await, options());
        let letters = letters::of(&core);

        let clock = core.clock.clone();
        let ids = Ids::system(clock.clone());
        let secret = InstanceSecret::given("0123456789abcdef0123456789abcdef").unwrap();
        let permissions = auth::upstream(&clock);
        let credential = Credential::new(permissions.clone(), "core", &secret, clock.clone());
        let changes = Changes::new(clock.clone());
        let access = Access::new(credential.calling(permissions), changes.clone(), clock.clone());
        let signer = Signer::new(&Signer::generate().unwrap()).unwrap();
        let verifier = Verifier::new(Arc::new(OneKey(signer.public().clone())), clock);

        let mut routes = RoutesBuilder::default();
        let operations = Operations {
            jobs: vec![core.jobs.clone(), auth.jobs.clone()],
            dead_letters: vec![letters.clone()],
            access,
            sealer: Sealer::new(b"0123456789abcdef0123456789abcdef", "operations"),
        };
        operations::add_to(&mut routes, operations);
        let layered = IdentityLayer::new(Arc::new(verifier), changes).layer(routes.routes());
        Self {
            core,
            auth,
            letters,
            upstream: Upstream::local(Stack::around(layered, ids)),
            signer,
            stores,
        }
    }

    pub fn client(&self) -> OperationsServiceClient<Upstream> {
        OperationsServiceClient::new(self.upstream.clone())
    }

    /// A request of a person.
    pub fn of<T>(&self, user: Uuid, message: T) -> Request<T> {
        let now = self.core.clock.now();
        let token = self
            .signer
            .sign_user(user, Uuid::from_u128(0x5e55), now, Uuid::from_u128(7), now)
            .unwrap();
        let mut request = Request::new(message);
        request
            .metadata_mut()
            .insert("authorization", format!("Bearer {token}").parse().unwrap());
        request
    }
}

/// What a refusal says: `code REASON`.
#[track_caller]
pub fn refusal<T: std::fmt::Debug>(outcome: Result<T, Status>) -> (Code, ErrorReason) {
    let status = outcome.expect_err("must be refused");
    (status.code(), reason_of(&status).unwrap_or_default())
}

pub const UNKNOWN: (Code, ErrorReason) = (Code::NotFound, ErrorReason::NotFound);
pub const INVALID: (Code, ErrorReason) = (Code::InvalidArgument, ErrorReason::InvalidFields);
pub const BAD_TOKEN: (Code, ErrorReason) = (Code::InvalidArgument, ErrorReason::InvalidPageToken);
pub const WRONG_STATE: (Code, ErrorReason) = (Code::FailedPrecondition, ErrorReason::JobState);

/// Nobody but operators may call an RPC.
macro_rules! for_operators_only {
    ($office:expr, $rpc:ident, $request:expr) => {{
        use tasktracker_proto::r#type::v1::ErrorReason;
        use tasktracker_server::Code;
        let stranger = $office.client().$rpc(tonic::Request::new($request)).await;
        assert_eq!(super::refusal(stranger), (Code::Unauthenticated, ErrorReason::CredentialMissing));
        let member = $office.client().$rpc($office.of(super::BOB, $request)).await;
        assert_eq!(super::refusal(member), (Code::PermissionDenied, ErrorReason::PermissionMissing));
    }};
}
pub(crate) use for_operators_only;
