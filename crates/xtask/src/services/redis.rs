//! Redis: the one that is installed, or Debian's package unpacked into the cache. Its own service of the distribution is never touched.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::server::{Server, Site};
use super::{debian, probe};
use crate::environment;
use crate::tools::{self, Found, Tool};

/// See the file.
pub struct Redis;

/// What the services want of it; the container gets the same file.
const CONFIGURATION: &str = include_str!("../../../../thirdparty-services/redis/redis.conf");

impl Server for Redis {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn ports(&self) -> &'static [u16] {
        &[1_379]
    }

    fn variable(&self, port: u16) -> (&'static str, String) {
        ("TASKTRACKER_TEST_REDIS", format!("redis://127.0.0.1:{port}"))
    }

    fn find(&self) -> Result<Option<PathBuf>> {
        match environment::program("redis-server") {
            Some(program) => Ok(Some(program)),
            None => tools::installed(&unpacked()),
        }
    }

    fn install(&self) -> Result<Found> {
        match self.find()? {
            Some(program) => Ok(Found::Ready(program)),
            None => tools::ready(&unpacked()),
        }
    }

    fn version(&self, program: &Path) -> Result<String> {
        let answer = environment::output(call(program).arg("--version"))?;
        version(&answer).map(str::to_owned).context("its version is not known")
    }

    fn files(&self, _: &Site) -> Vec<(&'static str, String)> {
        vec![("redis.conf", CONFIGURATION.to_owned())]
    }

    /// It keeps everything in memory.
    fn prepare(&self, _: &Site) -> Result<()> {
        Ok(())
    }

    fn command(&self, site: &Site) -> Result<Command> {
        let mut command = call(&site.program);
        command
            .arg(site.folder.join("redis.conf"))
            .args(["--bind", "127.0.0.1", "--port"])
            .arg(site.port(self.ports()[0]).to_string())
            .arg("--dir")
            .arg(&site.folder);
        Ok(command)
    }

    fn check(&self, site: &Site) -> Result<()> {
        probe::redis(site.port(self.ports()[0]))
    }
}

fn call(program: &Path) -> Command {
    let mut command = Command::new(program);
    // bin/redis-server of what was unpacked, or of the machine, which has no such folder with libraries of ours.
    debian::with_libraries(&mut command, program.parent().and_then(Path::parent));
    command
}

/// Debian's packages. The program is in the second; the first holds a link to it and would start a service if it were installed.
fn unpacked() -> Tool {
    Tool {
        name: "redis",
        version: "debian",
        needs: debian::NEEDS,
        executable: "bin/redis-server",
        files: &[],
        recipe: "redis-server redis-tools",
        steps: |folder| {
            let mut steps = debian::unpack(folder, &["redis-server", "redis-tools"]);
            let mut link = Command::new("sh");
            link.args(["-c", "cd \"$0\" && ln -s usr/bin bin"]).arg(folder);
            steps.push(link);
            steps
        },
        version_call: |folder| {
            let mut redis = call(&folder.join("bin/redis-server"));
            redis.arg("--version");
            redis
        },
        version_answer: "Redis server v=",
    }
}

/// `Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64` is 7.0.15.
fn version(answer: &str) -> Option<&str> {
    answer.split_once("v=")?.1.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_version() {
        assert_eq!(version("Redis server v=7.0.15 sha=00000000:0 bits=64"), Some("7.0.15"));
        assert_eq!(version("valkey"), None);
    }
}
