//! S3 by SeaweedFS, whose PyPI package carries the program: master, volume server, filer and S3 gateway in one process.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::probe;
use super::server::{Server, Site};
use crate::tools::{self, Found, Need, Tool};

/// See the file.
pub struct S3;

const VERSION: &str = "4.48";

const REQUIREMENTS: &str = include_str!("../../../../thirdparty-services/s3/native/requirements.txt");

/// S3; the rest talk to each other on these.
const S3_PORT: u16 = 3_333;
const S3_INTERNAL: u16 = 3_334;
const MASTER: u16 = 3_335;
const MASTER_INTERNAL: u16 = 3_336;
const VOLUME: u16 = 3_337;
const VOLUME_INTERNAL: u16 = 3_338;
const FILER: u16 = 3_339;
const FILER_INTERNAL: u16 = 3_340;

impl Server for S3 {
    fn name(&self) -> &'static str {
        "s3"
    }

    fn ports(&self) -> &'static [u16] {
        &[
            S3_PORT,
            S3_INTERNAL,
            MASTER,
            MASTER_INTERNAL,
            VOLUME,
            VOLUME_INTERNAL,
            FILER,
            FILER_INTERNAL,
        ]
    }

    fn variable(&self, port: u16) -> (&'static str, String) {
        (
            "TASKTRACKER_TEST_S3",
            format!("http://tasktracker:tasktracker-development@127.0.0.1:{port}"),
        )
    }

    fn find(&self) -> Result<Option<PathBuf>> {
        tools::installed(&program())
    }

    fn install(&self) -> Result<Found> {
        tools::ready(&program())
    }

    fn version(&self, _: &Path) -> Result<String> {
        Ok(format!("SeaweedFS {VERSION}"))
    }

    fn files(&self, _: &Site) -> Vec<(&'static str, String)> {
        vec![
            (
                "identities.json",
                include_str!("../../../../thirdparty-services/s3/native/identities.json").to_owned(),
            ),
            // Looked for in the folder where it starts.
            (
                "master.toml",
                include_str!("../../../../thirdparty-services/s3/master.toml").to_owned(),
            ),
        ]
    }

    fn prepare(&self, site: &Site) -> Result<()> {
        std::fs::create_dir_all(site.data())?;
        Ok(())
    }

    fn command(&self, site: &Site) -> Result<Command> {
        let mut command = Command::new(&site.program);
        command.args(["server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"]);
        command.arg(format!("-dir={}", site.data().display()));
        command.arg(format!("-s3.config={}", site.folder.join("identities.json").display()));
        for (flag, offset) in [
            ("s3.port", S3_PORT),
            ("s3.port.grpc", S3_INTERNAL),
            ("master.port", MASTER),
            ("master.port.grpc", MASTER_INTERNAL),
            ("volume.port", VOLUME),
            ("volume.port.grpc", VOLUME_INTERNAL),
            ("filer.port", FILER),
            ("filer.port.grpc", FILER_INTERNAL),
        ] {
            command.arg(format!("-{flag}={}", site.port(offset)));
        }
        command.args([
            // It would report to its makers.
            "-master.telemetry=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            // As S3: a bucket that was not made is an error.
            "-s3.autoCreateBucket=false",
            // Each bucket has volumes of its own; they grow as they are filled.
            "-volume.max=2000",
            "-master.volumeSizeLimitMB=256",
            // It stops at once: nobody else waits for it to leave.
            "-volume.preStopSeconds=0",
        ]);
        Ok(command)
    }

    /// The gateway wants a signature, so it has read who may sign; and the master has a volume server that takes writes.
    fn check(&self, site: &Site) -> Result<()> {
        let unsigned = probe::http(site.port(S3_PORT), "/", "")?;
        ensure!(
            unsigned.status == 403 && unsigned.body.contains("AccessDenied"),
            "the S3 gateway answers {} to a request without signature",
            unsigned.status
        );
        let place = probe::http(site.port(MASTER), "/dir/assign", "")?;
        ensure!(
            place.body.contains("\"fid\""),
            "no volume server takes writes: {}",
            place.body.trim()
        );
        let listing = probe::http(site.port(FILER), "/?limit=1", "").context("the filer")?;
        ensure!(listing.status == 200, "the filer answers {}", listing.status);
        Ok(())
    }
}

/// The program, in a virtual environment of Python.
fn program() -> Tool {
    Tool {
        name: "seaweedfs",
        version: VERSION,
        needs: &[Need {
            program: "python3",
            remedy: "install Python 3.9 or newer with its `venv` module (Debian: python3-venv)",
        }],
        executable: "bin/weed",
        files: &[("requirements.txt", REQUIREMENTS)],
        recipe: "",
        steps: |folder| {
            let mut environment = Command::new("python3");
            environment.args(["-m", "venv"]).arg(folder);
            let mut pip = tools::program(folder, "bin/python", &["-m", "pip", "install", "--quiet"]);
            pip.args([
                "--disable-pip-version-check",
                "--no-deps",
                "--only-binary",
                ":all:",
                "--requirement",
            ])
            .arg(folder.join("requirements.txt"));
            vec![environment, pip]
        },
        version_call: |folder| tools::program(folder, "bin/weed", &["version"]),
        version_answer: VERSION,
    }
}
