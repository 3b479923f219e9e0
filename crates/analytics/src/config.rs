//! What an operator decides about Analytics: the section `[analytics]` of the configuration.

use std::time::Duration;

use serde::Deserialize;

use crate::store::MongoSettings;

/// The defaults, with what each key means.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// The section `[analytics]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How long a question with a consistency token waits until that write is counted.
    pub consistency_wait_ms: u64,
    /// The server that keeps the numbers, where it is not Analytics' own database.
    pub mongodb: MongoSettings,
}

impl Config {
    /// How long a question with a consistency token waits: never more than the API promises.
    #[must_use]
    pub fn consistency_wait(&self) -> Duration {
        const MOST: u64 = 5_000;
        Duration::from_millis(self.consistency_wait_ms.min(MOST))
    }
}
