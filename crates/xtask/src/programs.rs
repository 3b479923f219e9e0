//! The programs of an instance in several processes, built with everything that the real stores need.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use cargo_metadata::MetadataCommand;

use crate::environment;

/// The parts, each a package and a program `tasktracker-<part>`, in the order in which they start.
pub const PARTS: [&str; 5] = ["auth", "core", "analytics", "files", "gateway"];

/// What these packages need for the real stores, as a value of `--features`.
pub fn features(packages: &[&str]) -> String {
    let of_package = |package: &&str| format!("{package}/distributed");
    packages.iter().map(of_package).collect::<Vec<_>>().join(",")
}

/// Builds the programs, and `tasktracker` with them; answers their folder.
///
/// # Errors
///
/// When they do not compile.
pub fn build(release: bool) -> Result<PathBuf> {
    let packages = PARTS.map(|part| format!("tasktracker-{part}"));
    let mut names: Vec<&str> = packages.iter().map(String::as_str).collect();
    names.push("tasktracker");
    let mut command = environment::cargo();
    command.args(["build", "--bins", "--features", &features(&names)]);
    for name in &names {
        command.args(["--package", name]);
    }
    if release {
        command.arg("--release");
    }
    if environment::is_ci() {
        command.arg("--locked");
    }
    if !environment::run(&mut command)?.success() {
        bail!("the programs do not compile");
    }
    folder(release)
}

/// Where cargo puts programs.
///
/// # Errors
///
/// When the workspace cannot be read.
pub fn folder(release: bool) -> Result<PathBuf> {
    let metadata = MetadataCommand::new()
        .manifest_path(environment::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("the workspace cannot be read")?;
    let profile = if release { "release" } else { "debug" };
    Ok(metadata.target_directory.join(profile).into_std_path_buf())
}
