//! compose-model: reads compose files with the library that docker compose uses, so that they can be checked where no container can run.

use std::path::Path;
use std::process::Command;

use super::install::GO;
use super::{Tool, program};

pub fn tool() -> Tool {
    Tool {
        name: "compose-model",
        version: "2.16.2",
        needs: &[GO],
        executable: "compose-model",
        files: &[
            ("main.go", include_str!("main.go")),
            ("go.mod", include_str!("go.mod")),
            ("go.sum", include_str!("go.sum")),
        ],
        recipe: "go build",
        steps,
        version_call: |folder| program(folder, "compose-model", &["-version"]),
        version_answer: "compose-model 2.16.2",
    }
}

fn steps(folder: &Path) -> Vec<Command> {
    let mut go = Command::new("go");
    go.args(["build", "-o", "compose-model", "."])
        .env("GOFLAGS", "-mod=readonly")
        .env("CGO_ENABLED", "0")
        .current_dir(folder);
    vec![go]
}
