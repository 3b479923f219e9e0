//! `cargo xtask up`: builds the binary `tasktracker` and becomes `tasktracker serve`, so that Ctrl-C reaches the server itself. With
//! `--distributed` it starts servers and five processes instead.

mod distributed;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::{environment, programs};

/// Flags; all but `--release` are those of `tasktracker serve`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Start with demo data.
    #[arg(long)]
    demo: bool,
    /// PostgreSQL and the other servers, and one process for each service.
    #[arg(long)]
    distributed: bool,
    /// Port of UI, REST, gRPC-Web and gRPC.
    #[arg(long)]
    port: Option<u16>,
    /// Folder for databases and files.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Build with optimisation: slower to build, faster to run.
    #[arg(long)]
    release: bool,
    /// Further arguments of `tasktracker serve`, after `--`.
    #[arg(last = true)]
    more: Vec<String>,
}

/// Runs.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.distributed {
        return distributed::run(arguments);
    }
    let mut build = environment::cargo();
    build.args(["build", "--package", "tasktracker", "--bin", "tasktracker"]);
    if arguments.release {
        build.arg("--release");
    }
    if !environment::run(&mut build)?.success() {
        return Ok(ExitCode::FAILURE);
    }
    let executable = programs::folder(arguments.release)?.join("tasktracker");
    become_process(Command::new(executable).arg("serve").args(serve_arguments(arguments)))
}

fn serve_arguments(arguments: &Arguments) -> Vec<String> {
    let mut list = Vec::new();
    if arguments.demo {
        list.push("--demo".to_owned());
    }
    if let Some(port) = arguments.port {
        list.extend(["--port".to_owned(), port.to_string()]);
    }
    if let Some(folder) = &arguments.data_dir {
        list.extend(["--data-dir".to_owned(), folder.display().to_string()]);
    }
    list.extend(arguments.more.iter().cloned());
    list
}

fn become_process(command: &mut Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec()).with_context(|| format!("cannot start {}", command.get_program().display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_flags_on() {
        let arguments = Arguments {
            demo: true,
            distributed: false,
            port: Some(9000),
            data_dir: Some("data".into()),
            release: true,
            more: vec!["--print-config".into()],
        };
        assert_eq!(
            serve_arguments(&arguments),
            ["--demo", "--port", "9000", "--data-dir", "data", "--print-config"]
        );
    }
}
