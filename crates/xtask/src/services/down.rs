//! Stopping: only what was started here, by its process number and the moment of its start; and emptying data directories.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::place::Place;
use super::record::Record;
use super::server::Server;
use crate::terminal;

/// How long a server may take to stop in order.
const BOUND: Duration = Duration::from_secs(30);

/// Stops servers, all at once.
///
/// # Errors
///
/// Names those that cannot be stopped.
pub fn down(place: &Place, servers: &[&'static dyn Server]) -> Result<()> {
    if !place.is_there() {
        return Ok(());
    }
    let _claimed = place.claim()?;
    std::thread::scope(|scope| {
        let stopping: Vec<_> = servers
            .iter()
            .map(|server| (server.name(), scope.spawn(|| stop(*server, &place.folder_of(*server)))))
            .collect();
        let mut problems = Vec::new();
        for (name, thread) in stopping {
            match thread.join() {
                Ok(Ok(true)) => terminal::say(format!("{name} is stopped")),
                Ok(Ok(false)) => terminal::say(format!("{name} was not running")),
                Ok(Err(error)) => problems.push(format!("{name}: {error:#}")),
                Err(_) => problems.push(format!("{name}: xtask panicked")),
            }
        }
        if !problems.is_empty() {
            bail!(problems.join("\n"));
        }
        Ok(())
    })
}

/// Stops servers and deletes their data.
///
/// # Errors
///
/// When one cannot be stopped, or data cannot be deleted.
pub fn reset(place: &Place, servers: &[&'static dyn Server]) -> Result<()> {
    down(place, servers)?;
    if !place.is_there() {
        return Ok(());
    }
    let _claimed = place.claim()?;
    for server in servers {
        let folder = place.folder_of(*server);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("cannot delete {}", folder.display()))?;
        }
    }
    Ok(())
}

/// Stops the server that was started in this folder; answers whether it ran.
pub fn stop(server: &dyn Server, folder: &Path) -> Result<bool> {
    let Some(record) = Record::running(folder) else {
        Record::remove(folder)?;
        return Ok(false);
    };
    record.process.signal(server.stop_signal())?;
    if !record.process.ends_within(BOUND) {
        terminal::warn(format!(
            "{} does not stop within {} s: it is killed",
            server.name(),
            BOUND.as_secs()
        ));
        record.process.signal("KILL")?;
        if !record.process.ends_within(BOUND) {
            bail!("process {} does not end", record.process.number);
        }
    }
    Record::remove(folder)?;
    Ok(true)
}
