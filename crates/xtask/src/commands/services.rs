//! `cargo xtask services up|down|status|reset [NAME...]`: the third-party servers on this machine, without containers.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use crate::services::{self, Durability, Outcome, Place, Started};
use crate::terminal;

/// What to do.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Install what is missing, start what does not run, wait until it answers.
    Up {
        #[command(flatten)]
        which: Which,
        /// PostgreSQL does not wait for the disk: for tests, whose data nobody wants after a crash of the machine.
        #[arg(long)]
        fast: bool,
    },
    /// Stop what `up` started.
    Down(Which),
    /// Say what runs; fails when one of them does not.
    Status(Which),
    /// Stop, delete the data, start again.
    Reset {
        #[command(flatten)]
        which: Which,
        /// As with `up`.
        #[arg(long)]
        fast: bool,
    },
}

#[derive(clap::Args)]
struct Which {
    /// postgres, kafka, mongodb, s3, ses, redis; all, when none is named.
    names: Vec<String>,
    /// Folder for data and logs (or TASKTRACKER_SERVICES_DIR).
    #[arg(long)]
    dir: Option<PathBuf>,
    /// First port (or TASKTRACKER_SERVICES_PORT_BASE): PostgreSQL gets this plus 432.
    #[arg(long, value_name = "PORT")]
    port_base: Option<u16>,
}

impl Which {
    fn place(&self) -> Result<Place> {
        Place::choose(self.dir.as_deref(), self.port_base)
    }
}

/// Runs.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    match &arguments.action {
        Action::Up { which, fast } => up(which, *fast),
        Action::Down(which) => {
            services::down(&which.place()?, &services::select(&which.names)?)?;
            Ok(ExitCode::SUCCESS)
        }
        Action::Status(which) => {
            let place = which.place()?;
            let looked = services::status(&place, &services::select(&which.names)?);
            print(&place, &looked);
            let all_run = looked.iter().all(|started| matches!(started.outcome, Outcome::Runs(_)));
            Ok(if all_run { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Action::Reset { which, fast } => {
            services::reset(&which.place()?, &services::select(&which.names)?)?;
            up(which, *fast)
        }
    }
}

fn up(which: &Which, fast: bool) -> Result<ExitCode> {
    let place = which.place()?;
    let durability = if fast { Durability::GivenUp } else { Durability::Kept };
    let started = services::up(&place, &services::select(&which.names)?, durability)?;
    print(&place, &started);
    Ok(if has_failed(&started) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// The table, and the variables by which tests find the servers, to paste into a shell.
fn print(place: &Place, servers: &[Started]) {
    services::print(place, servers);
    let variables = services::variables(servers);
    if !variables.is_empty() {
        terminal::say("");
    }
    for (name, value) in variables {
        terminal::say(format!("export {name}={value}"));
    }
}

/// A server that cannot be installed here is left out, as tests leave out what needs it; in CI that has failed already.
fn has_failed(started: &[Started]) -> bool {
    started.iter().any(|started| matches!(started.outcome, Outcome::Failed(_)))
}
