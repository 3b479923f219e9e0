//! `tasktracker openapi`: prints the OpenAPI document of the REST API, the one that `/openapi.json` serves.

use std::process::ExitCode;

use tasktracker_server::terminal;

use crate::settings::{Settings, defaults};
use crate::system;

/// Prints the document that the defaults give.
pub fn run() -> anyhow::Result<ExitCode> {
    let settings = Settings::read(&defaults()?, Settings::default_data_dir())?;
    terminal::say(system::openapi(&settings)?.trim_end());
    Ok(ExitCode::SUCCESS)
}
