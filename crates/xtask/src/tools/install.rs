//! Installing a tool once: under a lock, verified by asking it for its version, and marked by a file that holds the recipe.
//! A changed recipe, or an interrupted installation, is made anew.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{environment, terminal};

/// A tool and how to get it.
pub struct Tool {
    /// Name.
    pub name: &'static str,
    /// Version, part of the folder's name.
    pub version: &'static str,
    /// Program on the path that installs it.
    pub installer: &'static str,
    /// Where the executable is, in the tool's folder.
    pub executable: &'static str,
    /// Everything else that decides what gets installed.
    pub recipe: &'static str,
    /// Commands that install into a folder.
    pub steps: fn(&Path) -> Vec<Command>,
    /// Arguments with which it tells its version.
    pub version_arguments: &'static [&'static str],
}

/// A tool, or why there is none.
pub enum Found {
    /// The executable.
    Ready(PathBuf),
    /// What is missing, and what to do.
    Missing(String),
}

/// The installed tool, if it is.
pub fn find(tool: &Tool) -> Result<Option<PathBuf>> {
    find_in(tool, &environment::cache()?)
}

/// The tool, installed now if need be. In CI it is an error when that cannot be done.
pub fn find_or_install(tool: &Tool) -> Result<Found> {
    let cache = environment::cache()?;
    let found = match find_in(tool, &cache)? {
        Some(executable) => Ok(executable),
        None if environment::program(tool.installer).is_none() => {
            Err(format!("{} needs `{}`, which is not installed", tool.name, tool.installer))
        }
        None => install(tool, &cache).map_err(|error| format!("{} {} could not be installed: {error:#}", tool.name, tool.version)),
    };
    match found {
        Ok(executable) => Ok(Found::Ready(executable)),
        Err(why) if environment::is_ci() => bail!(why),
        Err(why) => Ok(Found::Missing(why)),
    }
}

fn find_in(tool: &Tool, cache: &Path) -> Result<Option<PathBuf>> {
    let folder = folder(tool, cache);
    let marker = std::fs::read_to_string(folder.join(MARKER)).unwrap_or_default();
    let executable = folder.join(tool.executable);
    Ok((marker == recipe(tool) && executable.exists()).then_some(executable))
}

fn install(tool: &Tool, cache: &Path) -> Result<PathBuf> {
    let folder = folder(tool, cache);
    std::fs::create_dir_all(cache).with_context(|| format!("cannot make {}", cache.display()))?;
    let lock = File::create(folder.with_added_extension("lock"))?;
    lock.lock().context("cannot wait for another installation")?;
    if let Some(executable) = find_in(tool, cache)? {
        return Ok(executable);
    }
    terminal::say(format!(
        "installing {} {} (once, into {})",
        tool.name,
        tool.version,
        folder.display()
    ));
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    for step in &mut (tool.steps)(&folder) {
        environment::output(step.stdin(Stdio::null()))?;
    }
    let executable = folder.join(tool.executable);
    environment::output(Command::new(&executable).args(tool.version_arguments).stdin(Stdio::null())).context("it does not run")?;
    std::fs::write(folder.join(MARKER), recipe(tool))?;
    Ok(executable)
}

/// Written last: without it, or with another recipe in it, the folder is no installation.
const MARKER: &str = "installed.txt";

fn folder(tool: &Tool, cache: &Path) -> PathBuf {
    cache.join(format!("{}-{}", tool.name, tool.version))
}

fn recipe(tool: &Tool) -> String {
    format!("{} {}\n{}", tool.name, tool.version, tool.recipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tool that is a copy of a program that every Unix has.
    fn sample(recipe: &'static str, steps: fn(&Path) -> Vec<Command>) -> Tool {
        Tool {
            name: "sample",
            version: "1",
            installer: "sh",
            executable: "program",
            recipe,
            steps,
            version_arguments: &["-c", "exit 0"],
        }
    }

    fn copy(folder: &Path) -> Vec<Command> {
        let mut command = Command::new("sh");
        command.args(["-c", "cp \"$(command -v sh)\" \"$0\"/program"]).arg(folder);
        vec![command]
    }

    fn fail(_: &Path) -> Vec<Command> {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no network >&2; exit 3"]);
        vec![command]
    }

    #[cfg(unix)]
    #[test]
    fn installs_once_and_again_when_the_recipe_changes() {
        let cache = tempfile::tempdir().unwrap();
        assert!(find_in(&sample("a", copy), cache.path()).unwrap().is_none());
        let executable = install(&sample("a", copy), cache.path()).unwrap();
        assert_eq!(find_in(&sample("a", fail), cache.path()).unwrap(), Some(executable));
        assert!(find_in(&sample("b", copy), cache.path()).unwrap().is_none());
    }

    #[cfg(unix)]
    #[test]
    fn a_failed_installation_is_none() {
        let cache = tempfile::tempdir().unwrap();
        let error = install(&sample("a", fail), cache.path()).unwrap_err();
        assert!(format!("{error:#}").contains("no network"), "{error:#}");
        assert!(find_in(&sample("a", fail), cache.path()).unwrap().is_none());
    }
}
