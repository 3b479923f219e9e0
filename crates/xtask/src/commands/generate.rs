//! `cargo xtask gen`: rewrites what is generated and committed.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::protos::Protos;
use crate::rules::events_doc::Topics;
use crate::rules::{buf, events_doc, images, routes};
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
    let protos = Protos::read(&root)?;
    write(&root, routes::PATH, &routes::table(&protos))?;
    let topics = std::fs::read_to_string(root.join(events_doc::TABLE)).with_context(|| format!("cannot read {}", events_doc::TABLE))?;
    write(&root, events_doc::PATH, &events_doc::document(&protos, &Topics::parse(&topics)?)?)?;
    for (path, text) in images::files() {
        write(&root, &path, &text)?;
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

/// Writes a file, but leaves it alone where nothing changes: its time stamp may make cargo build something anew.
fn write(root: &Path, path: &str, text: &str) -> Result<()> {
    let file = root.join(path);
    if std::fs::read_to_string(&file).is_ok_and(|committed| committed == text) {
        terminal::say(format!("{path} is up to date"));
        return Ok(());
    }
    std::fs::write(&file, text).with_context(|| format!("cannot write {path}"))?;
    terminal::say(format!("wrote {path}"));
    Ok(())
}
