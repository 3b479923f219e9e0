//! What the process as a whole is told: its own section of the configuration, and those of the parts it is made of.

use std::net::IpAddr;
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use serde::Deserialize;
use tasktracker_mail::Mailer;
use tasktracker_mail::feedback::Fetch;
use tasktracker_server::config::Config;
use tasktracker_server::telemetry::Log;

const DEFAULTS: &str = include_str!("../config.default.toml");

/// Everything the process is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What every service is told.
    pub ground: tasktracker_service::Settings,
    /// Section `[server]`.
    pub server: Server,
    /// Section `[log]`.
    pub log: Log,
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
#[serde(deny_unknown_fields)]
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

/// The defaults of every section.
///
/// # Errors
/// A default cannot be read: a defect.
pub fn defaults() -> anyhow::Result<Config> {
    Config::defaults(&[
        DEFAULTS,
        tasktracker_server::config::DEFAULTS,
        tasktracker_identity::CONFIG_DEFAULTS,
        tasktracker_service::settings::DEFAULTS,
        tasktracker_mail::DEFAULTS,
        tasktracker_auth::config::DEFAULTS,
        tasktracker_core::config::DEFAULTS,
        tasktracker_analytics::config::DEFAULTS,
        tasktracker_files::config::DEFAULTS,
        tasktracker_gateway::config::DEFAULTS,
    ])
}

impl Settings {
    /// Reads the configuration.
    ///
    /// # Errors
    /// A value does not fit.
    pub fn read(config: &Config, data_dir: PathBuf) -> anyhow::Result<Self> {
        Ok(Self {
            ground: tasktracker_service::Settings::read(config, data_dir)?,
            server: config.section("server")?,
            log: config.section("log")?,
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
}

impl Deref for Settings {
    type Target = tasktracker_service::Settings;

    fn deref(&self) -> &Self::Target {
        &self.ground
    }
}

impl DerefMut for Settings {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.ground
    }
}
