//! Starting: all servers at once, each until it answers a question. Whoever runs already in the right form is left alone.

use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::place::{self, Place};
use super::process::{self, Process};
use super::record::Record;
use super::server::{Durability, Server, Site};
use super::{down, status};
use crate::stopwatch::Stopwatch;
use crate::terminal;
use crate::tools::Found;

/// How long a server may take to its first answer. Kafka needs 4 s on an idle machine.
const BOUND: Duration = Duration::from_secs(90);

/// What came of one server.
pub struct Started {
    /// The server.
    pub server: &'static dyn Server,
    /// It runs; or what is missing; or why it failed.
    pub outcome: Outcome,
}

/// What came of it.
pub enum Outcome {
    /// It runs and answers.
    Runs(Record),
    /// It cannot be installed here, and what to do.
    Missing(String),
    /// It should run and does not.
    Failed(anyhow::Error),
}

impl Started {
    /// The variable by which tests find it, if it runs.
    fn variable(&self) -> Option<(&'static str, String)> {
        match &self.outcome {
            Outcome::Runs(record) => Some(self.server.variable(record.port_base + self.server.ports()[0])),
            Outcome::Missing(_) | Outcome::Failed(_) => None,
        }
    }
}

/// The variables by which tests find the servers that run.
pub fn variables(started: &[Started]) -> Vec<(&'static str, String)> {
    started.iter().filter_map(Started::variable).collect()
}

/// Brings servers up, and answers when each runs and answers, or has failed. In CI a server that cannot be installed has failed.
///
/// # Errors
///
/// When nothing can be started here at all.
pub fn up(place: &Place, servers: &[&'static dyn Server], durability: Durability) -> Result<Vec<Started>> {
    if !Path::new("/proc/self/stat").exists() {
        bail!("servers are started natively on Linux only; elsewhere start them with docker compose");
    }
    let _claimed = place.claim()?;
    // One after another: an installation uses all cores.
    let installed: Vec<(&'static dyn Server, Result<Found>)> = servers.iter().map(|server| (*server, server.install())).collect();
    let started = std::thread::scope(|scope| {
        let starting: Vec<_> = installed
            .into_iter()
            .map(|(server, found)| {
                let thread = scope.spawn(move || match found {
                    Ok(Found::Missing(why)) => Outcome::Missing(why),
                    Ok(Found::Ready(program)) => run(server, place, program, durability).map_or_else(Outcome::Failed, Outcome::Runs),
                    Err(error) => Outcome::Failed(error),
                });
                (server, thread)
            })
            .collect();
        starting
            .into_iter()
            .map(|(server, thread)| Started {
                server,
                outcome: thread.join().unwrap_or_else(|_| Outcome::Failed(anyhow::anyhow!("xtask panicked"))),
            })
            .collect()
    });
    Ok(started)
}

/// Leaves a server alone that runs in the right form, or starts it.
fn run(server: &'static dyn Server, place: &Place, program: PathBuf, durability: Durability) -> Result<Record> {
    let version = server.version(&program)?;
    let site = place.site(server, program, durability);
    let form = form(server, &site, &version)?;
    if let Some(record) = Record::running(&site.folder) {
        if record.form == form && status::answers(server, &site).is_ok() {
            return Ok(record);
        }
        terminal::say(format!("{} runs otherwise than it should: starting it anew", server.name()));
        down::stop(server, &site.folder)?;
    }
    Record::remove(&site.folder)?;
    start(server, &site, version, form)
}

fn start(server: &'static dyn Server, site: &Site, version: String, form: String) -> Result<Record> {
    let watch = Stopwatch::start();
    std::fs::create_dir_all(&site.folder)?;
    place::ports_are_free(server, site.port_base)?;
    for (name, content) in server.files(site) {
        std::fs::write(site.folder.join(name), content)?;
    }
    server.prepare(site).context("cannot make its data directory")?;
    let log = log(&site.folder);
    let mut child = process::spawn(server.command(site)?.current_dir(&site.folder), &log)?;
    let record = Record {
        process: Process::of(child.id()).with_context(|| ended(&log))?,
        version,
        program: site.program.clone(),
        port_base: site.port_base,
        form,
    };
    record.write(&site.folder)?;
    if let Err(error) = wait_until_healthy(server, site, &mut child) {
        down::stop(server, &site.folder)?;
        return Err(error);
    }
    terminal::say(format!("{} {} runs after {}", server.name(), record.version, watch.seconds()));
    Ok(record)
}

fn wait_until_healthy(server: &'static dyn Server, site: &Site, child: &mut Child) -> Result<()> {
    let mut last = Ok(());
    let mut has_ended = false;
    process::until(BOUND, || {
        has_ended = !matches!(child.try_wait(), Ok(None));
        last = if has_ended { Ok(()) } else { server.check(site) };
        has_ended || last.is_ok()
    });
    if has_ended {
        bail!(ended(&log(&site.folder)));
    }
    last.with_context(|| {
        format!(
            "it does not answer after {} s; see {}",
            BOUND.as_secs(),
            log(&site.folder).display()
        )
    })
}

/// Everything that decides how a server runs.
fn form(server: &dyn Server, site: &Site, version: &str) -> Result<String> {
    let command = server.command(site)?;
    let files = server.files(site);
    Ok(format!("{version}\n{command:?}\n{files:#?}"))
}

/// Where a server's output goes.
pub fn log(folder: &Path) -> PathBuf {
    folder.join("server.log")
}

/// That it ended, with its last lines.
fn ended(log: &Path) -> String {
    const LINES: usize = 15;
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let last = &lines[lines.len().saturating_sub(LINES)..];
    format!("it ended right after its start; {} ends with\n{}", log.display(), last.join("\n"))
}
