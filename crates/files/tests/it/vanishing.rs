//! Clients that vanish in the middle of an upload: what they brought is kept, whichever way they go, though nobody waits for an answer.

use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use tasktracker_proto::files::v1::WriteUploadRequest;
use tasktracker_testing::problem;
use tokio::runtime::Runtime;

use crate::scene::*;

/// A client with a runtime of its own, as if it was another process: what it holds is gone with it, sockets too.
struct Client(Option<Runtime>);

impl Client {
    fn start(work: impl Future<Output = ()> + Send + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.spawn(work);
        Self(Some(runtime))
    }

    fn vanish(mut self) {
        self.0.take().expect("once").shutdown_background();
    }
}

/// Begins an upload, has it cut where its bytes are written but not noted, and expects them kept.
async fn vanishes(name: &str, client: impl AsyncFnOnce(&Scene, String, Vec<u8>) -> Client, cut: impl FnOnce(Client)) {
    let scene = scene().await;
    let content = noise(400_000, 4);
    let upload_id = scene.linus.announce(&scene.task, "a", &content).await;
    let client = client(&scene, upload_id.clone(), content[..300_000].to_vec()).await;
    match incoming(&scene.world, &upload_id) {
        Some(path) => {
            until("bytes are written", || async {
                std::fs::metadata(&path).is_ok_and(|file| file.len() > 0)
            })
            .await;
        }
        // They are in no place yet where somebody could look.
        None => {
            until("it is being written", || async {
                problem(scene.linus.write(&upload_id, 1, b"x").await).reason == "CONTENTION"
            })
            .await;
        }
    }
    assert_eq!(received(&scene, &upload_id).await, 0, "{name}: nothing is noted yet");
    cut(client);
    until("what came is kept", || async { received(&scene, &upload_id).await > 0 }).await;
    let kept = received(&scene, &upload_id).await;
    let rest = &content[usize::try_from(kept).expect("small")..];
    scene.linus.write(&upload_id, kept, rest).await.expect("goes on");
    scene.linus.complete(&upload_id, &sha256(&content)).await.expect("completes");
}

async fn received(scene: &Scene, upload_id: &str) -> i64 {
    scene.linus.get_upload(upload_id).await.expect("reads").received_bytes
}

/// Messages, and then nothing for ever.
fn without_end(messages: Vec<WriteUploadRequest>) -> impl stream::Stream<Item = WriteUploadRequest> + Send {
    stream::iter(messages).chain(stream::pending())
}

/// The bytes of messages as gRPC frames them.
fn framed(messages: &[WriteUploadRequest]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for message in messages {
        let encoded = prost::Message::encode_to_vec(message);
        bytes.push(0);
        bytes.extend_from_slice(&u32::try_from(encoded.len()).expect("small").to_be_bytes());
        bytes.extend_from_slice(&encoded);
    }
    bytes
}

#[tokio::test]
async fn a_grpc_connection_that_closes_leaves_what_it_brought() {
    let client = async |scene: &Scene, upload_id: String, content: Vec<u8>| {
        let (linus, address) = (scene.linus.clone(), scene.world.address);
        Client::start(async move {
            let channel = tonic::transport::Endpoint::from_shared(format!("http://{address}"))
                .expect("an address")
                .connect()
                .await
                .expect("connects");
            let mut uploads = linus.at(channel).uploads();
            let _ = uploads.write_upload(without_end(messages(&upload_id, 0, &content))).await;
        })
    };
    vanishes("gRPC connection", client, Client::vanish).await;
}

#[tokio::test]
async fn a_grpc_call_that_is_reset_leaves_what_it_brought() {
    let (pull, pulled) = tokio::sync::oneshot::channel::<()>();
    let client = async move |scene: &Scene, upload_id: String, content: Vec<u8>| {
        let (token, address) = (scene.linus.token(), scene.world.address);
        let begin = stream::iter([Ok(framed(&messages(&upload_id, 0, &content)))]);
        // The body breaks off: the call is reset, the connection stays.
        let end = stream::once(async move {
            let _ = pulled.await;
            Err(std::io::Error::other("given up"))
        });
        Client::start(async move {
            let client = reqwest::Client::builder().http2_prior_knowledge().build().expect("a client");
            let _ = client
                .post(format!("http://{address}/tasktracker.files.v1.UploadService/WriteUpload"))
                .header("content-type", "application/grpc")
                .header("te", "trailers")
                .bearer_auth(token)
                .body(reqwest::Body::wrap_stream(begin.chain(end)))
                .send()
                .await;
            // Keeps the connection open.
            std::future::pending::<()>().await;
            drop(client);
        })
    };
    let mut kept = None;
    vanishes("gRPC call", client, |client| {
        pull.send(()).expect("waits");
        kept = Some(client);
    })
    .await;
    kept.expect("cut").vanish();
}

#[tokio::test]
async fn a_rest_socket_that_closes_leaves_what_it_brought() {
    let client = async |scene: &Scene, upload_id: String, content: Vec<u8>| {
        let body = stream::iter([Ok::<_, std::io::Error>(content)]).chain(stream::pending());
        let request = scene
            .linus
            .http("PUT", &format!("/v1/uploads/{upload_id}/content"))
            .body(reqwest::Body::wrap_stream(body));
        Client::start(async move {
            let _ = request.timeout(Duration::from_secs(60)).send().await;
        })
    };
    vanishes("REST socket", client, Client::vanish).await;
}
