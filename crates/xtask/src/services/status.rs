//! What runs: each server is asked a question, as at its start.

use anyhow::{Context, Result, anyhow};

use super::place::Place;
use super::record::Record;
use super::server::{Durability, Server, Site};
use super::up::{Outcome, Started};

/// What runs here and answers.
pub fn status(place: &Place, servers: &[&'static dyn Server]) -> Vec<Started> {
    let look = |server: &'static dyn Server| match Record::running(&place.folder_of(server)) {
        None => Outcome::Failed(anyhow!("it is not started")),
        Some(record) => match server.check(&site(place, server, &record)) {
            Ok(()) => Outcome::Runs(record),
            Err(error) => Outcome::Failed(error.context(format!("process {} runs but does not answer", record.process.number))),
        },
    };
    let one = |server: &&'static dyn Server| Started {
        server: *server,
        outcome: look(*server),
    };
    servers.iter().map(one).collect()
}

/// Asks a server that runs. It may be busy: it gets a second chance.
pub fn answers(server: &dyn Server, site: &Site) -> Result<()> {
    server.check(site).or_else(|_| server.check(site)).context("it does not answer")
}

/// Where a server was started. The place may have got other ports since.
fn site(place: &Place, server: &dyn Server, record: &Record) -> Site {
    Site {
        folder: place.folder_of(server),
        port_base: record.port_base,
        program: record.program.clone(),
        durability: Durability::Kept,
    }
}
