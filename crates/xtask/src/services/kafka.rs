//! Apache Kafka: the broker's own jars from Maven's repository, as one node that is broker and controller.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::probe;
use super::server::{Server, Site};
use crate::environment;
use crate::tools::{self, Found, Need, Tool};

/// See the file.
pub struct Kafka;

/// What the services want of it; the container gets the same file.
const CONFIGURATION: &str = include_str!("../../../../thirdparty-services/kafka/broker.properties");

const VERSION: &str = "4.1.1";

/// Clients, and the controller's own.
const PORTS: &[u16] = &[4_092, 4_093];

impl Server for Kafka {
    fn name(&self) -> &'static str {
        "kafka"
    }

    fn ports(&self) -> &'static [u16] {
        PORTS
    }

    fn variable(&self, port: u16) -> (&'static str, String) {
        ("TASKTRACKER_TEST_KAFKA", format!("127.0.0.1:{port}"))
    }

    fn find(&self) -> Result<Option<PathBuf>> {
        tools::installed(&jars())
    }

    fn install(&self) -> Result<Found> {
        tools::ready(&jars())
    }

    fn version(&self, _: &Path) -> Result<String> {
        Ok(VERSION.to_owned())
    }

    fn files(&self, site: &Site) -> Vec<(&'static str, String)> {
        vec![("server.properties", properties(site))]
    }

    fn prepare(&self, site: &Site) -> Result<()> {
        if site.data().join("meta.properties").exists() {
            return Ok(());
        }
        let storage = |arguments: &[&str]| -> Result<String> {
            environment::output(
                java(&site.program)?
                    .arg("kafka.tools.StorageTool")
                    .args(arguments)
                    .current_dir(&site.folder),
            )
        };
        let cluster = storage(&["random-uuid"])?;
        storage(&["format", "--cluster-id", cluster.trim(), "--config", "server.properties"])?;
        Ok(())
    }

    fn command(&self, site: &Site) -> Result<Command> {
        let mut command = java(&site.program)?;
        command.arg("kafka.Kafka").arg(site.folder.join("server.properties"));
        Ok(command)
    }

    fn check(&self, site: &Site) -> Result<()> {
        probe::kafka(site.port(PORTS[0]))
    }
}

/// The checked-in file, with addresses and the data directory.
fn properties(site: &Site) -> String {
    let [port, controller] = [PORTS[0], PORTS[1]].map(|offset| site.port(offset));
    format!(
        "{CONFIGURATION}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n\
         controller.quorum.voters=1@127.0.0.1:{controller}\n\
         log.dirs={}\n",
        site.data().display()
    )
}

/// Java with the broker's jars, in little memory.
fn java(jar: &Path) -> Result<Command> {
    let jars = jar.parent().context("the jar lies in no folder")?;
    let mut java = Command::new("java");
    java.args([
        "-Xms64m",
        "-Xmx512m",
        "-XX:+UseSerialGC",
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.net.preferIPv4Stack=true",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-Dorg.slf4j.simpleLogger.showDateTime=true",
        "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
        "-cp",
    ]);
    java.arg(jars.join("*"));
    Ok(java)
}

/// The jars.
fn jars() -> Tool {
    Tool {
        name: "kafka",
        version: VERSION,
        needs: &[
            Need {
                program: "java",
                remedy: "install Java 17 or newer (Debian: openjdk-17-jre-headless)",
            },
            Need {
                program: "mvn",
                remedy: "install Maven (Debian: maven)",
            },
        ],
        executable: "libs/kafka_2.13-4.1.1.jar",
        files: &[("pom.xml", include_str!("../../../../thirdparty-services/kafka/native/pom.xml"))],
        recipe: "",
        steps: |folder| {
            let mut maven = Command::new("mvn");
            maven.current_dir(folder).args([
                "--batch-mode",
                "--quiet",
                "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
                "-DoutputDirectory=libs",
                "-DincludeScope=runtime",
            ]);
            vec![maven]
        },
        version_call: |folder| {
            let mut version = Command::new("java");
            version.current_dir(folder).args(["-cp", "libs/*", "kafka.Kafka", "--version"]);
            version
        },
        version_answer: VERSION,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::Durability;

    #[test]
    fn addresses_are_of_the_place_and_of_this_machine_only() {
        let site = Site {
            folder: "there".into(),
            port_base: 20_000,
            program: "libs/kafka.jar".into(),
            durability: Durability::Kept,
        };
        let properties = properties(&site);
        for line in [
            "listeners=PLAINTEXT://127.0.0.1:24092,CONTROLLER://127.0.0.1:24093",
            "controller.quorum.voters=1@127.0.0.1:24093",
            "log.dirs=there/data",
            "auto.create.topics.enable=false",
        ] {
            assert!(properties.lines().any(|found| found == line), "{line}");
        }
    }
}
