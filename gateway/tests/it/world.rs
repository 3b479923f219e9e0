//! A gateway on a socket, the service behind it, and clients for all that it speaks.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::future::BoxFuture;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use reqwest::RequestBuilder;
use serde_json::Value;
use tasktracker_gateway::{Backends, Config, ExchangeCredential, Exchanged, Gateway};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::clock::ManualClock;
use tasktracker_server::ids::Ids;
use tasktracker_server::{Lifecycle, RpcError, Upstream};
use tokio::net::{TcpListener, TcpStream};

use crate::backend::{Backend, serve};

/// The moment at which every test happens.
pub const NOW: i64 = 1_800_000_000;

/// Everything a test needs.
pub struct World {
    pub address: SocketAddr,
    pub gateway: Gateway,
    pub pool: DescriptorPool,
    pub backend: Arc<Backend>,
    pub auth: Arc<Auth>,
    pub lifecycle: Lifecycle,
    http: reqwest::Client,
}

/// Stands in for Auth.
#[derive(Default)]
pub struct Auth {
    pub exchanges: AtomicUsize,
}

impl ExchangeCredential for Auth {
    fn exchange(&self, secret: String) -> BoxFuture<'static, Result<Exchanged, RpcError>> {
        self.exchanges.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            match secret.as_str() {
                "good" => {
                    let expire_time = jiff::Timestamp::from_second(NOW + 300).unwrap();
                    Ok(Exchanged {
                        token: "token-of-good".to_owned(),
                        expire_time,
                        session_id: "session-of-good".to_owned(),
                    })
                }
                "down" => Err(RpcError::unavailable(
                    "auth",
                    anyhow::anyhow!("connection refused at 10.9.8.7:50051"),
                )),
                _ => Err(RpcError::unauthenticated(ErrorReason::CredentialInvalid, "no such session")),
            }
        })
    }
}

/// The trial service, compiled once.
pub static THINGS: LazyLock<Vec<u8>> = LazyLock::new(|| compile(&["things.proto"]));

/// Compiles the protos of the tests.
pub fn compile(files: &[&str]) -> Vec<u8> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/protos");
    let protos = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto");
    let third_party = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto/third_party");
    let mut compiler = protox::Compiler::new([root, protos, third_party]).unwrap();
    compiler.include_imports(true).include_source_info(true).open_files(files).unwrap();
    compiler.encode_file_descriptor_set()
}

impl World {
    /// With default settings.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::of(&THINGS, change, true).await
    }

    /// With another descriptor set; `remote`: the service is behind a socket too.
    pub async fn of(descriptors: &[u8], change: impl FnOnce(&mut Config), remote: bool) -> Self {
        let lifecycle = Lifecycle::new();
        let pool = DescriptorPool::decode(descriptors).unwrap();
        let backend = Arc::new(Backend::new(pool.clone()));
        let upstream = if remote {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            serve(backend.clone(), listener, &lifecycle);
            Upstream::remote(format!("http://{address}").parse().unwrap())
        } else {
            crate::backend::local(backend.clone())
        };
        let services = pool
            .services()
            .map(|service| service.full_name().to_owned())
            .filter(|name| !name.contains("Absent"));
        let by_service: HashMap<_, _> = services.map(|name| (name, upstream.clone())).collect();

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut config = Config {
            public_url: "https://tasks.example.com".to_owned(),
            ..Config::default()
        };
        change(&mut config);
        let clock = Arc::new(ManualClock::new(jiff::Timestamp::from_second(NOW).unwrap()));
        let ids = Ids::seeded(1, clock.clone());
        let auth = Arc::new(Auth::default());
        let gateway = Gateway::new(config, descriptors, &Backends { by_service }, auth.clone(), clock, ids).unwrap();
        tasktracker_server::listen::serve("gateway", listener, gateway.service(), &lifecycle);
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            address,
            gateway,
            pool,
            backend,
            auth,
            lifecycle,
            http,
        }
    }

    /// A REST request with a bearer token.
    pub fn rest(&self, method: &str, path: &str) -> RequestBuilder {
        self.bare(method, path).bearer_auth("token")
    }

    /// A REST request without a credential.
    pub fn bare(&self, method: &str, path: &str) -> RequestBuilder {
        self.http.request(method.parse().unwrap(), format!("http://{}{path}", self.address))
    }

    /// Encodes a message of the trial package.
    pub fn message(&self, name: &str, json: Value) -> Bytes {
        let descriptor = self.pool.get_message_by_name(&format!("tasktracker.trial.v1.{name}")).unwrap();
        DynamicMessage::deserialize(descriptor, json).unwrap().encode_to_vec().into()
    }

    /// Reads a message of the trial package.
    pub fn read(&self, name: &str, bytes: Bytes) -> Value {
        let descriptor = self.pool.get_message_by_name(&format!("tasktracker.trial.v1.{name}")).unwrap();
        serde_json::to_value(DynamicMessage::decode(descriptor, bytes).unwrap()).unwrap()
    }

    /// A native gRPC call on a connection of its own. Dropping the body breaks it off.
    pub async fn grpc_open(&self, path: &str, headers: &[(&str, &str)], body: Bytes) -> http::Response<hyper::body::Incoming> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
        self.lifecycle.spawn("test client", async move {
            let _ = connection.await;
        });
        let mut request = Request::post(format!("http://{}{path}", self.address)).header("te", "trailers");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/grpc");
        }
        sender.send_request(request.body(Full::new(body)).unwrap()).await.unwrap()
    }

    /// A native gRPC call to its end.
    pub async fn grpc(&self, path: &str, headers: &[(&str, &str)], messages: &[Bytes]) -> Answer {
        let body: Bytes = messages.iter().flat_map(|message| frame(message)).collect::<Vec<_>>().into();
        let response = self.grpc_open(path, headers, body).await;
        let (parts, body) = response.into_parts();
        let collected = body.collect().await.unwrap();
        let trailers = collected.trailers().cloned().unwrap_or_default();
        Answer::new(parts.status.as_u16(), parts.headers, trailers, &collected.to_bytes())
    }

    /// A gRPC-web call to its end.
    pub async fn grpc_web(&self, path: &str, content_type: &str, headers: &[(&str, &str)], body: Vec<u8>) -> reqwest::Response {
        let mut request = self.bare("POST", path).header("content-type", content_type).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    /// Waits until something has happened.
    pub async fn until(what: &str, mut happened: impl FnMut() -> bool) {
        for _ in 0..500 {
            if happened() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("waited in vain until {what}");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.lifecycle.stop();
    }
}

/// What a gRPC call answered.
#[derive(Debug)]
pub struct Answer {
    pub http: u16,
    pub headers: HeaderMap,
    pub trailers: HeaderMap,
    pub messages: Vec<Bytes>,
}

impl Answer {
    pub fn new(http: u16, headers: HeaderMap, trailers: HeaderMap, body: &[u8]) -> Self {
        let messages = unframe(body).into_iter().map(|(_, message)| message).collect();
        Self {
            http,
            headers,
            trailers,
            messages,
        }
    }

    /// The gRPC code, from the trailers or, without a body, the headers.
    pub fn code(&self) -> i32 {
        let status = self.trailers.get("grpc-status").or_else(|| self.headers.get("grpc-status"));
        status.expect("an answer has a status").to_str().unwrap().parse().unwrap()
    }

    /// The reason of `google.rpc.ErrorInfo`.
    pub fn reason(&self) -> String {
        let headers = if self.trailers.contains_key("grpc-status") {
            &self.trailers
        } else {
            &self.headers
        };
        let status = tonic::Status::from_header_map(headers).unwrap();
        tonic_types::StatusExt::get_details_error_info(&status)
            .map(|info| info.reason)
            .unwrap_or_default()
    }

    /// The request id of `google.rpc.RequestInfo`.
    pub fn request_id(&self) -> String {
        let headers = if self.trailers.contains_key("grpc-status") {
            &self.trailers
        } else {
            &self.headers
        };
        let status = tonic::Status::from_header_map(headers).unwrap();
        tonic_types::StatusExt::get_details_request_info(&status)
            .map(|info| info.request_id)
            .unwrap_or_default()
    }
}

/// A message with its 5 bytes in front.
pub fn frame(message: &[u8]) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    bytes.put_u8(0);
    bytes.put_u32(u32::try_from(message.len()).unwrap());
    bytes.extend_from_slice(message);
    bytes.to_vec()
}

/// The messages of a body, each with its flag.
pub fn unframe(mut bytes: &[u8]) -> Vec<(u8, Bytes)> {
    let mut messages = Vec::new();
    while let [flag, a, b, c, d, rest @ ..] = bytes {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        messages.push((*flag, Bytes::copy_from_slice(&rest[..length])));
        bytes = &rest[length..];
    }
    messages
}

/// The body of an error answer, after checking its form.
pub async fn error(response: reqwest::Response) -> (u16, Value) {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/json");
    let request_id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let body: Value = response.json().await.unwrap();
    let error = body["error"].clone();
    assert_eq!(error["code"], status, "{body}");
    assert!(error["status"].is_string() && error["message"].is_string(), "{body}");
    let info = error["details"]
        .as_array()
        .unwrap()
        .iter()
        .find(|detail| detail["@type"] == "type.googleapis.com/google.rpc.ErrorInfo");
    assert_eq!(
        info.unwrap_or_else(|| panic!("no ErrorInfo in {body}"))["domain"],
        "tasktracker.dev"
    );
    let request = error["details"]
        .as_array()
        .unwrap()
        .iter()
        .find(|detail| detail["@type"] == "type.googleapis.com/google.rpc.RequestInfo");
    assert_eq!(
        request.unwrap_or_else(|| panic!("no RequestInfo in {body}"))["requestId"],
        request_id
    );
    (status, error)
}

/// The reason of an error.
pub fn reason(error: &Value) -> &str {
    let details = error["details"].as_array().unwrap();
    details.iter().find_map(|detail| detail["reason"].as_str()).unwrap()
}

/// The fields that an error names.
pub fn violated(error: &Value) -> Vec<&str> {
    let details = error["details"].as_array().unwrap();
    let violations = details.iter().find_map(|detail| detail["fieldViolations"].as_array());
    violations
        .unwrap_or_else(|| panic!("no field violations in {error}"))
        .iter()
        .map(|v| v["field"].as_str().unwrap())
        .collect()
}
