//! Tools that checks and tests need and nobody has to install by hand: each pinned, in its own folder of the cache, made once.

mod buf;
mod grpcurl;
mod install;
mod python;

use std::path::PathBuf;

use anyhow::Result;

pub use install::Found;
use install::Tool;

/// buf, from its npm package.
pub fn buf() -> Result<Found> {
    install::find_or_install(&buf::tool())
}

/// buf, if it is installed already.
#[cfg(test)]
pub fn installed_buf() -> Option<PathBuf> {
    install::find(&buf::tool()).ok().flatten()
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
