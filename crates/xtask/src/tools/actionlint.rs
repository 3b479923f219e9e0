//! actionlint: knows what GitHub takes for a workflow, down to expressions and the inputs of actions.

use std::path::Path;
use std::process::Command;

use super::install::GO;
use super::{Tool, program};

const MODULE: &str = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";

pub fn tool() -> Tool {
    Tool {
        name: "actionlint",
        version: "1.7.12",
        needs: &[GO],
        executable: "actionlint",
        files: &[],
        recipe: MODULE,
        steps,
        version_call: |folder| program(folder, "actionlint", &["-version"]),
        version_answer: "1.7.12",
    }
}

fn steps(folder: &Path) -> Vec<Command> {
    let mut go = Command::new("go");
    go.args(["install", MODULE])
        .env("GOBIN", folder)
        .env("GOFLAGS", "-mod=mod")
        .env("CGO_ENABLED", "0")
        .current_dir(folder);
    vec![go]
}
