//! What only contents in S3 promise: nothing is written over, nothing that is damaged is gone on with, memory is bounded; and faults of a
//! server elsewhere, which is started, stopped and continued here where its program is named.

use std::time::Duration;

use tasktracker_files::blob::{Area, S3, Shown};
use tasktracker_files::config::{Config, Downloads};
use tasktracker_server::Lifecycle;

use super::*;
use crate::bucket::Bucket;
use crate::scene::{noise, sha256, until};

const MIB: usize = 1024 * 1024;

/// A prefix of a bucket.
pub struct InS3 {
    bucket: Bucket,
    store: Arc<S3>,
}

impl InS3 {
    /// On the server named in the environment.
    pub async fn start() -> Option<Self> {
        Some(Self::at(Bucket::of_environment()?).await)
    }

    async fn at(bucket: Bucket) -> Self {
        let store = open(&bucket.config()).await;
        Self { bucket, store }
    }
}

async fn open(config: &Config) -> Arc<S3> {
    Arc::new(S3::open(config, &Lifecycle::new()).await.expect("opens"))
}

impl Site for InS3 {
    fn store(&self) -> Arc<dyn BlobStore> {
        self.store.clone()
    }

    async fn killed(&mut self) {
        self.store = open(&self.bucket.config()).await;
    }

    async fn litter(&self) {
        self.bucket.put("incoming/not ours", b"").await;
    }
}

fn object() -> String {
    format!("objects/57/{ID}")
}

#[tokio::test]
async fn what_is_shown_is_never_written_over() {
    let Some(site) = InS3::start().await else { return };
    let store = site.store();
    for length in [1000, 6 * MIB] {
        let (content, other) = (noise(length, 1), noise(length, 2));
        for written in [&content, &other] {
            store.create(ID).await.unwrap();
            append(&*store, b"", written, length).await;
            finish(&*store, written).await.unwrap();
            assert!(
                read(&*store, length, 0..length as u64).await.unwrap().0 == content,
                "the first one stays"
            );
            until("records are removed", || async { site.bucket.keys("incoming/").await.is_empty() }).await;
        }
        store.create(ID).await.unwrap();
        append(&*store, b"", &other[..length - 1], length - 1).await;
        let refused = finish(&*store, &other[..length - 1]).await;
        assert!(matches!(refused, Err(BlobError::Length { .. })), "{refused:?}");
        assert!(read(&*store, length, 0..length as u64).await.unwrap().0 == content);
        for area in [Area::Incoming, Area::Objects] {
            store.remove(area, ID).await.unwrap();
        }
    }
}

#[tokio::test]
async fn parts_of_another_writer_are_never_shown() {
    let Some(site) = InS3::start().await else { return };
    let store = site.store();
    let (content, other) = (noise(11 * MIB, 1), noise(11 * MIB, 2));
    store.create(ID).await.unwrap();
    append(&*store, b"", &content[..100], content.len()).await;
    append(&*store, &content[..100], &content[100..6 * MIB], content.len()).await;
    // In two processes at once: both send a second part of the same upload, and one is told of.
    append(&*store, &content[..6 * MIB], &content[6 * MIB..], content.len()).await;
    let mut late = store.write(place(&content[..6 * MIB], content.len()));
    late.append(Bytes::copy_from_slice(&other[6 * MIB..])).await.unwrap();
    late.sync().await.unwrap();
    // A server that keeps only the last of two parts with one number cannot show it any more, and says so.
    match finish(&*store, &content).await {
        Ok(()) => assert!(read(&*store, content.len(), 0..content.len() as u64).await.unwrap().0 == content),
        Err(error) => assert!(matches!(error, BlobError::Io(_)), "{error:?}"),
    }
}

#[tokio::test]
async fn a_damaged_record_is_not_gone_on_with() {
    let Some(site) = InS3::start().await else { return };
    let store = site.store();
    store.create(ID).await.unwrap();
    append(&*store, b"", b"12345", 10).await;
    site.bucket
        .put(&format!("incoming/{ID}.5.{}", sha256(b"12345")), b"{}\n12345")
        .await;
    let refused = store.write(place(b"12345", 10)).sync().await;
    assert!(matches!(refused, Err(BlobError::Io(_))), "{refused:?}");
}

#[tokio::test]
async fn few_records_are_kept_and_each_that_may_be_needed() {
    let Some(site) = InS3::start().await else { return };
    let store = site.store();
    let content = noise(40_000, 1);
    store.create(ID).await.unwrap();
    let mut writing = store.write(place(b"", content.len()));
    for (number, piece) in content.chunks(1000).enumerate() {
        writing.append(Bytes::copy_from_slice(piece)).await.unwrap();
        writing.sync().await.unwrap();
        let at = number * 1000;
        for kept in [at, at + 1000].into_iter().filter(|kept| *kept > 0) {
            let key = format!("incoming/{ID}.{kept}.{}", sha256(&content[..kept]));
            assert!(site.bucket.length(&key).await.is_some(), "{kept} at {at}");
        }
    }
    assert_eq!(site.bucket.keys("incoming/").await.len(), 2);
    finish(&*store, &content).await.unwrap();
    until("records are removed", || async { site.bucket.keys("").await == [object()] }).await;
}

#[tokio::test]
async fn a_reader_is_told_of_a_content_that_was_replaced() {
    let Some(site) = InS3::start().await else { return };
    let store = site.store();
    site.bucket.put(&object(), &noise(9, 1)).await;
    let refused = read(&*store, 10, 0..10).await;
    assert!(matches!(refused, Err(BlobError::Length { found: 9, expected: 10 })), "{refused:?}");
    assert!(matches!(read(&*store, 20, 15..20).await, Err(BlobError::Length { found: 9, .. })));
    site.bucket.delete(&object()).await;
    assert!(matches!(read(&*store, 10, 0..10).await, Err(BlobError::Missing)));
    assert!(matches!(read(&*store, 10, 0..0).await, Err(BlobError::Missing)));
}

#[tokio::test]
async fn wrong_settings_are_named() {
    let Some(bucket) = Bucket::of_environment() else { return };
    open(&bucket.config()).await;
    let opened = async |change: &dyn Fn(&mut tasktracker_files::config::S3)| {
        let mut config = bucket.config();
        config.s3.create_bucket = false;
        config.s3.timeout_ms = 3000;
        change(&mut config.s3);
        let error = S3::open(&config, &Lifecycle::new()).await.expect_err("must be refused");
        format!("{error:#}")
    };
    let cases: [(&str, String); 8] = [
        ("files.s3.bucket", opened(&|s3| s3.bucket = "tasktracker-nonesuch".to_owned()).await),
        ("files.s3.bucket", opened(&|s3| s3.bucket = "a".to_owned()).await),
        ("files.s3.access_key", opened(&|s3| s3.access_key = "nobody".to_owned()).await),
        ("files.s3.secret_key", opened(&|s3| s3.secret_key = "hush-hush".to_owned()).await),
        (
            "files.s3.endpoint",
            opened(&|s3| s3.endpoint = "http://127.0.0.1:9".to_owned()).await,
        ),
        ("files.s3.endpoint", opened(&|s3| s3.endpoint = "127.0.0.1".to_owned()).await),
        ("files.s3.secret_key", opened(&|s3| s3.secret_key.clear()).await),
        ("files.s3.part_bytes", opened(&|s3| s3.part_bytes = 1).await),
    ];
    for (named, said) in &cases {
        assert!(said.contains(named), "{named}: {said}");
        assert!(!said.contains("hush-hush") && !said.contains(&bucket.settings.secret_key), "{said}");
    }
    assert!(!format!("{:?}", bucket.config()).contains(&bucket.settings.secret_key));
}

#[tokio::test]
async fn an_address_for_a_download_shows_it_as_told_and_ends() {
    let Some(bucket) = Bucket::of_environment() else { return };
    let shown = Shown {
        content_type: "text/plain; charset=utf-8",
        disposition: "attachment; filename=\"a.txt\"",
    };
    let mut config = bucket.config();
    assert_eq!(
        open(&config).await.link(ID, shown).await.unwrap(),
        None,
        "proxied unless said otherwise"
    );
    config.s3.downloads = Downloads::Redirect;
    config.s3.link_seconds = 2;
    let store = open(&config).await;
    bucket.put(&object(), b"some words").await;
    let link = store.link(ID, shown).await.unwrap().unwrap();
    assert!(!format!("{link:?}").contains("http"));
    let answer = reqwest::get(&link.url).await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &shown.content_type.parse().unwrap())
    );
    assert_eq!(answer.headers()["content-disposition"], shown.disposition);
    assert_eq!(answer.text().await.unwrap(), "some words");
    let other = link.url.replace(&ID.to_string(), &Uuid::max().to_string());
    assert_eq!(reqwest::get(other).await.unwrap().status(), 403);
    until("its time is over", || async {
        reqwest::get(&link.url).await.unwrap().status() == 403
    })
    .await;
    config.s3.public_endpoint = "https://files.example.com".to_owned();
    let link = open(&config).await.link(ID, shown).await.unwrap().unwrap();
    assert!(link.url.starts_with("https://files.example.com/tasktracker-test/"), "{}", link.url);
    assert_eq!(link.valid, Duration::from_secs(2));
}

#[tokio::test]
async fn the_bucket_is_told_to_give_up_what_nobody_completes() {
    let Some(mut bucket) = Bucket::of_environment() else { return };
    bucket.settings.bucket = format!("tasktracker-rules-{}", std::process::id());
    bucket.settings.set_lifecycle = true;
    for _ in 0..2 {
        open(&bucket.config()).await;
        let found = bucket
            .client
            .get_bucket_lifecycle_configuration()
            .bucket(&bucket.settings.bucket)
            .send()
            .await
            .unwrap();
        let rules = found.rules.unwrap();
        assert_eq!(rules.len(), 1, "{rules:?}");
        let days = rules[0].abort_incomplete_multipart_upload().unwrap().days_after_initiation();
        assert_eq!(days, Some(2), "a day more than an upload can be completed");
    }
}
