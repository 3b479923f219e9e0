//! What an operator decides about Core: the section `[core]` of the configuration.

use std::time::Duration;

use serde::Deserialize;

/// The defaults, with what each key means.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// The section `[core]`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Longest time between two messages of a live stream.
    pub watch_checkpoint_ms: u64,
    /// How long a client may take nothing from its live stream.
    pub watch_patience_ms: u64,
    /// How long a notification may be read before a mail follows.
    pub mail_delay_ms: u64,
}

impl Config {
    /// Longest time between two messages of a live stream.
    #[must_use]
    pub fn watch_checkpoint(&self) -> Duration {
        Duration::from_millis(self.watch_checkpoint_ms.max(10))
    }

    /// How long a notification may be read before a mail follows.
    #[must_use]
    pub fn mail_delay(&self) -> Duration {
        Duration::from_millis(self.mail_delay_ms)
    }

    /// How long a client may take nothing from its live stream.
    #[must_use]
    pub fn watch_patience(&self) -> Duration {
        Duration::from_millis(self.watch_patience_ms.max(10))
    }
}
