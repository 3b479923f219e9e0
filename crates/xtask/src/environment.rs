//! What xtask takes from its surroundings: the checkout, the cache folder, programs on the path, and whether this is CI.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::{Context, Result, bail};

/// The checkout that this xtask belongs to.
pub fn root() -> PathBuf {
    let here = variable("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let root = PathBuf::from(here).join("../..");
    root.canonicalize().unwrap_or(root)
}

/// Whether this is CI, where nothing may be skipped.
pub fn is_ci() -> bool {
    variable("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

/// Where tools are installed: outside the checkout, so that a fresh clone finds them.
pub fn cache() -> Result<PathBuf> {
    let base = match variable("XDG_CACHE_HOME").filter(|value| Path::new(value).is_absolute()) {
        Some(cache) => PathBuf::from(cache),
        None => std::env::home_dir()
            .context("there is no home directory; set XDG_CACHE_HOME")?
            .join(".cache"),
    };
    Ok(base.join("tasktracker"))
}

/// A setting of xtask itself.
pub fn setting(name: &str) -> Option<std::ffi::OsString> {
    variable(name).filter(|value| !value.is_empty())
}

/// Whether this is root, whom some servers refuse.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// Where a program is found on the path.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = variable("PATH")?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path)
        .map(|folder| folder.join(&file))
        .find(|candidate| candidate.is_file())
}

/// The cargo that runs this xtask, in the checkout.
pub fn cargo() -> Command {
    let mut command = Command::new(variable("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Runs a command with the terminal as its own.
pub fn run(command: &mut Command) -> Result<ExitStatus> {
    command
        .status()
        .with_context(|| format!("cannot start {}", command.get_program().display()))
}

/// Runs a command and answers what it printed; fails, with what it printed, when the command does.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{} ended with {}\n{}{}",
            command.get_program().display(),
            output.status,
            printed,
            complaint.trim_end()
        );
    }
    Ok(printed)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a task runner is steered by its environment; no service links it"
)]
fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}
