//! What every service is told: the sections `[database]`, `[events]` and `[instance]`, and where the data of this process is.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use serde::Deserialize;
use tasktracker_database::Settings as DatabaseSettings;
use tasktracker_identity::InstanceSecret;
use tasktracker_server::config::Config;

/// The defaults of `[database]` and `[events]`, with what each key means.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// What every service is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where SQLite files and other local data are kept.
    pub data_dir: PathBuf,
    /// Section `[database]`.
    pub database: Database,
    /// Section `[events]`.
    pub events: Events,
    /// Section `[instance]`.
    pub instance: Instance,
}

/// Section `[database]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// PostgreSQL server; empty for SQLite.
    pub url: String,
    /// What names of databases begin with on PostgreSQL.
    pub prefix: String,
    /// Reading connections on SQLite.
    pub readers: u32,
    /// Connections on PostgreSQL.
    pub pool: u32,
}

/// Section `[events]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// Whether events are delivered and reacted to.
    pub deliver: bool,
    /// How long the log keeps what everybody has seen.
    pub keep_hours: u32,
    /// Kafka, where that is the way they take.
    pub kafka: Kafka,
}

/// Section `[events.kafka]`.
#[cfg(feature = "kafka")]
pub type Kafka = tasktracker_events::kafka::Settings;

/// Section `[events.kafka]`, of which a program without Kafka only knows whether it is used.
#[cfg(not(feature = "kafka"))]
#[derive(Debug, Clone, Deserialize)]
pub struct Kafka {
    /// Some of the brokers.
    pub brokers: String,
}

/// Section `[instance]`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// The one secret; empty to keep one in the data directory.
    pub secret: String,
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Instance(hidden)")
    }
}

impl Settings {
    /// Reads the sections.
    ///
    /// # Errors
    /// A value does not fit.
    pub fn read(config: &Config, data_dir: PathBuf) -> anyhow::Result<Self> {
        Ok(Self {
            data_dir,
            database: config.section("database")?,
            events: config.section("events")?,
            instance: config.section("instance")?,
        })
    }

    /// Where the services' data is.
    #[must_use]
    pub fn databases(&self) -> DatabaseSettings {
        DatabaseSettings {
            url: Some(self.database.url.clone()).filter(|url| !url.is_empty()),
            data_dir: self.data_dir.clone(),
            readers: self.database.readers,
            pool: self.database.pool,
            prefix: self.database.prefix.clone(),
            ..DatabaseSettings::default()
        }
    }

    /// The secret of a process that has no data directory to keep one in.
    ///
    /// # Errors
    /// It is missing or no good.
    pub fn given_secret(&self) -> anyhow::Result<InstanceSecret> {
        ensure!(
            !self.instance.secret.is_empty(),
            "instance.secret is empty: all processes of an instance need the same one, as TASKTRACKER_INSTANCE__SECRET_FILE"
        );
        InstanceSecret::given(&self.instance.secret)
    }

    /// What a process needs that holds one service.
    ///
    /// # Errors
    /// A setting is missing; the message names it.
    pub fn check_shared(&self) -> anyhow::Result<()> {
        ensure!(
            !self.database.url.is_empty(),
            "database.url is empty: services in processes of their own share a PostgreSQL server, such as postgres://user@host:5432"
        );
        self.given_secret().map(drop).context("the section [instance]")
    }
}
