//! A service that does what the metadata `x-do` says, and notes whether its work was dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tasktracker_proto::auth::v1::key_service_client::KeyServiceClient;
use tasktracker_proto::auth::v1::key_service_server::{KeyService, KeyServiceServer};
use tasktracker_proto::auth::v1::{GetKeySetRequest, GetKeySetResponse, JsonWebKey};
use tasktracker_proto::core::v1::watch_service_client::WatchServiceClient;
use tasktracker_proto::core::v1::watch_service_server::{WatchService, WatchServiceServer};
use tasktracker_proto::core::v1::{WatchRequest, WatchResponse};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_proto::validate::Violation;
use tasktracker_server::clock::ManualClock;
use tasktracker_server::ids::Ids;
use tasktracker_server::stack::{GrpcService, Stack};
use tasktracker_server::{Code, Lifecycle, RpcError, Upstream, request};
use tonic::service::Routes;
use tonic::{Request, Response, Status};

/// What no client may ever read.
pub const SECRET: &str = "SELECT hash FROM users -- /srv/tasktracker/src/users.rs:42";
/// The longest message that the service takes.
pub const LONGEST: usize = 1024;

#[derive(Debug, Clone, Default)]
pub struct Things {
    /// Pieces of work that ended because nobody wanted them any more.
    pub dropped: Arc<AtomicUsize>,
    /// What is asked to end when the process stops.
    pub lifecycle: Lifecycle,
}

/// Notes that work was dropped.
struct Guard(Arc<AtomicUsize>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Things {
    pub fn dropped(&self) -> usize {
        self.dropped.load(Ordering::SeqCst)
    }

    /// The service with what surrounds every service.
    pub fn service(&self) -> GrpcService {
        let keys = KeyServiceServer::new(self.clone()).max_decoding_message_size(LONGEST);
        let routes = Routes::new(keys).add_service(WatchServiceServer::new(self.clone()).max_encoding_message_size(LONGEST));
        Stack::around(routes, Ids::seeded(1, clock()))
    }

    pub fn keys(&self) -> KeyServiceClient<Upstream> {
        KeyServiceClient::new(Upstream::local(self.service()))
    }

    pub fn watch(&self) -> WatchServiceClient<Upstream> {
        WatchServiceClient::new(Upstream::local(self.service()))
    }
}

pub fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new("2026-05-01T12:00:00Z".parse().unwrap()))
}

/// A request that says what to do.
pub fn please<T: Default>(what: &'static str) -> Request<T> {
    let mut request = Request::new(T::default());
    request.metadata_mut().insert("x-do", what.parse().unwrap());
    request
}

fn asked<T>(request: &Request<T>) -> String {
    request
        .metadata()
        .get("x-do")
        .map(|what| what.to_str().unwrap().to_owned())
        .unwrap_or_default()
}

/// Lets what was said before go out, then panics.
async fn careless() -> Result<WatchResponse, Status> {
    tokio::task::yield_now().await;
    panic!("{SECRET}")
}

#[tonic::async_trait]
impl KeyService for Things {
    async fn get_key_set(&self, request: Request<GetKeySetRequest>) -> Result<Response<GetKeySetResponse>, Status> {
        match asked(&request).as_str() {
            "hang" => {
                let _guard = Guard(self.dropped.clone());
                std::future::pending().await
            }
            "sleep 8 s" => tokio::time::sleep(Duration::from_secs(8)).await,
            "panic" => panic!("{SECRET}"),
            "panic with a word" => std::panic::panic_any("a word"),
            "panic with a number" => std::panic::panic_any(42_u8),
            "fail" => return Err(RpcError::internal(anyhow::anyhow!(SECRET).context("users")).into()),
            "fail upstream" => return Err(RpcError::unavailable("auth", anyhow::anyhow!(SECRET)).into()),
            "fail foreign" => return Err(std::io::Error::other(SECRET).into()),
            "refuse" => return Err(RpcError::new(Code::NotFound, ErrorReason::NotFound, "key not found").into()),
            "refuse much" => {
                let violation = |number| Violation {
                    field: format!("tasks[{number}].{}", "ä".repeat(500)),
                    description: "ö".repeat(5_000),
                };
                return Err(RpcError::invalid_fields((0..1_000).map(violation).collect())
                    .meta("value", "ü".repeat(5_000))
                    .into());
            }
            _ => {}
        }
        let id = request::current_id().map(|id| id.to_string()).unwrap_or_default();
        let seen = request
            .metadata()
            .get("x-request-id")
            .map(|id| id.to_str().unwrap().to_owned())
            .unwrap_or_default();
        let key = JsonWebKey {
            kid: id,
            x: seen,
            ..JsonWebKey::default()
        };
        Ok(Response::new(GetKeySetResponse { keys: vec![key] }))
    }
}

#[tonic::async_trait]
impl WatchService for Things {
    type WatchStream = BoxStream<'static, Result<WatchResponse, Status>>;

    async fn watch(&self, request: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let guard = Guard(self.dropped.clone());
        let message = |token: &str| {
            Ok(WatchResponse {
                resume_token: token.to_owned(),
                event: None,
            })
        };
        let first = stream::iter([message("1"), message("2")]);
        let stream = match asked(&request).as_str() {
            "go on" => first.chain(stream::pending()).boxed(),
            "tick" => stream::unfold((), move |()| async move {
                tokio::time::sleep(Duration::from_secs(20)).await;
                Some((message("tick"), ()))
            })
            .boxed(),
            "end when stopping" => {
                let stopping = self.lifecycle.stopping().clone();
                let last = stream::once(async move {
                    stopping.cancelled().await;
                    Err(RpcError::new(Code::Unavailable, ErrorReason::ShuttingDown, "the server is stopping").into())
                });
                first.chain(last).boxed()
            }
            "panic" => first.chain(stream::once(careless())).boxed(),
            "panic at once" => panic!("{SECRET}"),
            "fail" => first
                .chain(stream::once(async { Err(RpcError::internal(anyhow::anyhow!(SECRET)).into()) }))
                .boxed(),
            "fail foreign" => first
                .chain(stream::once(async { Err(std::io::Error::other(SECRET).into()) }))
                .boxed(),
            "too long" => first.chain(stream::iter([message(&"x".repeat(2 * LONGEST))])).boxed(),
            _ => first.boxed(),
        };
        let stream = stream.map(move |message| {
            let _held = &guard;
            message
        });
        Ok(Response::new(stream.boxed()))
    }
}
