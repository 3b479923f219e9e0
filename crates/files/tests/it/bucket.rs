//! A place of its own in the bucket for tests, and a look at it from outside.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Builder, Credentials, Region, RequestChecksumCalculation};
use aws_sdk_s3::primitives::ByteStream;
use tasktracker_files::config::{self, Config, S3};

/// A prefix of the bucket for tests.
#[derive(Debug, Clone)]
pub struct Bucket {
    pub settings: S3,
    pub client: Client,
}

impl Bucket {
    /// On the server named in the environment.
    #[expect(clippy::disallowed_methods, reason = "tests learn of the server by the environment")]
    pub fn of_environment() -> Option<Self> {
        let Ok(address) = std::env::var("TASKTRACKER_TEST_S3") else {
            eprintln!("skipped on S3: TASKTRACKER_TEST_S3 is not set");
            return None;
        };
        Some(Self::at(&address))
    }

    /// At `http://access:secret@host:port`.
    pub fn at(address: &str) -> Self {
        let (scheme, rest) = address.split_once("://").expect("an address");
        let (credentials, host) = rest.rsplit_once('@').expect("credentials");
        let (access_key, secret_key) = credentials.split_once(':').expect("a secret");
        // The name of a folder that nobody else has.
        let unique = tempfile::tempdir().expect("a folder");
        let unique = unique.path().file_name().and_then(|name| name.to_str()).expect("a name");
        let mut settings = defaults().s3;
        settings.bucket = "tasktracker-test".to_owned();
        settings.prefix = format!("{}{}", std::process::id(), unique);
        settings.endpoint = format!("{scheme}://{}", host.trim_end_matches('/'));
        settings.access_key = access_key.to_owned();
        settings.secret_key = secret_key.to_owned();
        settings.create_bucket = true;
        Self::of(settings)
    }

    /// Where these settings say.
    pub fn of(settings: S3) -> Self {
        let credentials = Credentials::new(&settings.access_key, &settings.secret_key, None, None, "test");
        let client = Client::from_conf(
            Builder::new()
                .behavior_version(BehaviorVersion::v2026_01_12())
                .region(Region::new("us-east-1"))
                .endpoint_url(&settings.endpoint)
                .force_path_style(true)
                .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
                .credentials_provider(credentials)
                .build(),
        );
        Self { settings, client }
    }

    /// The configuration of Files on it; reads are in pieces of 64 KiB.
    pub fn config(&self) -> Config {
        Config {
            chunk_bytes: 64 * 1024,
            s3: self.settings.clone(),
            ..defaults()
        }
    }

    /// Puts an object below the prefix.
    pub async fn put(&self, key: &str, content: &[u8]) {
        let request = self.client.put_object().bucket(&self.settings.bucket).key(self.key(key));
        request.body(ByteStream::from(content.to_vec())).send().await.expect("puts");
    }

    /// Deletes an object below the prefix.
    pub async fn delete(&self, key: &str) {
        let request = self.client.delete_object().bucket(&self.settings.bucket).key(self.key(key));
        request.send().await.expect("deletes");
    }

    /// The length of an object below the prefix; none where it is not there.
    pub async fn length(&self, key: &str) -> Option<i64> {
        let request = self.client.head_object().bucket(&self.settings.bucket).key(self.key(key));
        request.send().await.ok().and_then(|found| found.content_length)
    }

    /// The keys below the prefix that begin so.
    pub async fn keys(&self, start: &str) -> Vec<String> {
        let request = self.client.list_objects_v2().bucket(&self.settings.bucket).prefix(self.key(start));
        let objects = request.send().await.expect("lists").contents.unwrap_or_default();
        let keys = objects.into_iter().filter_map(|object| object.key);
        keys.filter_map(|key| key.strip_prefix(&self.key("")).map(str::to_owned)).collect()
    }

    fn key(&self, key: &str) -> String {
        format!("{}/{key}", self.settings.prefix)
    }
}

fn defaults() -> Config {
    tasktracker_server::config::Config::defaults(&[config::DEFAULTS])
        .expect("defaults")
        .section("files")
        .expect("defaults")
}
