//! Contents of files, up and down, beside what the same machine does with bare files. The client shares the machine, so uploads stand
//! beside bare files that bare sockets brought, too: the most that any server could do here.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tasktracker_testing::measure::{Report, load};
use tasktracker_testing::{Process, signed};

const AT_ONCE: usize = 16;
/// How often the limit and the peer take turns.
const ROUNDS: usize = 4;
/// What is written or read at once by those who know of nothing but bytes.
const PIECE: usize = 256 << 10;

/// Everything about contents.
pub async fn measure(program: &Path, report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let server = Process::start(program, &folder.path().join("data")).await;
    let ada = server.owner().await;
    let project = load::make_project(&server, &ada, "WEB").await?;
    load::fill(&server, &project, 100).await?;
    let tasks = task_ids(&server, &project).await?;

    // What stays in memory after the first use is not counted as growth.
    let probe: Arc<Vec<u8>> = Arc::new(content_of(8 << 20));
    let first = [announce(&server, &tasks[0], probe.len()).await?];
    put_all(&server, &server.token().await, &first, &probe).await?;

    for (name, size, count, least) in [("8 MiB", 8 << 20, 160, 0.8), ("4 KiB", 4 << 10, 4_000, 0.5)] {
        let content = Arc::new(content_of(size));
        let mut uploads = Vec::new();
        for number in 0..count {
            uploads.push(announce(&server, &tasks[number % tasks.len()], size).await?);
        }
        let (mut bare, mut bare_put, mut ours, mut growth) = (Duration::ZERO, Duration::ZERO, Duration::ZERO, 0.0_f64);
        for (round, uploads) in uploads.chunks(count / ROUNDS).enumerate() {
            warm_memory(folder.path(), size * uploads.len())?;
            bare += bare_writes(&folder.path().join(format!("bare-{size}-{round}")), &content, uploads.len())?;
            warm_memory(folder.path(), size * uploads.len())?;
            bare_put += bare_puts(&folder.path().join(format!("bare-put-{size}-{round}")), &content, uploads.len())?;
            warm_memory(folder.path(), size * uploads.len())?;
            // Signing in costs memory by itself, so it comes before.
            let token = server.token().await;
            let idle = server.resident_kb();
            let (watching, peak) = watch_memory(&server);
            let began = Instant::now();
            put_all(&server, &token, uploads, &content).await?;
            ours += began.elapsed();
            watching.store(false, Ordering::Relaxed);
            growth = growth.max((peak.load(Ordering::Relaxed) as f64 - idle as f64) / 1024.0);
        }
        let rate = |took: Duration| count as f64 / took.as_secs_f64();
        report.note(&format!("limit: {name} written, hashed and flushed, 16 at once"), rate(bare), "1/s");
        report.note("... and brought through bare sockets", rate(bare_put), "1/s");
        report.at_least(&format!("PUT of {name}, 16 at once"), rate(ours), least * rate(bare), "1/s");
        report.note("... as part of what came through bare sockets", rate(ours) / rate(bare_put), "");
        if size > 1 << 20 {
            report.at_most("growth of memory meanwhile", growth, 16.0, "MiB");
            let mut files = Vec::new();
            for upload in uploads.iter().take(8) {
                files.push(complete(&server, upload).await?);
            }
            reads(&server, folder.path(), &content, &files, report).await?;
        }
    }
    server.stop().await;
    Ok(())
}

/// Downloads beside bare reading, turn and turn about.
async fn reads(server: &Process, folder: &Path, content: &Arc<Vec<u8>>, files: &[String], report: &mut Report) -> anyhow::Result<()> {
    let (mut bare, mut ours) = (Duration::ZERO, Duration::ZERO);
    let token = server.token().await;
    let client = reqwest::Client::new();
    download(&client, server, &token, &files[0], content.len()).await?;
    for _ in 0..ROUNDS {
        bare += bare_reads(folder, content, files.len() * 2)?;
        let began = Instant::now();
        for file_id in files.iter().chain(files) {
            download(&client, server, &token, file_id, content.len()).await?;
        }
        ours += began.elapsed();
    }
    let mebibytes = (content.len() * files.len() * 2 * ROUNDS) as f64 / f64::from(1 << 20);
    let limit = mebibytes / bare.as_secs_f64();
    report.note("limit: 8 MiB read and hashed, one at a time", limit, "MiB/s");
    let done = mebibytes / ours.as_secs_f64();
    report.at_least("GET of 8 MiB, one at a time", done, 0.8 * limit, "MiB/s");
    Ok(())
}

fn content_of(size: usize) -> Vec<u8> {
    (0..size).map(|number| (number * 31 % 251) as u8).collect()
}

/// Gives so much memory to files and takes it back. A virtual machine gets memory from its host when it touches it first, which takes
/// longer than what is measured here: who comes second would pay less, or more, than who came first.
fn warm_memory(folder: &Path, size: usize) -> anyhow::Result<()> {
    let path = folder.join("warm");
    let piece = vec![1; 1 << 20];
    let mut file = std::fs::File::create(&path)?;
    for _ in 0..size.div_ceil(piece.len()) + 64 {
        file.write_all(&piece)?;
    }
    std::fs::remove_file(path)?;
    Ok(())
}

async fn task_ids(server: &Process, project: &str) -> anyhow::Result<Vec<String>> {
    use tasktracker_proto::core::v1::ListTasksRequest;
    use tasktracker_proto::core::v1::task_service_client::TaskServiceClient;
    let list = ListTasksRequest {
        project_id: project.to_owned(),
        page_size: 200,
        ..ListTasksRequest::default()
    };
    let token = server.token().await;
    let page = TaskServiceClient::new(server.connect().await)
        .list_tasks(signed(&token, list))
        .await?
        .into_inner();
    Ok(page.tasks.into_iter().map(|task| task.id).collect())
}

async fn post(server: &Process, path: &str, body: Value) -> anyhow::Result<Value> {
    let token = server.token_once().await;
    let answer = reqwest::Client::new()
        .post(format!("http://{}{path}", server.address))
        .bearer_auth(token)
        .json(&body)
        .send()
        .await?;
    let status = answer.status();
    let text = answer.text().await?;
    ensure!(status.is_success(), "{path}: {status} {text}");
    Ok(serde_json::from_str(&text)?)
}

async fn announce(server: &Process, task_id: &str, size: usize) -> anyhow::Result<String> {
    let announced = json!({"taskId": task_id, "fileName": "content.bin", "sizeBytes": size.to_string()});
    let made = post(server, "/v1/uploads", announced).await?;
    Ok(made["uploadId"].as_str().context("an upload")?.to_owned())
}

async fn complete(server: &Process, upload_id: &str) -> anyhow::Result<String> {
    let made = post(server, &format!("/v1/uploads/{upload_id}:complete"), json!({})).await?;
    Ok(made["id"].as_str().context("a file")?.to_owned())
}

async fn put_all(server: &Process, token: &str, uploads: &[String], content: &Arc<Vec<u8>>) -> anyhow::Result<()> {
    let next = Arc::new(AtomicUsize::new(0));
    let body = bytes::Bytes::from(content.as_ref().clone());
    let workers = (0..AT_ONCE).map(|_| {
        let (next, body) = (next.clone(), body.clone());
        let client = reqwest::Client::new();
        async move {
            while let Some(upload_id) = uploads.get(next.fetch_add(1, Ordering::Relaxed)) {
                let put = client
                    .put(format!("http://{}/v1/uploads/{upload_id}/content", server.address))
                    .bearer_auth(token)
                    .header("content-type", "application/octet-stream")
                    .body(body.clone());
                let answer = put.send().await?;
                let status = answer.status();
                let text = answer.text().await?;
                ensure!(status.is_success(), "PUT: {status} {text}");
            }
            anyhow::Ok(())
        }
    });
    futures_util::future::try_join_all(workers).await.map(drop)
}

async fn download(client: &reqwest::Client, server: &Process, token: &str, file_id: &str, size: usize) -> anyhow::Result<()> {
    let get = client
        .get(format!("http://{}/v1/files/{file_id}/content", server.address))
        .bearer_auth(token);
    let mut answer = get.send().await?;
    let mut received = 0;
    while let Some(piece) = answer.chunk().await? {
        received += piece.len();
    }
    ensure!(received == size, "{received} of {size} bytes");
    Ok(())
}

/// The same files by bare threads: written in pieces, hashed on the way, flushed.
fn bare_writes(place: &Path, content: &[u8], count: usize) -> anyhow::Result<Duration> {
    std::fs::create_dir_all(place)?;
    let next = AtomicUsize::new(0);
    at_once(|| {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(());
            }
            store(
                &mut &content[..],
                content.len(),
                &place.join(number.to_string()),
                &mut vec![0; PIECE],
            )?;
        }
    })
}

/// The same files through bare sockets of this machine, 16 at once: what a server does that knows of nothing but bytes.
fn bare_puts(place: &Path, content: &[u8], count: usize) -> anyhow::Result<Duration> {
    std::fs::create_dir_all(place)?;
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let (next, sent) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let receiver = scope.spawn(|| {
            at_once(|| {
                let (mut socket, _) = listener.accept()?;
                let mut piece = vec![0; PIECE];
                // A byte before each file says that there is one, a byte after it that it is safe.
                while socket.read(&mut piece[..1])? > 0 {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    store(&mut socket, content.len(), &place.join(number.to_string()), &mut piece)?;
                    socket.write_all(&[1])?;
                }
                Ok(())
            })
        });
        let took = at_once(|| {
            let mut socket = std::net::TcpStream::connect(address)?;
            socket.set_nodelay(true)?;
            while sent.fetch_add(1, Ordering::Relaxed) < count {
                socket.write_all(&[1])?;
                socket.write_all(content)?;
                socket.read_exact(&mut [0])?;
            }
            Ok(())
        })?;
        receiver.join().map_err(|_| anyhow::anyhow!("the receiver panicked"))??;
        Ok(took)
    })
}

/// Writes a file from a source, hashed on the way, and flushes it.
fn store(source: &mut impl Read, length: usize, path: &Path, piece: &mut [u8]) -> anyhow::Result<()> {
    let mut file = std::fs::File::create(path)?;
    let mut hash = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    let mut left = length;
    while left > 0 {
        let wanted = left.min(piece.len());
        let read = source.read(&mut piece[..wanted])?;
        ensure!(read > 0, "the source ended before its end");
        hash.update(&piece[..read]);
        file.write_all(&piece[..read])?;
        left -= read;
    }
    file.sync_all()?;
    std::hint::black_box(hash.finish());
    Ok(())
}

/// The same work in 16 threads. How long it took.
fn at_once(work: impl Fn() -> anyhow::Result<()> + Sync) -> anyhow::Result<Duration> {
    let began = Instant::now();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(&work)).collect();
        for worker in workers {
            worker.join().map_err(|_| anyhow::anyhow!("a thread panicked"))??;
        }
        anyhow::Ok(())
    })?;
    Ok(began.elapsed())
}

/// A file of this content read in pieces, hashed, and sent through a socket of this machine to a reader, as a server must.
fn bare_reads(folder: &Path, content: &Arc<Vec<u8>>, rounds: usize) -> anyhow::Result<Duration> {
    let path = folder.join("bare.bin");
    std::fs::write(&path, content.as_slice())?;
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let began = Instant::now();
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| -> anyhow::Result<()> {
            let (mut socket, _) = listener.accept()?;
            let mut piece = vec![0; PIECE];
            for _ in 0..rounds {
                let mut file = std::fs::File::open(&path)?;
                let mut hash = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
                loop {
                    let read = file.read(&mut piece)?;
                    if read == 0 {
                        break;
                    }
                    hash.update(&piece[..read]);
                    socket.write_all(&piece[..read])?;
                }
                std::hint::black_box(hash.finish());
            }
            Ok(())
        });
        let mut socket = std::net::TcpStream::connect(address)?;
        let mut piece = vec![0; PIECE];
        while socket.read(&mut piece)? > 0 {}
        sender.join().map_err(|_| anyhow::anyhow!("the sender panicked"))??;
        anyhow::Ok(())
    })?;
    Ok(began.elapsed())
}

/// Notes the most memory that the server has from now on, until told to stop.
fn watch_memory(server: &Process) -> (Arc<AtomicBool>, Arc<AtomicUsize>) {
    let (watching, peak) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let (on, most, process) = (watching.clone(), peak.clone(), server.process_id());
    std::thread::spawn(move || {
        while on.load(Ordering::Relaxed) {
            let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
            let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
            let kib = resident
                .and_then(|line| line.split_whitespace().next())
                .and_then(|kib| kib.parse().ok());
            most.fetch_max(kib.unwrap_or_default(), Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    (watching, peak)
}
