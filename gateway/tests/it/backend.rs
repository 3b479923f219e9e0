//! A service that does not know its messages: it reads and writes them by descriptor, remembers what it was asked, and misbehaves on
//! demand (the ids say how).

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor};
use serde_json::{Value, json};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, Lifecycle, RpcError, Upstream};
use tokio::net::TcpListener;
use tonic::Status;
use tonic::body::Body;
use tower::service_fn;
use tower::util::BoxCloneSyncService;

use crate::world::{NOW, frame, unframe};

/// What the service was asked.
#[derive(Debug, Clone)]
pub struct Seen {
    pub path: String,
    pub headers: HeaderMap,
    pub messages: Vec<Value>,
}

/// The service.
pub struct Backend {
    pool: DescriptorPool,
    seen: Mutex<Vec<Seen>>,
    /// Calls that were begun and given up by the caller.
    pub given_up: Arc<AtomicUsize>,
    /// Bytes of uploads that have arrived so far.
    pub received: AtomicUsize,
}

/// Counts itself when it is dropped before its work is done.
struct Guard(Arc<AtomicUsize>, bool);

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.1 {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Backend {
    pub fn new(pool: DescriptorPool) -> Self {
        Self {
            pool,
            seen: Mutex::default(),
            given_up: Arc::default(),
            received: AtomicUsize::new(0),
        }
    }

    /// The last call.
    pub fn last(&self) -> Seen {
        self.seen.lock().unwrap().last().cloned().expect("the service was called")
    }

    /// The last call's only message.
    pub fn last_message(&self) -> Value {
        self.last().messages[0].clone()
    }

    /// How many calls came.
    pub fn calls(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    fn method(&self, path: &str) -> MethodDescriptor {
        let (service, method) = path.trim_start_matches('/').split_once('/').unwrap();
        let service = self.pool.get_service_by_name(service).unwrap();
        service.methods().find(|candidate| candidate.name() == method).unwrap()
    }
}

/// Serves it on a socket.
pub fn serve(backend: Arc<Backend>, listener: TcpListener, lifecycle: &Lifecycle) {
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let backend = backend.clone();
        async move { Ok::<_, Infallible>(answer(backend, request.map(Body::new)).await) }
    });
    tasktracker_server::listen::serve("backend", listener, service, lifecycle);
}

/// Serves it in this process.
pub fn local(backend: Arc<Backend>) -> Upstream {
    Upstream::local(BoxCloneSyncService::new(service_fn(move |request: Request<Body>| {
        let backend = backend.clone();
        async move { Ok::<_, Infallible>(answer(backend, request).await) }
    })))
}

async fn answer(backend: Arc<Backend>, request: Request<Body>) -> Response<Body> {
    let (parts, mut body) = request.into_parts();
    let method = backend.method(parts.uri.path());
    let mut bytes = BytesMut::new();
    if method.name() == "Chat" {
        return chat(parts.headers, body, &backend);
    }
    let guard = Guard(backend.given_up.clone(), false);
    while let Some(chunk) = body.frame().await {
        match chunk {
            Ok(chunk) => {
                let data = chunk.into_data().unwrap_or_default();
                backend.received.fetch_add(data.len(), Ordering::SeqCst);
                bytes.extend_from_slice(&data);
            }
            Err(_) => return failed(RpcError::new(Code::Cancelled, ErrorReason::Internal, "the caller went away")),
        }
    }
    let messages: Vec<DynamicMessage> = unframe(&bytes)
        .into_iter()
        .map(|(_, bytes)| DynamicMessage::decode(method.input(), bytes).expect("the gateway sends whole messages"))
        .collect();
    let seen: Vec<Value> = messages.iter().map(|message| serde_json::to_value(message).unwrap()).collect();
    backend.seen.lock().unwrap().push(Seen {
        path: parts.uri.path().to_owned(),
        headers: parts.headers.clone(),
        messages: seen.clone(),
    });
    let request = seen.first().cloned().unwrap_or_default();
    let mut guard = guard;
    guard.1 = true;
    match method.name() {
        "GetThing" => get_thing(&backend, &method, &request).await,
        "CreateThing" => {
            let mut thing = request["thing"].clone();
            thing["id"] = json!("new-1");
            unary(&method, &[], json!({"thing": thing}))
        }
        "UpdateThing" => match parts.headers.get("if-match") {
            Some(etag) if etag != "\"v1\"" => failed(RpcError::etag_mismatch("v1")),
            _ => unary(&method, &[], json!({"thing": request["thing"]})),
        },
        "MoveThing" if request["thingId"] == "stale" => failed(RpcError::etag_mismatch("v1")),
        "MoveThing" => unary(
            &method,
            &[],
            json!({"thing": {"id": request["thingId"]}, "position": request["position"]}),
        ),
        "Watch" => watch(&backend, &method, &request),
        "Upload" => {
            let total: usize = messages.iter().map(data_len).sum();
            unary(&method, &[], json!({"receivedBytes": total, "chunks": messages.len()}))
        }
        "Download" => download(&method, &request, &parts.headers),
        "Feedback" => unary(
            &method,
            &[],
            json!({"contentType": "text/plain", "data": request["content"]["data"]}),
        ),
        "SignIn" if request["sessionKind"] == "BROWSER" => {
            let expire = (NOW + 3600).to_string();
            unary(
                &method,
                &[("x-session-cookie", "fresh-secret"), ("x-session-expire", &expire)],
                json!({"userId": "u1"}),
            )
        }
        "SignIn" => unary(&method, &[], json!({"userId": "u1"})),
        "SignOut" => unary(&method, &[("x-session-cookie", "")], json!({})),
        "Greet" => unary(
            &method,
            &[],
            json!({"text": format!("hello {}", request["name"].as_str().unwrap())}),
        ),
        _ => unary(&method, &[], json!({})),
    }
}

async fn get_thing(backend: &Backend, method: &MethodDescriptor, request: &Value) -> Response<Body> {
    match request["thingId"].as_str().unwrap_or_default() {
        "missing" => failed(RpcError::not_found("thing")),
        "hidden-cause" => failed(RpcError::internal(anyhow::anyhow!("SELECT * FROM things at 10.0.0.7"))),
        "busy" => {
            failed(RpcError::new(Code::ResourceExhausted, ErrorReason::Overloaded, "too busy").retry_after(Duration::from_millis(2500)))
        }
        "debug" => debug_info(),
        "panic" => panic!("at 10.0.0.7 in a service"),
        "odd-code" => Response::builder()
            .header("content-type", "application/grpc")
            .header("grpc-status", "99")
            .body(Body::empty())
            .unwrap(),
        "leaky" => {
            let mut response = failed(RpcError::not_found("thing"));
            response
                .headers_mut()
                .insert("x-session-cookie", HeaderValue::from_static("stolen"));
            response.headers_mut().insert("x-internal", HeaderValue::from_static("1"));
            response
        }
        "html" => Response::builder()
            .status(StatusCode::BAD_GATEWAY)
            .header("content-type", "text/html")
            .body(Body::empty())
            .unwrap(),
        "slow" => {
            let guard = Guard(backend.given_up.clone(), false);
            tokio::time::sleep(Duration::from_secs(60)).await;
            drop(guard);
            unary(method, &[], json!({}))
        }
        "slow-body" => {
            let guard = Guard(backend.given_up.clone(), false);
            stream(
                &[],
                async_stream::stream! {
                    let _guard = guard;
                    tokio::time::sleep(Duration::from_secs(60)).await;
                    yield Ok(Frame::data(Bytes::new()));
                },
            )
        }
        "cut" => stream(&[], slowly(vec![Ok(Frame::data(Bytes::from_static(&[0, 0, 0]))), Err("cut")])),
        "no-end" => stream(&[], futures_util::stream::iter([Ok(Frame::data(Bytes::from(frame(&[]))))])),
        id => {
            let thing = json!({"id": id, "displayName": "Größe ✓", "color": "COLOR_BLUE", "weight": "9007199254740993", "etag": "v1", "createTime": "2026-01-02T03:04:05Z"});
            let metadata = [
                ("x-consistency-token", "c1"),
                ("x-authz-revision", "7"),
                ("x-internal", "1"),
                ("x-session-cookie", ""),
                ("server", "backend/1.0"),
                ("set-cookie", "a=b"),
            ];
            unary(
                method,
                if id == "chatty" { &metadata } else { &metadata[..3] },
                json!({"thing": thing}),
            )
        }
    }
}

fn watch(backend: &Backend, method: &MethodDescriptor, request: &Value) -> Response<Body> {
    let message = |token: &str, case: &str, value: Value| {
        Ok(Frame::data(
            frame(&encode(method, json!({"resumeToken": token, case: value}))).into(),
        ))
    };
    let checkpoint = message("t1", "checkpoint", json!({}));
    match request["scenario"].as_str().unwrap_or_default() {
        "fails-early" => failed(RpcError::new(Code::OutOfRange, ErrorReason::ResumeTokenExpired, "too old")),
        "fails-late" => {
            let error = RpcError::new(Code::Unavailable, ErrorReason::ShuttingDown, "stopping");
            stream(&[], futures_util::stream::iter([checkpoint, trailers(Err(error))]))
        }
        "cut" => stream(&[], slowly(vec![checkpoint, Err("cut")])),
        "endless" => {
            let guard = Guard(backend.given_up.clone(), false);
            stream(
                &[],
                async_stream::stream! {
                    let _guard = guard;
                    yield checkpoint;
                    tokio::time::sleep(Duration::from_secs(600)).await;
                },
            )
        }
        _ => {
            let thing = json!({"id": "a", "displayName": "line\nbreak"});
            stream(
                &[],
                futures_util::stream::iter([checkpoint, message("t2", "thingUpserted", thing), trailers(Ok(()))]),
            )
        }
    }
}

fn download(method: &MethodDescriptor, request: &Value, headers: &HeaderMap) -> Response<Body> {
    let chunk = |kind: &str, data: &[u8]| {
        let mut message = DynamicMessage::new(method.output());
        let content = message.get_field_by_name_mut("content").unwrap().as_message_mut().unwrap();
        content.set_field_by_name("content_type", prost_reflect::Value::String(kind.to_owned()));
        content.set_field_by_name("data", prost_reflect::Value::Bytes(Bytes::copy_from_slice(data)));
        Ok(Frame::data(Bytes::from(frame(&message.encode_to_vec()))))
    };
    match request["fileId"].as_str().unwrap_or_default() {
        "missing" => failed(RpcError::not_found("file")),
        "short" => failed(RpcError::new(Code::OutOfRange, ErrorReason::RangeUnsatisfiable, "outside").meta("size", "10")),
        "unchanged" => stream(
            &[("x-http-status", "304"), ("etag", "\"f1\"")],
            futures_util::stream::iter([trailers(Ok(()))]),
        ),
        "part" => {
            let range = headers["range"].to_str().unwrap().trim_start_matches("bytes=").to_owned();
            let range = format!("bytes {range}/10");
            stream(
                &[
                    ("x-http-status", "206"),
                    ("content-range", &range),
                    ("accept-ranges", "bytes"),
                    ("repr-digest", "sha-256=:AAAA:"),
                ],
                futures_util::stream::iter([chunk("text/plain", b"2345"), trailers(Ok(()))]),
            )
        }
        "breaks" => {
            let error = RpcError::unavailable("store", anyhow::anyhow!("gone"));
            stream(
                &[("x-content-length", "1000")],
                slowly(vec![chunk("text/plain", b"some"), trailers(Err(error))]),
            )
        }
        "form" => stream(
            &[("x-page-policy", "form")],
            futures_util::stream::iter([chunk("text/html", b"<form method=post>"), trailers(Ok(()))]),
        ),
        "page" => stream(
            &[],
            futures_util::stream::iter([chunk("text/html", b"<script>alert(1)</script>"), trailers(Ok(()))]),
        ),
        _ => {
            let metadata = [
                ("x-content-length", "2097152"),
                ("content-disposition", "attachment; filename=\"big.bin\""),
                ("cache-control", "private, max-age=60"),
                ("etag", "\"f1\""),
            ];
            let chunks: Vec<_> = (0..32u8)
                .map(|number| chunk("application/x-big", &vec![number; 65536]))
                .chain([trailers(Ok(()))])
                .collect();
            stream(&metadata, futures_util::stream::iter(chunks))
        }
    }
}

/// Answers every message with itself, one by one.
fn chat(headers: HeaderMap, body: Body, backend: &Backend) -> Response<Body> {
    backend.seen.lock().unwrap().push(Seen {
        path: "Chat".to_owned(),
        headers,
        messages: Vec::new(),
    });
    let echoed = body
        .into_data_stream()
        .map(|data| data.map(Frame::data).map_err(|_| "the caller went away"));
    stream(
        &[("x-consistency-token", "early")],
        echoed.chain(futures_util::stream::iter([trailers(Ok(()))])),
    )
}

fn data_len(message: &DynamicMessage) -> usize {
    let content = message.get_field_by_name("content").unwrap();
    content
        .as_message()
        .unwrap()
        .get_field_by_name("data")
        .unwrap()
        .as_bytes()
        .unwrap()
        .len()
}

fn encode(method: &MethodDescriptor, json: Value) -> Vec<u8> {
    DynamicMessage::deserialize(method.output(), json).unwrap().encode_to_vec()
}

type Item = Result<Frame<Bytes>, &'static str>;

/// With a pause before the end: what breaks off at once takes its beginning along.
fn slowly(items: Vec<Item>) -> impl Stream<Item = Item> + Send {
    async_stream::stream! {
        let last = items.len() - 1;
        for (index, item) in items.into_iter().enumerate() {
            if index == last {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            yield item;
        }
    }
}

fn trailers(outcome: Result<(), RpcError>) -> Item {
    let mut trailers = HeaderMap::new();
    match outcome {
        Ok(()) => {
            trailers.insert("grpc-status", HeaderValue::from_static("0"));
        }
        Err(error) => Status::from(error).add_header(&mut trailers).unwrap(),
    }
    trailers.insert("x-consistency-token", HeaderValue::from_static("late"));
    trailers.insert("x-session-cookie", HeaderValue::from_static("in-trailers"));
    Ok(Frame::trailers(trailers))
}

fn unary(method: &MethodDescriptor, metadata: &[(&str, &str)], json: Value) -> Response<Body> {
    let message = Frame::data(Bytes::from(frame(&encode(method, json))));
    stream(metadata, futures_util::stream::iter([Ok(message), trailers(Ok(()))]))
}

fn stream(metadata: &[(&str, &str)], items: impl Stream<Item = Item> + Send + 'static) -> Response<Body> {
    let mut response = Response::builder().header("content-type", "application/grpc");
    for (name, value) in metadata {
        response = response.header(*name, *value);
    }
    let body = StreamBody::new(items.map(|item| item.map_err(std::io::Error::other)));
    response.body(Body::new(body)).unwrap()
}

fn failed(error: RpcError) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    response
        .headers_mut()
        .insert("content-type", HeaderValue::from_static("application/grpc"));
    Status::from(error).add_header(response.headers_mut()).unwrap();
    response
}

/// An error whose details must not all reach a client.
fn debug_info() -> Response<Body> {
    let any = |kind: &str, value: Vec<u8>| prost_types::Any {
        type_url: format!("type.googleapis.com/{kind}"),
        value,
    };
    let debug = tonic_types::pb::DebugInfo {
        stack_entries: vec!["main.rs:1".to_owned()],
        detail: "secret".to_owned(),
    };
    let info = tonic_types::pb::ErrorInfo {
        reason: "INTERNAL".to_owned(),
        domain: "tasktracker.dev".to_owned(),
        metadata: [].into(),
    };
    let details = vec![
        any("google.rpc.DebugInfo", debug.encode_to_vec()),
        any("unknown.Kind", vec![1, 2]),
        any("google.rpc.ErrorInfo", info.encode_to_vec()),
    ];
    let status = tonic_types::pb::Status {
        code: 13,
        message: "broken".to_owned(),
        details,
    };
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD_NO_PAD, status.encode_to_vec());
    let response = Response::builder()
        .header("content-type", "application/grpc")
        .header("grpc-status", "13")
        .header("grpc-message", "broken");
    response
        .header("grpc-status-details-bin", encoded)
        .body(Body::new(Full::new(Bytes::new())))
        .unwrap()
}
