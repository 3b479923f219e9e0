//! S3 away: what needs it answers UNAVAILABLE, what does not goes on, nothing that was told of is lost, and everything resumes by itself.

use std::process::{Child, Command, Stdio};

use futures_util::stream::{self, StreamExt};
use tasktracker_proto::files::v1::WriteUploadRequest;
use tasktracker_testing::problem;

use crate::bucket::Bucket;
use crate::line::{Line, State};
use crate::scene::*;

const MIB: usize = 1024 * 1024;
const AWAY: &str = "UNAVAILABLE DEPENDENCY_UNAVAILABLE";

/// A scene whose store answers quickly or not at all.
async fn scene_at(bucket: &Bucket, endpoint: &str) -> Scene {
    let mut settings = bucket.settings.clone();
    settings.endpoint = endpoint.to_owned();
    (settings.timeout_ms, settings.transfer_timeout_ms) = (2000, 3000);
    Box::pin(scene_with(|files| files.s3 = settings)).await
}

/// Breaks S3 in the middle of an upload, and mends it again.
async fn survives(scene: Scene, away: impl AsyncFn(), back: impl AsyncFn()) {
    let Scene { world, linus, task, .. } = scene;
    let content = noise(13 * MIB, 4);
    let kept = linus.put(&task, "kept", &content[..6 * MIB]).await;
    let whole = linus.announce(&task, "whole", &content[..7 * MIB]).await;
    linus.write(&whole, 0, &content[..7 * MIB]).await.expect("writes");
    let upload_id = linus.announce(&task, "broken", &content).await;
    linus.write(&upload_id, 0, &content[..MIB + 1]).await.expect("writes");

    // In the middle of a call, when a part was sent already.
    let (first, rest) = (&content[MIB + 1..7 * MIB], &content[7 * MIB..]);
    let first = stream::iter(messages(&upload_id, i64::try_from(MIB + 1).expect("small"), first));
    let (breaks, rest) = (stream::once(async { away().await }), stream::iter(messages("", 0, rest)));
    let (sender, receiver) = tokio::sync::mpsc::channel::<WriteUploadRequest>(1);
    let feed = async {
        let mut breaks = std::pin::pin!(breaks);
        let mut first = std::pin::pin!(first);
        while let Some(message) = first.next().await {
            let _ = sender.send(message).await;
        }
        breaks.next().await;
        let mut rest = std::pin::pin!(rest);
        while let Some(message) = rest.next().await {
            let _ = sender.send(message).await;
        }
        drop(sender);
    };
    let messages = stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|message| (message, receiver))
    });
    let mut uploads = linus.uploads();
    let (written, ()) = tokio::join!(uploads.write_upload(messages), feed);
    assert_eq!(problem(written).to_string(), AWAY);

    let upload = linus.get_upload(&upload_id).await.expect("the database is not S3");
    let received = usize::try_from(upload.received_bytes).expect("small");
    assert!(received > MIB, "what was told of stays");
    assert_eq!(
        problem(linus.write(&upload_id, upload.received_bytes, b"x").await).to_string(),
        AWAY
    );
    assert_eq!(problem(linus.complete(&whole, "").await).to_string(), AWAY);
    linus.announce(&task, "new", b"1").await;
    assert_eq!(problem(linus.download(&kept.id).await.map(tonic::Response::new)).to_string(), AWAY);
    assert!(world.system.files.blobs.ping().await.is_err());
    assert_eq!(linus.list(&task.id).await.expect("lists"), std::slice::from_ref(&kept));
    linus.delete(&kept.id).await.expect("its content goes later");

    back().await;
    // The server answers before it can do everything again, and says so; whoever tries again succeeds.
    until("S3 is back", || async {
        let completed = linus.complete(&whole, &sha256(&content[..7 * MIB])).await;
        completed.is_ok() || problem(completed).to_string() != AWAY
    })
    .await;
    linus.complete(&whole, "").await.expect("completes");
    until("the upload goes on", || async {
        let received = linus.get_upload(&upload_id).await.expect("reads").received_bytes;
        let rest = &content[usize::try_from(received).expect("small")..];
        linus.write(&upload_id, received, rest).await.is_ok()
    })
    .await;
    let file = linus.complete(&upload_id, &sha256(&content)).await.expect("completes");
    let file = file.into_inner().file.expect("a file");
    assert!(linus.download(&file.id).await.expect("downloads").bytes == content);
    tasktracker_files::jobs::purge::purge(&world.system.files).await.expect("purges");
    assert!(!is_kept(&world, &kept.id).await);
}

async fn on_a_line(state: State) {
    let Some(bucket) = Bucket::of_environment() else { return };
    let server = bucket.settings.endpoint.split_once("://").expect("an address").1.to_owned();
    let line = Line::to(server).await;
    let scene = scene_at(&bucket, &format!("http://{}", line.address)).await;
    survives(scene, async || line.is(state), async || line.is(State::Whole)).await;
}

#[tokio::test]
async fn uploads_resume_after_s3_was_silent() {
    on_a_line(State::Silent).await;
}

#[tokio::test]
async fn uploads_resume_after_s3_was_gone() {
    on_a_line(State::Cut).await;
}

#[tokio::test]
async fn a_download_goes_on_over_a_new_connection() {
    let Some(bucket) = Bucket::of_environment() else { return };
    let server = bucket.settings.endpoint.split_once("://").expect("an address").1.to_owned();
    let line = Line::to(server).await;
    let scene = scene_at(&bucket, &format!("http://{}", line.address)).await;
    let content = noise(30 * MIB, 1);
    let file = scene.linus.put(&scene.task, "a", &content).await;
    let id = uuid::Uuid::try_parse(&file.id).expect("an id");
    let length = content.len() as u64;
    let blobs = &scene.world.system.files.blobs;
    let mut reading = blobs.read(id, length, 0..length, Some(Default::default())).await.expect("reads");
    let mut bytes = reading.next().await.expect("a piece").expect("a piece");
    line.is(State::Cut);
    tokio::task::yield_now().await;
    line.is(State::Whole);
    while let Some(piece) = reading.next().await.expect("goes on") {
        bytes.extend_from_slice(&piece);
    }
    assert!(bytes == content);
    assert_eq!(reading.hash().expect("all was read").checksum().to_string(), sha256(&content));
}

/// A server of this test's own.
struct Weed {
    program: String,
    folder: tempfile::TempDir,
    ports: [u16; 4],
    process: Child,
}

impl Weed {
    /// The program named in the environment.
    #[expect(clippy::disallowed_methods, reason = "tests learn of the program by the environment")]
    async fn start() -> Option<Self> {
        let Ok(program) = std::env::var("TASKTRACKER_TEST_WEED") else {
            eprintln!("skipped with a server of its own: TASKTRACKER_TEST_WEED names no program (SeaweedFS)");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let ports = std::array::from_fn(|_| free_port());
        let process = Self::run(&program, folder.path(), ports);
        let weed = Self {
            program,
            folder,
            ports,
            process,
        };
        weed.is_there().await;
        Some(weed)
    }

    fn run(program: &str, folder: &std::path::Path, [master, volume, filer, s3]: [u16; 4]) -> Child {
        let identities = folder.join("identities.json");
        let known = r#"{"identities":[{"name":"t","credentials":[{"accessKey":"test","secretKey":"test-secret"}],"actions":["Admin","Read","Write","List"]}]}"#;
        std::fs::write(&identities, known).expect("writes");
        let mut command = Command::new(program);
        command.args([
            "server",
            "-ip=127.0.0.1",
            "-master.telemetry=false",
            "-filer",
            "-s3",
            "-volume.max=20",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
        ]);
        command.args(["-master.volumeSizeLimitMB=64".to_owned(), format!("-dir={}", folder.display())]);
        command.args([format!("-master.port={master}"), format!("-volume.port={volume}")]);
        command.args([format!("-filer.port={filer}"), format!("-s3.port={s3}")]);
        command.arg(format!("-s3.config={}", identities.display()));
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts")
    }

    fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[3])
    }

    async fn is_there(&self) {
        let bucket = Bucket::at(&format!("http://test:test-secret@127.0.0.1:{}", self.ports[3]));
        until("the server answers", || async {
            let made = bucket.client.create_bucket().bucket("probe").send().await;
            made.is_ok() || bucket.client.head_bucket().bucket("probe").send().await.is_ok()
        })
        .await;
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.process.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()));
    }
}

/// A port that was free just now, and low: the server adds 10,000 to it for another one.
fn free_port() -> u16 {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    socket.local_addr().expect("an address").port() % 20_000 + 12_000
}

impl Drop for Weed {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn uploads_resume_after_the_server_was_stopped_and_after_it_was_killed() {
    let Some(mut weed) = Weed::start().await else { return };
    let bucket = Bucket::at(&format!("http://test:test-secret@127.0.0.1:{}", weed.ports[3]));
    let address = weed.address();
    let scene = scene_at(&bucket, &address).await;
    survives(scene, async || weed.signal("-STOP"), async || weed.signal("-CONT")).await;

    let scene = scene_at(&bucket, &address).await;
    let process = std::cell::RefCell::new(&mut weed);
    survives(
        scene,
        async || {
            let mut weed = process.borrow_mut();
            weed.process.kill().expect("kills");
            weed.process.wait().expect("ends");
        },
        async || {
            let mut weed = process.borrow_mut();
            weed.process = Weed::run(&weed.program, weed.folder.path(), weed.ports);
        },
    )
    .await;
}
