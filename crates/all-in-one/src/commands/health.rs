//! `tasktracker health`: asks the gateway's port of a running process whether it serves, for the health check of a container.

use std::process::ExitCode;

use clap::Args;
use tasktracker_server::program;

use super::Common;

/// Asks the process of this configuration whether it serves.
#[derive(Debug, Args)]
pub struct Health {
    #[command(flatten)]
    common: Common,
}

impl Health {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let server = self.common.settings(&self.common.config()?)?.server;
        program::ask(server.address, server.port)?;
        Ok(ExitCode::SUCCESS)
    }
}
