//! `tasktracker migrate`: brings the databases to the schema of this program, and ends.

use std::process::ExitCode;

use clap::Args;
use tasktracker_database::Database;
use tasktracker_server::data_dir::DataDir;
use tasktracker_server::{Lifecycle, terminal};

use super::{Common, run_async};
use crate::settings::Settings;

/// Brings the databases to the schema of this program, and ends.
#[derive(Debug, Args)]
pub struct Migrate {
    #[command(flatten)]
    common: Common,
}

impl Migrate {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.common.config()?;
        let settings = self.common.settings(&config)?;
        run_async(&settings, migrate(&settings))
    }
}

async fn migrate(settings: &Settings) -> anyhow::Result<ExitCode> {
    let _held = DataDir::claim(&settings.data_dir)?;
    let lifecycle = Lifecycle::new();
    let databases = settings.databases();
    let auth = Database::open(&databases, "auth", &lifecycle).await?;
    tasktracker_auth::migrate(&auth).await?;
    let core = Database::open(&databases, "core", &lifecycle).await?;
    tasktracker_core::migrate(&core).await?;
    let analytics = Database::open(&databases, "analytics", &lifecycle).await?;
    tasktracker_analytics::migrate(&analytics).await?;
    let files = Database::open(&databases, "files", &lifecycle).await?;
    tasktracker_files::migrate(&files).await?;
    let events = Database::open(&databases, "events", &lifecycle).await?;
    tasktracker_service::migrate_events(&events).await?;
    for database in [auth, core, analytics, files, events] {
        database.close().await;
    }
    lifecycle.stop();
    lifecycle.finished().await?;
    terminal::say("auth, core, analytics, files and events are up to date");
    Ok(ExitCode::SUCCESS)
}
