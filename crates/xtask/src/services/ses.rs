//! Amazon's SES v2 by aws-ses-v2-local, an npm package: it takes mails, sends none, and shows at `/store` what it took.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::probe;
use super::server::{Server, Site};
use crate::tools::{self, Found, Need, Tool};

/// See the file.
pub struct Ses;

const VERSION: &str = "2.10.2";

/// Of its package, in the tool's folder.
const ENTRY: &str = "node_modules/aws-ses-v2-local/dist/cli.js";

impl Server for Ses {
    fn name(&self) -> &'static str {
        "ses"
    }

    fn ports(&self) -> &'static [u16] {
        &[3_005]
    }

    fn variable(&self, port: u16) -> (&'static str, String) {
        ("TASKTRACKER_TEST_SES", format!("http://127.0.0.1:{port}"))
    }

    fn find(&self) -> Result<Option<PathBuf>> {
        tools::installed(&program())
    }

    fn install(&self) -> Result<Found> {
        tools::ready(&program())
    }

    fn version(&self, _: &Path) -> Result<String> {
        Ok(format!("aws-ses-v2-local {VERSION}"))
    }

    /// It keeps mails in memory.
    fn prepare(&self, _: &Site) -> Result<()> {
        Ok(())
    }

    fn command(&self, site: &Site) -> Result<Command> {
        let mut command = Command::new("node");
        command
            .arg(&site.program)
            .args(["--host", "127.0.0.1", "--port"])
            .arg(site.port(self.ports()[0]).to_string())
            .env("AWS_SES_ACCOUNT", include_str!("../../../../thirdparty-services/ses/account.json"))
            // With it, it would pass mails on.
            .env_remove("SMTP_TRANSPORT");
        Ok(command)
    }

    /// It wants a signature, but does not look what it says.
    fn check(&self, site: &Site) -> Result<()> {
        let account = probe::http(site.port(self.ports()[0]), "/v2/email/account", "Authorization: AWS xtask\r\n")?;
        ensure!(account.status == 200, "GetAccount answers {}", account.status);
        account
            .body
            .contains("SendQuota")
            .then_some(())
            .context("GetAccount answers something else")
    }
}

/// The package and all it needs, as the lock file says.
fn program() -> Tool {
    Tool {
        name: "aws-ses-v2-local",
        version: VERSION,
        needs: &[
            Need {
                program: "node",
                remedy: "install Node.js 20 or newer",
            },
            Need {
                program: "npm",
                remedy: "install Node.js 20 or newer",
            },
        ],
        executable: ENTRY,
        files: &[
            (
                "package.json",
                include_str!("../../../../thirdparty-services/ses/native/package.json"),
            ),
            (
                "package-lock.json",
                include_str!("../../../../thirdparty-services/ses/native/package-lock.json"),
            ),
        ],
        recipe: "",
        steps: |folder| {
            let mut npm = Command::new("npm");
            npm.current_dir(folder)
                .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=dev"]);
            vec![npm]
        },
        version_call: |folder| {
            let mut node = Command::new("node");
            node.current_dir(folder)
                .args(["--print", "require('./node_modules/aws-ses-v2-local/package.json').version"]);
            node
        },
        version_answer: VERSION,
    }
}
