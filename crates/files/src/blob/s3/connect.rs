//! Finds S3 as the operator described it, and makes sure at the start that the bucket is there and is ours to use.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use aws_config::BehaviorVersion;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    Builder, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation, SharedCredentialsProvider,
    StalledStreamProtectionConfig,
};
use tasktracker_server::Lifecycle;
use tokio::sync::Semaphore;

use super::keys::Keys;
use super::{Inner, LEAST_PART, S3, failure};
use crate::blob::BlobError;
use crate::config::{Config, Downloads, S3 as Settings};

/// Attempts for each request: a second one, and no more, because clients try again too.
const ATTEMPTS: u32 = 2;

impl S3 {
    /// Opens a bucket: makes it where that is wanted, looks at it, and writes and removes an object.
    ///
    /// # Errors
    /// The settings are wrong, or S3 is away; the error names the setting to look at.
    pub async fn open(config: &Config, lifecycle: &Lifecycle) -> anyhow::Result<Self> {
        let settings = &config.s3;
        check(settings)?;
        let credentials = credentials(settings).await?;
        let client = |endpoint: &str| Client::from_conf(client(settings, &credentials, endpoint));
        let public = Some(settings.public_endpoint.as_str()).filter(|endpoint| !endpoint.is_empty());
        let store = Self(Arc::new(Inner {
            client: client(&settings.endpoint),
            public: client(public.unwrap_or(&settings.endpoint)),
            bucket: settings.bucket.clone(),
            keys: Keys::new(&settings.prefix),
            part: settings.part_bytes,
            chunk: config.chunk(),
            memory: Arc::new(Semaphore::new(settings.parts_in_memory)),
            transfer: Duration::from_millis(settings.transfer_timeout_ms),
            link: (settings.downloads == Downloads::Redirect).then(|| Duration::from_secs(settings.link_seconds.into())),
            lifecycle: lifecycle.clone(),
        }));
        let looked = store.prepare(settings, config.upload_expiry_hours).await;
        looked.with_context(|| {
            format!(
                "the contents of files cannot be kept in the bucket {} (files.s3.bucket)",
                settings.bucket
            )
        })?;
        Ok(store)
    }

    async fn prepare(&self, settings: &Settings, expiry_hours: u32) -> Result<(), BlobError> {
        if settings.create_bucket {
            self.make_bucket(&settings.region).await?;
        }
        self.look().await?;
        self.try_writing().await?;
        if settings.set_lifecycle {
            self.set_lifecycle(expiry_hours).await;
        }
        Ok(())
    }

    /// Whether the bucket can be listed.
    pub(super) async fn look(&self) -> Result<(), BlobError> {
        let listed = self
            .0
            .client
            .list_objects_v2()
            .bucket(&self.0.bucket)
            .prefix(self.0.keys.incoming());
        listed.max_keys(1).send().await.map(drop).map_err(failure::of)
    }

    /// Whether it can be written. One that is full can still be read.
    async fn try_writing(&self) -> Result<(), BlobError> {
        let key = format!("{}probe", self.0.keys.incoming());
        match self.put(&key, bytes::Bytes::new(), false).await.map_err(failure::of) {
            Ok(()) => self.delete(vec![key]).await,
            Err(BlobError::Full(error)) => {
                tracing::warn!(%error, "the bucket for contents is full: uploads will be refused");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

fn check(settings: &Settings) -> anyhow::Result<()> {
    ensure!(
        settings.part_bytes >= LEAST_PART,
        "files.s3.part_bytes must be {LEAST_PART} or more: S3 takes no smaller parts"
    );
    ensure!(
        settings.parts_in_memory >= 2,
        "files.s3.parts_in_memory must be 2 or more: an upload needs two"
    );
    ensure!(
        settings.access_key.is_empty() == settings.secret_key.is_empty(),
        "files.s3.access_key and files.s3.secret_key belong together: set both or neither"
    );
    ensure!(
        settings.timeout_ms > 0 && settings.transfer_timeout_ms > 0,
        "files.s3.timeout_ms and files.s3.transfer_timeout_ms must be more than 0"
    );
    ensure!(
        (1..=604_800).contains(&settings.link_seconds),
        "files.s3.link_seconds must be 1 to 604800 (a week): S3 makes no longer ones"
    );
    for (name, endpoint) in [("endpoint", &settings.endpoint), ("public_endpoint", &settings.public_endpoint)] {
        let is_url = endpoint.starts_with("http://") || endpoint.starts_with("https://");
        ensure!(endpoint.is_empty() || is_url, "files.s3.{name} must begin with http:// or https://");
        ensure!(
            !endpoint.contains('@'),
            "files.s3.{name} must not hold credentials: they go to files.s3.access_key and files.s3.secret_key"
        );
    }
    Ok(())
}

/// Those of the settings, otherwise whatever the environment and the machine say.
async fn credentials(settings: &Settings) -> anyhow::Result<SharedCredentialsProvider> {
    if !settings.access_key.is_empty() {
        let given = Credentials::new(&settings.access_key, &settings.secret_key, None, None, "files.s3");
        return Ok(SharedCredentialsProvider::new(given));
    }
    let found = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new(settings.region.clone()))
        .load()
        .await;
    found
        .credentials_provider()
        .context("no credentials for S3: set files.s3.access_key and files.s3.secret_key")
}

fn client(settings: &Settings, credentials: &SharedCredentialsProvider, endpoint: &str) -> aws_sdk_s3::Config {
    let timeout = Duration::from_millis(settings.timeout_ms);
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(timeout.min(Duration::from_secs(3)))
        .operation_timeout(timeout)
        .build();
    let mut config = Builder::new()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(settings.region.clone()))
        .credentials_provider(credentials.clone())
        .force_path_style(settings.path_style)
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(ATTEMPTS)
                .with_initial_backoff(Duration::from_millis(200)),
        )
        .timeout_config(timeouts)
        // We give the checksums that count, and bound each transfer ourselves.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if !endpoint.is_empty() {
        config = config.endpoint_url(endpoint);
    }
    config.build()
}
