//! What the process as a whole is told: its own sections of the configuration, and those of the parts it is made of.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use serde::Deserialize;
use tasktracker_database::Settings as DatabaseSettings;
use tasktracker_mail::Mailer;
use tasktracker_mail::feedback::Fetch;
use tasktracker_server::config::Config;
use tasktracker_server::telemetry::Log;

const DEFAULTS: &str = include_str!("../config.default.toml");
const GATEWAY_DEFAULTS: &str = include_str!("../../../gateway/config.default.toml");

/// Everything the process is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where data is kept.
    pub data_dir: PathBuf,
    /// Section `[server]`.
    pub server: Server,
    /// Section `[database]`.
    pub database: Database,
    /// Section `[instance]`.
    pub instance: Instance,
    /// Section `[log]`.
    pub log: Log,
    /// Section `[events]`.
    pub events: Events,
    /// Section `[mail]`.
    pub mail: tasktracker_mail::Settings,
    /// Section `[auth]`.
    pub auth: tasktracker_auth::Config,
    /// Section `[core]`.
    pub core: tasktracker_core::Config,
    /// Section `[analytics]`.
    pub analytics: tasktracker_analytics::Config,
    /// Section `[files]`.
    pub files: tasktracker_files::Config,
    /// Section `[gateway]`.
    pub gateway: tasktracker_gateway::Config,
    /// What tests put in the place of the world outside.
    pub outside: Outside,
}

/// What stands in for the world outside; in production nothing does.
#[derive(Debug, Clone, Default)]
pub struct Outside {
    /// In the place of what the section `[mail]` asks for.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// In the place of HTTPS, for certificates of notifications.
    pub fetch: Option<Arc<dyn Fetch>>,
}

/// Section `[server]`.
#[derive(Debug, Clone, Deserialize)]
pub struct Server {
    /// Address of every port.
    pub address: IpAddr,
    /// Port of the gateway.
    pub port: u16,
    /// Port for operators; 0 for none.
    pub admin_port: u16,
    /// Whether the services listen by themselves.
    pub expose_services: bool,
}

/// Section `[database]`.
#[derive(Debug, Clone, Deserialize)]
pub struct Database {
    /// PostgreSQL server; empty for SQLite.
    pub url: String,
    /// Reading connections on SQLite.
    pub readers: u32,
    /// Connections on PostgreSQL.
    pub pool: u32,
}

/// Section `[events]`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// Whether events are delivered and reacted to.
    pub deliver: bool,
    /// How long the log keeps what everybody has seen.
    pub keep_hours: u32,
}

/// Section `[instance]`.
#[derive(Clone, Deserialize)]
pub struct Instance {
    /// The one secret; empty to keep one in the data directory.
    pub secret: String,
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Instance(hidden)")
    }
}

/// The defaults of every section.
///
/// # Errors
/// A default cannot be read: a defect.
pub fn defaults() -> anyhow::Result<Config> {
    Config::defaults(&[
        DEFAULTS,
        tasktracker_auth::config::DEFAULTS,
        tasktracker_core::config::DEFAULTS,
        tasktracker_analytics::config::DEFAULTS,
        tasktracker_files::config::DEFAULTS,
        tasktracker_mail::DEFAULTS,
        GATEWAY_DEFAULTS,
    ])
}

impl Settings {
    /// Reads the configuration.
    ///
    /// # Errors
    /// A value does not fit.
    pub fn read(config: &Config, data_dir: PathBuf) -> anyhow::Result<Self> {
        Ok(Self {
            data_dir,
            server: config.section("server")?,
            database: config.section("database")?,
            instance: config.section("instance")?,
            log: config.section("log")?,
            events: config.section("events")?,
            mail: config.section("mail")?,
            auth: tasktracker_auth::Config::read(config)?,
            core: config.section("core")?,
            analytics: config.section("analytics")?,
            files: config.section("files")?,
            gateway: config.section("gateway").context("the section [gateway]")?,
            outside: Outside::default(),
        })
    }

    /// The data directory of somebody who named none.
    #[must_use]
    pub fn default_data_dir() -> PathBuf {
        PathBuf::from("data")
    }

    /// Where the services' data is.
    #[must_use]
    pub fn databases(&self) -> DatabaseSettings {
        DatabaseSettings {
            url: Some(self.database.url.clone()).filter(|url| !url.is_empty()),
            data_dir: self.data_dir.clone(),
            readers: self.database.readers,
            pool: self.database.pool,
            ..DatabaseSettings::default()
        }
    }
}
