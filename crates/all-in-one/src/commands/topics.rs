//! `tasktracker topics apply`: makes the topics in Kafka, and says where those that are there differ.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use tasktracker_server::terminal;

use super::{Common, run_async};

/// Looks after the topics in Kafka.
#[derive(Debug, Args)]
pub struct Topics {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Task {
    /// Makes those that are missing. It deletes and changes none, and fails where one differs so that events would be lost.
    Apply,
}

impl Topics {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.common.config()?;
        let settings = self.common.settings(&config)?;
        let Task::Apply = self.task;
        run_async(&settings, async {
            for line in tasktracker_service::apply_topics(&settings.ground).await? {
                terminal::say(line);
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}
