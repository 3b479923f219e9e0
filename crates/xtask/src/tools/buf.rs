//! buf: lints, formats and compares protos. Its npm package carries the binary, so nothing is downloaded besides.

use std::path::Path;
use std::process::Command;

use super::install::NPM;
use super::{Tool, program};

const PACKAGE: &str = "@bufbuild/buf@1.75.0";

pub fn tool() -> Tool {
    Tool {
        name: "buf",
        version: "1.75.0",
        needs: &[NPM],
        executable: "node_modules/.bin/buf",
        files: &[],
        recipe: PACKAGE,
        steps,
        version_call: |folder| program(folder, "node_modules/.bin/buf", &["--version"]),
        version_answer: "1.75.0",
    }
}

fn steps(folder: &Path) -> Vec<Command> {
    let mut npm = Command::new("npm");
    npm.arg("install")
        .arg("--prefix")
        .arg(folder)
        .args(["--no-audit", "--no-fund", "--ignore-scripts", "--save-exact", PACKAGE]);
    vec![npm]
}
