//! Tools that checks and tests need and nobody has to install by hand: each pinned, in its own folder of the cache, made once.

mod actionlint;
mod buf;
mod compose;
mod grpcurl;
mod install;
mod python;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

pub use install::{Found, Need, Tool};

/// buf, from its npm package.
pub fn buf() -> Result<Found> {
    install::find_or_install(&buf::tool())
}

/// buf, if it is installed already.
#[cfg(test)]
pub fn installed_buf() -> Option<PathBuf> {
    install::find(&buf::tool()).ok().flatten()
}

/// The reader of compose files.
pub fn compose_model() -> Result<Found> {
    install::find_or_install(&compose::tool())
}

/// The reader of compose files, if it is installed already.
#[cfg(test)]
pub fn installed_compose_model() -> Option<PathBuf> {
    install::find(&compose::tool()).ok().flatten()
}

/// The linter of workflows.
pub fn actionlint() -> Result<Found> {
    install::find_or_install(&actionlint::tool())
}

/// What the polyglot tests need, with the variables by which they find it.
pub fn for_tests() -> Vec<(&'static str, Tool)> {
    vec![
        ("TASKTRACKER_TEST_BUF", buf::tool()),
        ("TASKTRACKER_TEST_PYTHON", python::tool()),
        ("TASKTRACKER_TEST_GRPCURL", grpcurl::tool()),
    ]
}

/// Finds or installs a tool.
pub fn ready(tool: &Tool) -> Result<Found> {
    install::find_or_install(tool)
}

/// A tool that is installed already.
pub fn installed(tool: &Tool) -> Result<Option<PathBuf>> {
    install::find(tool)
}

/// What cannot be installed is missing; in CI that is an error.
pub fn missing(why: String) -> Result<Found> {
    install::missing_here(why)
}

/// A call of a program in a tool's folder.
pub fn program(folder: &Path, executable: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(folder.join(executable));
    command.args(arguments);
    command
}
