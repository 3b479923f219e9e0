//! The files under version control, as the rules see them. Read once; new files that git does not ignore count too.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::environment;

/// A text file: its path in the repository, with `/`, and its content.
pub struct File {
    /// Path from the root.
    pub path: String,
    /// Content.
    pub text: String,
}

impl File {
    /// Whether this is Rust code.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether this is one of our protos, not a vendored one.
    pub fn is_own_proto(&self) -> bool {
        self.path.starts_with("proto/tasktracker/") && self.path.ends_with(".proto")
    }
}

/// All text files of the repository.
pub struct Repository {
    /// The checkout.
    pub root: PathBuf,
    /// Its text files by path.
    pub files: Vec<File>,
}

impl Repository {
    /// Reads the checkout. Files that are not UTF-8 are left out.
    pub fn read(root: &Path) -> Result<Self> {
        let mut git = Command::new("git");
        git.current_dir(root)
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let listing = environment::output(&mut git).context("the rules look at the files that git knows")?;
        let mut paths: Vec<&str> = listing.split('\0').filter(|path| !path.is_empty()).collect();
        paths.sort_unstable();
        paths.dedup();
        let read = |path: &str| {
            Some(File {
                path: path.to_owned(),
                text: std::fs::read_to_string(root.join(path)).ok()?,
            })
        };
        Ok(Self {
            root: root.to_owned(),
            files: paths.into_iter().filter_map(read).collect(),
        })
    }

    /// Whether there is such a file.
    pub fn has(&self, path: &str) -> bool {
        self.files.iter().any(|file| file.path == path)
    }

    /// Content of a file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
    }

    /// The Rust files.
    pub fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is_rust())
    }

    /// A repository that exists only in a test.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| File {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        });
        Self {
            root: environment::root(),
            files: files.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_git_knows_and_leaves_out_what_it_ignores() {
        let folder = tempfile::tempdir().unwrap();
        let git = |arguments: &[&str]| environment::output(Command::new("git").current_dir(folder.path()).args(arguments)).unwrap();
        git(&["init", "--quiet"]);
        for (name, text) in [
            ("kept.rs", "//! Kept."),
            ("dropped.rs", "//! Dropped."),
            (".gitignore", "dropped.rs\n"),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        std::fs::write(folder.path().join("picture.png"), [0xff, 0xfe]).unwrap();

        let repository = Repository::read(folder.path()).unwrap();

        let paths: Vec<&str> = repository.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, [".gitignore", "kept.rs"]);
        assert_eq!(repository.text("kept.rs"), Some("//! Kept."));
    }
}
