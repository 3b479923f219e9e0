//! What an operator decides about files: the section `[files]` of the configuration.

use std::time::Duration;

use serde::Deserialize;

/// The defaults, with what each key means.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// The section `[files]`.
#[derive(Debug, Clone, Copy, Deserialize)]
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
