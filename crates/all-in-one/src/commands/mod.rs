//! The commands of `tasktracker`, one a file.

mod admin;
mod demo;
mod doctor;
mod health;
mod migrate;
mod openapi;
mod serve;
#[cfg(feature = "distributed")]
mod topics;
mod welcome;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tasktracker_server::config::Config;
use tasktracker_server::{telemetry, terminal};

use crate::settings::{Settings, defaults};

/// Task Tracker: projects, tasks, deadlines and people, in one process.
#[derive(Debug, Parser)]
#[command(name = "tasktracker", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs everything until it is stopped.
    Serve(serve::Serve),
    /// Brings the databases to the schema of this program, and ends.
    Migrate(migrate::Migrate),
    /// Looks at the configuration, the data directory and the databases, and says what is wrong.
    Doctor(doctor::Doctor),
    /// Asks the process of this configuration whether it serves, and fails when it does not: for the health check of a container.
    Health(health::Health),
    /// Fills an instance without users with demo data, and ends.
    Demo(demo::Demo),
    /// Helps an operator who is locked out. The server must not be running on this data directory.
    Admin(admin::Admin),
    /// Looks after the topics in Kafka.
    #[cfg(feature = "distributed")]
    Topics(topics::Topics),
    /// Prints the OpenAPI document of the REST API.
    Openapi,
    /// Prints the version.
    Version,
}

/// What every command is told.
#[derive(Debug, Args)]
struct Common {
    /// Configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where data is kept.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl Common {
    /// The configuration without flags.
    fn config(&self) -> anyhow::Result<Config> {
        // Where the services are is for processes that hold one of them; the environment may be shared with these.
        let mut config = defaults()?.one_of_many(&[]);
        if let Some(path) = &self.config {
            config = config.file(path)?;
        }
        config.env()
    }

    fn settings(&self, config: &Config) -> anyhow::Result<Settings> {
        Settings::read(config, self.data_dir.clone().unwrap_or_else(Settings::default_data_dir))
    }
}

impl Cli {
    /// Runs the command.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let outcome = match self.command {
            Command::Serve(serve) => serve.run(),
            Command::Migrate(migrate) => migrate.run(),
            Command::Doctor(doctor) => doctor.run(),
            Command::Health(health) => health.run(),
            Command::Demo(demo) => demo.run(),
            Command::Admin(admin) => admin.run(),
            #[cfg(feature = "distributed")]
            Command::Topics(topics) => topics.run(),
            Command::Openapi => openapi::run(),
            Command::Version => {
                terminal::say(concat!("tasktracker ", env!("CARGO_PKG_VERSION")));
                Ok(ExitCode::SUCCESS)
            }
        };
        outcome.unwrap_or_else(|error| {
            terminal::complain(format!("error: {error:#}"));
            ExitCode::FAILURE
        })
    }
}

/// Logs as the configuration says, and runs work on a runtime of all processors.
fn run_async(settings: &Settings, work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    telemetry::start_logging(&settings.log)?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}
