//! buf: lints, formats and compares protos. Its npm package carries the binary, so nothing is downloaded besides.

use std::path::Path;
use std::process::Command;

use super::Tool;

const PACKAGE: &str = "@bufbuild/buf@1.75.0";

pub fn tool() -> Tool {
    Tool {
        name: "buf",
        version: "1.75.0",
        installer: "npm",
        executable: "node_modules/.bin/buf",
        recipe: PACKAGE,
        steps,
        version_arguments: &["--version"],
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
