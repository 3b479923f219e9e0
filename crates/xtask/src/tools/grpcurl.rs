//! grpcurl: what operators use to call a service by hand.

use std::path::Path;
use std::process::Command;

use super::install::GO;
use super::{Tool, program};

const MODULE: &str = "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4";

pub fn tool() -> Tool {
    Tool {
        name: "grpcurl",
        version: "1.9.4",
        needs: &[GO],
        executable: "grpcurl",
        files: &[],
        recipe: MODULE,
        steps,
        version_call: |folder| program(folder, "grpcurl", &["--version"]),
        // Built from its module it does not know.
        version_answer: "",
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
