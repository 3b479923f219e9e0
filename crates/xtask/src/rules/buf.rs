//! What buf knows of protos: lint, format, and no change that breaks clients generated from `proto/baseline.binpb`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Rule, Verdict};
use crate::tools::{self, Found};

pub const RULE: Rule = Rule {
    name: "buf",
    promise: "protos are linted, formatted, and break nobody",
    remedy: "buf's messages name the place; `buf format --write --path proto/tasktracker` formats; a break needs a new field, RPC or package",
    check: |subject| match tools::buf()? {
        Found::Ready(buf) => Ok(find(&buf, &subject.repository.root)?.into()),
        Found::Missing(why) => Ok(Verdict::Skipped(why)),
    },
};

/// The released contract that the present one is held against; `cargo xtask gen --baseline` writes it.
pub const BASELINE: &str = "proto/baseline.binpb";

/// Our protos; the vendored ones beside them are not ours to format.
const OURS: [&str; 2] = ["--path", "proto/tasktracker"];

fn find(buf: &Path, root: &Path) -> Result<Vec<String>> {
    let mut findings = complaints(command(buf, root).arg("lint"))?;
    findings.extend(complaints(command(buf, root).args(["format", "--diff", "--exit-code"]).args(OURS))?);
    if root.join(BASELINE).exists() {
        findings.extend(find_breaks(buf, root)?);
    }
    Ok(findings)
}

/// Compares images: buf refuses to compare a workspace of two modules with one image.
fn find_breaks(buf: &Path, root: &Path) -> Result<Vec<String>> {
    let image = std::env::temp_dir().join(format!("tasktracker-protos-{}.binpb", std::process::id()));
    let built = complaints(command(buf, root).arg("build").args(OURS).arg("--output").arg(&image))?;
    if !built.is_empty() {
        return Ok(built);
    }
    let breaks = complaints(
        command(buf, root)
            .arg("breaking")
            .arg(&image)
            .args(["--against", BASELINE, "--config", "buf.yaml"]),
    );
    std::fs::remove_file(&image).with_context(|| format!("cannot remove {}", image.display()))?;
    breaks
}

/// Writes the present contract as the baseline.
pub fn write_baseline(buf: &Path, root: &Path) -> Result<()> {
    let mut build = command(buf, root);
    build
        .arg("build")
        .args(OURS)
        .args(["--exclude-source-info", "--as-file-descriptor-set", "--output", BASELINE]);
    crate::environment::output(&mut build).map(drop)
}

fn command(buf: &Path, root: &Path) -> Command {
    let mut command = Command::new(buf);
    command.current_dir(root);
    command
}

/// What buf has to say; nothing if it is content.
fn complaints(command: &mut Command) -> Result<Vec<String>> {
    let output = command.output().context("cannot start buf")?;
    if output.status.success() {
        return Ok(Vec::new());
    }
    let text = [output.stdout, output.stderr].concat();
    let mut lines: Vec<String> = String::from_utf8_lossy(&text).lines().map(str::to_owned).collect();
    if lines.is_empty() {
        lines.push(format!("buf ended with {} and said nothing", output.status));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs only where buf is installed already: a unit test installs nothing.
    #[test]
    fn finds_lint_format_and_breaks() {
        let Some(buf) = tools::installed_buf() else { return };
        let folder = tempfile::tempdir().unwrap();
        let write = |field: &str| {
            let text = format!(
                "// A sample.\nsyntax = \"proto3\";\n\npackage tasktracker.sample.v1;\n\n// A thing.\nmessage Thing {{\n  {field}\n}}\n"
            );
            std::fs::write(folder.path().join("proto/tasktracker/sample/v1/sample.proto"), text).unwrap();
        };
        std::fs::create_dir_all(folder.path().join("proto/tasktracker/sample/v1")).unwrap();
        std::fs::write(
            folder.path().join("buf.yaml"),
            "version: v2\nmodules:\n  - path: proto\nlint:\n  use: [STANDARD, COMMENTS]\nbreaking:\n  use: [FILE]\n",
        )
        .unwrap();

        write("// Its name.\n  string name = 1;");
        assert_eq!(find(&buf, folder.path()).unwrap(), [""; 0]);
        write_baseline(&buf, folder.path()).unwrap();
        assert_eq!(find(&buf, folder.path()).unwrap(), [""; 0]);

        write("// Its title.\n  string title = 1;");
        assert!(find(&buf, folder.path()).unwrap().iter().any(|line| line.contains("changed name")));
        write("string name = 1;");
        assert!(find(&buf, folder.path()).unwrap().iter().any(|line| line.contains("comment")));
        write("// Its name.\n  string name=1;");
        assert!(!find(&buf, folder.path()).unwrap().is_empty());
    }
}
