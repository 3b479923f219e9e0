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
    /// Programs on the path that install it or that it runs in.
    pub needs: &'static [Need],
    /// Where the executable is, in the tool's folder.
    pub executable: &'static str,
    /// Files that the steps read, put into the tool's folder first: name and content.
    pub files: &'static [(&'static str, &'static str)],
    /// Everything else that decides what gets installed.
    pub recipe: &'static str,
    /// Commands that install into a folder.
    pub steps: fn(&Path) -> Vec<Command>,
    /// Asks what is installed in a folder for its version.
    pub version_call: fn(&Path) -> Command,
    /// Stands in the answer. Empty where the tool does not know its own version.
    pub version_answer: &'static str,
}

/// A program that has to be there already.
pub struct Need {
    /// Its name on the path.
    pub program: &'static str,
    /// What to install where it is not.
    pub remedy: &'static str,
}

/// Node.js.
pub const NPM: Need = Need {
    program: "npm",
    remedy: "install Node.js 20 or newer",
};

/// Go.
pub const GO: Need = Need {
    program: "go",
    remedy: "install Go 1.22 or newer",
};

/// Python.
pub const PYTHON: Need = Need {
    program: "python3",
    remedy: "install Python 3.9 or newer with its `venv` module",
};

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
        None => match missing(tool, |program| environment::program(program).is_some()) {
            Some(why) => Err(why),
            None => install(tool, &cache).map_err(|error| format!("{} {} could not be installed: {error:#}", tool.name, tool.version)),
        },
    };
    match found {
        Ok(executable) => Ok(Found::Ready(executable)),
        Err(why) => missing_here(why),
    }
}

/// What is missing is an error in CI, where nothing may be skipped.
pub fn missing_here(why: String) -> Result<Found> {
    if environment::is_ci() {
        bail!(why);
    }
    Ok(Found::Missing(why))
}

/// What has to be installed by hand first.
fn missing(tool: &Tool, is_there: impl Fn(&str) -> bool) -> Option<String> {
    let missing: Vec<String> = tool
        .needs
        .iter()
        .filter(|need| !is_there(need.program))
        .map(|need| format!("{} needs `{}`, which is not installed: {}", tool.name, need.program, need.remedy))
        .collect();
    (!missing.is_empty()).then(|| missing.join("; "))
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
    for (name, content) in tool.files {
        std::fs::write(folder.join(name), content)?;
    }
    for step in &mut (tool.steps)(&folder) {
        environment::output(step.stdin(Stdio::null()))?;
    }
    verify(tool, &folder)?;
    std::fs::write(folder.join(MARKER), recipe(tool))?;
    Ok(folder.join(tool.executable))
}

/// It runs, and is of the version that was asked for.
fn verify(tool: &Tool, folder: &Path) -> Result<()> {
    let answer = environment::output((tool.version_call)(folder).stdin(Stdio::null())).context("it does not run")?;
    if !answer.contains(tool.version_answer) {
        bail!("it says that it is `{}`, not {}", answer.trim(), tool.version_answer);
    }
    Ok(())
}

/// Written last: without it, or with another recipe in it, the folder is no installation.
const MARKER: &str = "installed.txt";

fn folder(tool: &Tool, cache: &Path) -> PathBuf {
    cache.join(format!("{}-{}", tool.name, tool.version))
}

fn recipe(tool: &Tool) -> String {
    let files: String = tool.files.iter().map(|(name, content)| format!("\n{name}\n{content}")).collect();
    format!("{} {}\n{}{files}", tool.name, tool.version, tool.recipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tool that is a copy of a program that every Unix has.
    fn sample(recipe: &'static str, steps: fn(&Path) -> Vec<Command>) -> Tool {
        Tool {
            name: "sample",
            version: "1",
            needs: &[],
            executable: "program",
            files: &[],
            recipe,
            steps,
            version_call: |folder| {
                let mut program = Command::new(folder.join("program"));
                program.args(["-c", "echo sample 1"]);
                program
            },
            version_answer: "sample 1",
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

    #[cfg(unix)]
    #[test]
    fn another_version_than_asked_for_is_none() {
        let cache = tempfile::tempdir().unwrap();
        let other = Tool {
            version_answer: "sample 2",
            ..sample("a", copy)
        };
        let error = install(&other, cache.path()).unwrap_err();
        assert!(
            error.to_string().contains("it says that it is `sample 1`, not sample 2"),
            "{error:#}"
        );
        assert!(find_in(&other, cache.path()).unwrap().is_none());
    }

    #[cfg(unix)]
    #[test]
    fn a_changed_file_is_a_changed_recipe() {
        let cache = tempfile::tempdir().unwrap();
        let with = |files| Tool {
            files,
            ..sample("a", copy)
        };
        install(&with(&[("pom.xml", "<one/>")]), cache.path()).unwrap();
        assert!(find_in(&with(&[("pom.xml", "<one/>")]), cache.path()).unwrap().is_some());
        assert!(find_in(&with(&[("pom.xml", "<two/>")]), cache.path()).unwrap().is_none());
        assert_eq!(std::fs::read_to_string(cache.path().join("sample-1/pom.xml")).unwrap(), "<one/>");
    }

    #[test]
    fn says_what_to_install_first() {
        let tool = Tool {
            needs: &[GO, NPM],
            ..sample("a", copy)
        };
        assert_eq!(
            missing(&tool, |program| program == "npm").unwrap(),
            "sample needs `go`, which is not installed: install Go 1.22 or newer"
        );
        assert!(missing(&tool, |_| true).is_none());
    }
}
