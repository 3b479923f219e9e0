//! A Python with the official gRPC client, in a virtual environment of its own: the client that most scripts are written with.

use std::path::Path;
use std::process::Command;

use super::install::PYTHON;
use super::{Tool, program};

/// All of them, those that others bring along too, so that two machines test with the same.
const REQUIREMENTS: &str = "\
googleapis-common-protos==1.76.0
grpcio==1.85.1
grpcio-reflection==1.85.1
grpcio-status==1.85.1
grpcio-tools==1.85.1
protobuf==7.36.2
typing_extensions==4.16.0
";

const IMPORTS: &str = "import grpc_status, grpc_reflection, grpc_tools, grpc; print(grpc.__version__)";

pub fn tool() -> Tool {
    Tool {
        name: "python-grpcio",
        version: "1.85.1",
        needs: &[PYTHON],
        executable: "bin/python",
        files: &[],
        recipe: REQUIREMENTS,
        steps,
        version_call: |folder| program(folder, "bin/python", &["-c", IMPORTS]),
        version_answer: "1.85.1",
    }
}

fn steps(folder: &Path) -> Vec<Command> {
    let mut environment = Command::new("python3");
    environment.args(["-m", "venv"]).arg(folder);
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary",
        ":all:",
    ]);
    pip.args(REQUIREMENTS.lines());
    vec![environment, pip]
}
