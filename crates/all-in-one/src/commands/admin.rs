//! `tasktracker admin`: for an operator who is locked out. Works on the stores directly, so the server must not be running.

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use tasktracker_server::clock::{SharedClock, SystemClock};
use tasktracker_server::ids::Ids;
use tasktracker_server::{Lifecycle, terminal};

use super::{Common, run_async};
use crate::settings::Settings;
use crate::system::System;

/// Helps an operator who is locked out.
#[derive(Debug, Args)]
pub struct Admin {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Makes an owner of the instance, and prints a password for them.
    CreateOwner {
        /// E-mail address.
        #[arg(long)]
        email: String,
        /// Name shown to others.
        #[arg(long)]
        name: String,
    },
    /// Says why an address gets no mail, if so; with --lift its mails begin again.
    Suppression {
        /// E-mail address.
        #[arg(long)]
        email: String,
        /// Whether its mails begin again.
        #[arg(long)]
        lift: bool,
    },
    /// Gives somebody a new password, prints it, and ends all their sessions.
    ResetPassword {
        /// E-mail address.
        #[arg(long)]
        email: String,
    },
}

impl Admin {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.common.config()?;
        let settings = self.common.settings(&config)?;
        run_async(&settings, help(&settings, self.task))
    }
}

async fn help(settings: &Settings, task: Task) -> anyhow::Result<ExitCode> {
    let clock: SharedClock = Arc::new(SystemClock);
    let system = System::start(settings, clock.clone(), Ids::system(clock), Lifecycle::new()).await?;
    let said = match &task {
        Task::CreateOwner { email, name } => password(tasktracker_auth::admin::create_owner(&system.auth, email, name).await?),
        Task::ResetPassword { email } => password(tasktracker_auth::admin::reset_password(&system.auth, email).await?),
        Task::Suppression { email, lift } => suppression(&system.core, email, *lift).await?,
    };
    terminal::say(said);
    system.stop().await?;
    Ok(ExitCode::SUCCESS)
}

fn password(password: String) -> String {
    format!("The password is: {password}")
}

async fn suppression(core: &tasktracker_core::App, email: &str, lift: bool) -> anyhow::Result<String> {
    let said = match tasktracker_core::admin::suppressed(core, email).await? {
        None => return Ok(format!("{email} gets mail.")),
        Some(suppressed) => format!("{email} has got no mail since {}: {}.", suppressed.since, suppressed.reason),
    };
    if lift {
        tasktracker_core::admin::unsuppress(core, email).await?;
        return Ok(format!("{said} From now on it gets mail."));
    }
    Ok(said)
}
