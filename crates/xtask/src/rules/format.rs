//! The code is formatted as rustfmt.toml says.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Rule;
use crate::environment;

pub const RULE: Rule = Rule {
    name: "format",
    promise: "Rust code is formatted",
    remedy: "run `cargo fmt --all`",
    check: |subject| {
        Ok(find(
            environment::cargo().args(["fmt", "--all", "--", "--check", "-l"]),
            &subject.repository.root,
        )?
        .into())
    },
};

/// Files that rustfmt would change.
fn find(rustfmt: &mut Command, root: &Path) -> Result<Vec<String>> {
    let output = rustfmt.output().context("cannot start rustfmt")?;
    let listing = String::from_utf8_lossy(&output.stdout);
    let root = format!("{}/", root.display());
    let files: Vec<String> = listing
        .lines()
        .map(|line| line.strip_prefix(&root).unwrap_or(line).to_owned())
        .collect();
    if files.is_empty() && !output.status.success() {
        bail!("rustfmt ended with {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<Vec<String>> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("sample.rs");
        std::fs::write(&file, text)?;
        find(
            Command::new("rustfmt").args(["--check", "-l"]).arg(&file),
            &folder.path().canonicalize()?,
        )
    }

    #[test]
    fn finds_files_that_are_not_formatted() {
        assert_eq!(check("fn main() {}\n").unwrap(), [""; 0]);
        assert_eq!(check("fn main( ) { }\n").unwrap(), ["sample.rs"]);
        assert!(check("fn main( {\n").is_err());
    }
}
