//! What an operator decides about files: the section `[files]` of the configuration.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

/// The defaults, with what each key means.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// The section `[files]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Largest file.
    pub max_file_bytes: i64,
    /// Files on one task.
    pub files_per_task: i64,
    /// Bytes of all files of one project.
    pub project_quota_bytes: i64,
    /// Hours in which an upload can be written and completed.
    pub upload_expiry_hours: u32,
    /// How long an upload may bring less than `upload_idle_bytes`.
    pub upload_idle_ms: u64,
    /// What an upload must bring within `upload_idle_ms`.
    pub upload_idle_bytes: usize,
    /// Bytes that are written, read and sent at once.
    pub chunk_bytes: usize,
    /// Files that are compared with their checksum every day.
    pub scrub_files_a_day: u64,
    /// Contents in S3.
    pub s3: S3,
}

/// The section `[files.s3]`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    /// Where contents are; empty for the data directory.
    pub bucket: String,
    /// What every key begins with.
    pub prefix: String,
    /// Address of S3; empty for that of Amazon.
    pub endpoint: String,
    /// Address of S3 for those who download from it; empty for the same.
    pub public_endpoint: String,
    /// Region of the bucket.
    pub region: String,
    /// Whether the bucket stands in the path of an address, and not in its host.
    pub path_style: bool,
    /// Who we are; empty to ask the environment and the machine.
    pub access_key: String,
    /// Its secret.
    pub secret_key: String,
    /// Whether the bucket is made where it is missing.
    pub create_bucket: bool,
    /// Whether the bucket is told to give up unfinished uploads.
    pub set_lifecycle: bool,
    /// How people download.
    pub downloads: Downloads,
    /// How long an address for a download can be used.
    pub link_seconds: u32,
    /// Bytes that are sent at once.
    pub part_bytes: usize,
    /// How many of these are in memory.
    pub parts_in_memory: usize,
    /// How long S3 may take for an answer.
    pub timeout_ms: u64,
    /// How long S3 may take to receive a part.
    pub transfer_timeout_ms: u64,
}

/// How people download.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Downloads {
    /// Through this service.
    Proxy,
    /// Also from S3, by an address that GetFile answers.
    Redirect,
}

impl S3 {
    /// Whether contents are in S3.
    #[must_use]
    pub fn is_chosen(&self) -> bool {
        !self.bucket.is_empty()
    }
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3")
            .field("bucket", &self.bucket)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// How long an upload can be written and completed.
    #[must_use]
    pub fn upload_expiry(&self) -> Duration {
        Duration::from_secs(u64::from(self.upload_expiry_hours.max(1)) * 60 * 60)
    }

    /// How long an upload may bring too little.
    #[must_use]
    pub fn upload_idle(&self) -> Duration {
        Duration::from_millis(self.upload_idle_ms.max(10))
    }

    /// Bytes that are written, read and sent at once: no message of a download may be larger than 256 KiB.
    #[must_use]
    pub fn chunk(&self) -> usize {
        self.chunk_bytes.clamp(16 * 1024, 256 * 1024)
    }
}
