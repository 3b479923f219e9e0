//! Where a server of the MongoDB wire protocol is, and how long it may take: the section `[analytics.mongodb]`. It is read by every program,
//! also by those that were built without the client.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

/// The section `[analytics.mongodb]`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MongoSettings {
    /// `mongodb://user:password@host:port`; empty where documents are in Analytics' own database.
    pub url: String,
    /// Name of the database there.
    pub database: String,
    /// How long a reachable server is looked for, in milliseconds.
    pub select_timeout_ms: u64,
    /// How long a connection may take to be made, in milliseconds.
    pub connect_timeout_ms: u64,
    /// How long one command may take, in milliseconds.
    pub command_timeout_ms: u64,
    /// Connections at most.
    pub pool: u32,
}

impl MongoSettings {
    /// A server, and everything else as by default.
    pub fn at(url: impl Into<String>, database: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            database: database.into(),
            select_timeout_ms: 3_000,
            connect_timeout_ms: 3_000,
            command_timeout_ms: 5_000,
            pool: 16,
        }
    }

    /// Whether there is a server.
    #[must_use]
    pub fn is_set(&self) -> bool {
        !self.url.is_empty()
    }

    /// How long one command may take.
    #[must_use]
    pub fn command_timeout(&self) -> Duration {
        Duration::from_millis(self.command_timeout_ms)
    }
}

impl fmt::Debug for MongoSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoSettings")
            .field("url", &if self.is_set() { "hidden" } else { "" })
            .field("database", &self.database)
            .field("select_timeout_ms", &self.select_timeout_ms)
            .field("connect_timeout_ms", &self.connect_timeout_ms)
            .field("command_timeout_ms", &self.command_timeout_ms)
            .field("pool", &self.pool)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::MongoSettings;

    #[test]
    fn a_password_is_not_shown() {
        let shown = format!("{:?}", MongoSettings::at("mongodb://ada:hush@host", "statistics"));
        assert!(!shown.contains("hush") && !shown.contains("ada"), "{shown}");
        assert!(shown.contains("statistics"), "{shown}");
    }
}
