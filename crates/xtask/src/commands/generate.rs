//! `cargo xtask gen`: rewrites what is generated and committed.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::protos::Protos;
use crate::rules::{buf, routes};
use crate::tools::{self, Found};
use crate::{environment, terminal};

/// The OpenAPI document; a test of the all-in-one compares it with what is served.
const OPENAPI: &str = "proto/openapi.json";

/// Flags.
#[derive(clap::Args)]
pub struct Arguments {
    /// Also take the present protos as the released contract that later changes must not break.
    #[arg(long)]
    baseline: bool,
}

/// Runs.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let root = environment::root();
    let table = routes::table(&Protos::read(&root)?);
    let file = root.join(routes::PATH);
    // Left alone where nothing changes: its time stamp makes cargo generate the bindings anew.
    if std::fs::read_to_string(&file).is_ok_and(|committed| committed == table) {
        terminal::say(format!("{} is up to date", routes::PATH));
    } else {
        std::fs::write(&file, table).with_context(|| format!("cannot write {}", routes::PATH))?;
        terminal::say(format!("wrote {}", routes::PATH));
    }
    let document = environment::output(
        environment::cargo()
            .args(["run", "--quiet", "--package", "tasktracker", "--", "openapi"])
            .current_dir(&root),
    )?;
    std::fs::write(root.join(OPENAPI), document).with_context(|| format!("cannot write {OPENAPI}"))?;
    terminal::say(format!("wrote {OPENAPI}"));
    if arguments.baseline {
        match tools::buf()? {
            Found::Ready(executable) => buf::write_baseline(&executable, &root)?,
            Found::Missing(why) => bail!(why),
        }
        terminal::say(format!("wrote {}", buf::BASELINE));
    }
    Ok(ExitCode::SUCCESS)
}
