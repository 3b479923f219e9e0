//! Contents of files, up and down, beside what the same machine does with bare files.

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

/// Everything about contents.
pub async fn measure(program: &Path, report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let server = Process::start(program, &folder.path().join("data")).await;
    let ada = server.owner().await;
    let project = load::make_project(&server, &ada, "WEB").await?;
    load::fill(&server, &project, 100).await?;
    let tasks = task_ids(&server, &project).await?;

    for (name, size, count, least) in [("8 MiB", 8 << 20, 160, 0.8), ("4 KiB", 4 << 10, 4_000, 0.5)] {
        let content: Arc<Vec<u8>> = Arc::new((0..size).map(|number: usize| (number * 31 % 251) as u8).collect());
        let mut uploads = Vec::new();
        for number in 0..count {
            uploads.push(announce(&server, &tasks[number % tasks.len()], size).await?);
        }
        let limit = bare_writes(folder.path(), &content, count)?;
        // The first one brings code and buffers into memory that stay.
        let first = announce(&server, &tasks[0], size).await?;
        put_all(&server, &[first], &content).await?;
        let idle = server.resident_kb();
        let (watching, peak) = watch_memory(&server);
        let began = Instant::now();
        put_all(&server, &uploads, &content).await?;
        let done = count as f64 / began.elapsed().as_secs_f64();
        watching.store(false, Ordering::Relaxed);
        report.note(&format!("limit: {name} written, hashed and flushed, 16 at once"), limit, "1/s");
        report.at_least(&format!("PUT of {name}, 16 at once"), done, least * limit, "1/s");
        if size > 1 << 20 {
            let peak = peak.load(Ordering::Relaxed) as f64;
            report.at_most("growth of memory meanwhile", (peak - idle) / 1024.0, 16.0, "MiB");
        }
        let mut files = Vec::new();
        for upload in &uploads {
            files.push(complete(&server, upload).await?);
        }
        if size > 1 << 20 {
            let limit = bare_reads(folder.path(), &content, 64)?;
            report.note("limit: 8 MiB read and hashed, one at a time", limit, "MiB/s");
            let began = Instant::now();
            let token = server.token().await;
            let client = reqwest::Client::new();
            for round in 0..64 {
                download(&client, &server, &token, &files[round % files.len()], size).await?;
            }
            let done = 64.0 * 8.0 / began.elapsed().as_secs_f64();
            report.at_least("GET of 8 MiB, one at a time", done, 0.8 * limit, "MiB/s");
        }
    }
    server.stop().await;
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

async fn put_all(server: &Process, uploads: &[String], content: &Arc<Vec<u8>>) -> anyhow::Result<()> {
    let token = server.token().await;
    let next = Arc::new(AtomicUsize::new(0));
    let body = bytes::Bytes::from(content.as_ref().clone());
    let workers = (0..AT_ONCE).map(|_| {
        let (next, token, body) = (next.clone(), token.clone(), body.clone());
        let client = reqwest::Client::new();
        async move {
            while let Some(upload_id) = uploads.get(next.fetch_add(1, Ordering::Relaxed)) {
                let put = client
                    .put(format!("http://{}/v1/uploads/{upload_id}/content", server.address))
                    .bearer_auth(&token)
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

/// The same files by bare threads: written in pieces, hashed on the way, flushed, and put in their place. Per second.
fn bare_writes(folder: &Path, content: &Arc<Vec<u8>>, count: usize) -> anyhow::Result<f64> {
    let place = folder.join(format!("bare-{}", content.len()));
    std::fs::create_dir_all(&place)?;
    let next = AtomicUsize::new(0);
    let began = Instant::now();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                scope.spawn(|| -> anyhow::Result<()> {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= count {
                            return Ok(());
                        }
                        let path = place.join(number.to_string());
                        let mut file = std::fs::File::create(&path)?;
                        let mut hash = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
                        for piece in content.chunks(256 << 10) {
                            hash.update(piece);
                            file.write_all(piece)?;
                        }
                        file.sync_all()?;
                        std::hint::black_box(hash.finish());
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.join().map_err(|_| anyhow::anyhow!("a writer panicked"))??;
        }
        anyhow::Ok(())
    })?;
    Ok(count as f64 / began.elapsed().as_secs_f64())
}

/// A file of this content read in pieces, hashed, and sent through a socket of this machine to a reader, as a server must. In MiB a second.
fn bare_reads(folder: &Path, content: &Arc<Vec<u8>>, rounds: usize) -> anyhow::Result<f64> {
    let path = folder.join("bare.bin");
    std::fs::write(&path, content.as_slice())?;
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let began = Instant::now();
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| -> anyhow::Result<()> {
            let (mut socket, _) = listener.accept()?;
            let mut piece = vec![0; 256 << 10];
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
        let mut piece = vec![0; 256 << 10];
        while socket.read(&mut piece)? > 0 {}
        sender.join().map_err(|_| anyhow::anyhow!("the sender panicked"))??;
        anyhow::Ok(())
    })?;
    let bytes = (content.len() * rounds) as f64;
    Ok(bytes / f64::from(1 << 20) / began.elapsed().as_secs_f64())
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
