//! MongoDB's protocol by FerretDB on SQLite, built from its Go module: `mongod` itself comes only as a container's image.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::probe;
use super::server::{Durability, Server, Site};
use crate::tools::{self, Found, Need, Tool};

/// See the file.
pub struct MongoDb;

const VERSION: &str = "1.24.0";

impl Server for MongoDb {
    fn name(&self) -> &'static str {
        "mongodb"
    }

    fn ports(&self) -> &'static [u16] {
        &[2_017]
    }

    fn variable(&self, port: u16) -> (&'static str, String) {
        ("TASKTRACKER_TEST_MONGODB", format!("mongodb://127.0.0.1:{port}"))
    }

    fn find(&self) -> Result<Option<PathBuf>> {
        tools::installed(&program())
    }

    fn install(&self) -> Result<Found> {
        tools::ready(&program())
    }

    fn version(&self, _: &Path) -> Result<String> {
        Ok(format!("FerretDB {VERSION}"))
    }

    fn prepare(&self, site: &Site) -> Result<()> {
        std::fs::create_dir_all(site.data())?;
        Ok(())
    }

    fn command(&self, site: &Site) -> Result<Command> {
        let mut command = Command::new(&site.program);
        command
            .arg("-listen")
            .arg(format!("127.0.0.1:{}", site.port(self.ports()[0])))
            .arg("-data")
            .arg(site.data());
        if site.durability == Durability::GivenUp {
            command.arg("-fast");
        }
        Ok(command)
    }

    fn check(&self, site: &Site) -> Result<()> {
        probe::mongodb(site.port(self.ports()[0]))
    }
}

/// Our main function around its package; the module's sums are checked in.
fn program() -> Tool {
    Tool {
        name: "ferretdb",
        version: VERSION,
        needs: &[Need {
            program: "go",
            remedy: "install Go 1.22 or newer",
        }],
        executable: "ferretdb",
        files: &[
            ("main.go", include_str!("../../../../thirdparty-services/mongodb/native/main.go")),
            ("go.mod", include_str!("../../../../thirdparty-services/mongodb/native/go.mod")),
            ("go.sum", include_str!("../../../../thirdparty-services/mongodb/native/go.sum")),
        ],
        recipe: "SQLite only",
        steps: |folder| {
            let mut go = Command::new("go");
            go.current_dir(folder)
                .args([
                    "build",
                    "-mod=readonly",
                    "-trimpath",
                    "-tags",
                    "ferretdb_no_postgresql",
                    "-o",
                    "ferretdb",
                    ".",
                ])
                .env("CGO_ENABLED", "0")
                .env("GOWORK", "off");
            vec![go]
        },
        version_call: |folder| tools::program(folder, "ferretdb", &["-version"]),
        version_answer: VERSION,
    }
}
