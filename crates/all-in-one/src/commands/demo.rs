//! `tasktracker demo`: fills an instance without users with the demo's data, and ends.

use std::process::ExitCode;

use clap::Args;
use tasktracker_server::clock::{Clock, SystemClock};
use tasktracker_server::terminal;

use super::{Common, run_async};
use crate::demo;

/// Fills an instance without users with demo data, and ends.
#[derive(Debug, Args)]
pub struct Demo {
    #[command(flatten)]
    common: Common,
}

impl Demo {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.common.config()?;
        let settings = self.common.settings(&config)?;
        run_async(&settings, async {
            let filled = demo::fill(&settings, SystemClock.now()).await?;
            terminal::say(if filled {
                "demo data are there"
            } else {
                "this instance has users already: nothing was changed"
            });
            Ok(ExitCode::SUCCESS)
        })
    }
}
