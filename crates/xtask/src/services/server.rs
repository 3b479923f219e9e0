//! What every server says about itself: ports, installation, start, health and stop. One file beside this one for each.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::{kafka, mongodb, postgres, redis, s3, ses};
use crate::tools::Found;

/// All of them, in the order of the table.
pub const SERVERS: &[&dyn Server] = &[
    &postgres::Postgres,
    &kafka::Kafka,
    &mongodb::MongoDb,
    &s3::S3,
    &ses::Ses,
    &redis::Redis,
];

/// A third-party server.
pub trait Server: Sync {
    /// Its name, also of its folder.
    fn name(&self) -> &'static str;

    /// Its ports, counted from the place's first one. Clients use the first of them.
    fn ports(&self) -> &'static [u16];

    /// The variable by which tests find it, and its value.
    fn variable(&self, port: u16) -> (&'static str, String);

    /// The program, where it is installed.
    fn find(&self) -> Result<Option<PathBuf>>;

    /// The program, installed now if need be.
    fn install(&self) -> Result<Found>;

    /// The version of a program.
    fn version(&self, program: &Path) -> Result<String>;

    /// Configuration files: name in the server's folder, and content. They are written before it starts.
    fn files(&self, _site: &Site) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Makes the data directory, if it is not there.
    fn prepare(&self, site: &Site) -> Result<()>;

    /// What to start.
    fn command(&self, site: &Site) -> Result<Command>;

    /// Asks it something that it can answer only when it works.
    fn check(&self, site: &Site) -> Result<()>;

    /// The signal at which it stops in order, without waiting for its clients.
    fn stop_signal(&self) -> &'static str {
        "TERM"
    }
}

/// Whether what a server has acknowledged outlives the machine's crash. Of a killed process it is always there.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Durability {
    /// As in production.
    Kept,
    /// Quicker: for data that a test makes and nobody wants afterwards.
    GivenUp,
}

/// Where one server is started.
pub struct Site {
    /// Its folder.
    pub folder: PathBuf,
    /// First port of the place.
    pub port_base: u16,
    /// The installed program.
    pub program: PathBuf,
    /// Whether its data matters.
    pub durability: Durability,
}

impl Site {
    /// A port, by its distance from the first.
    pub fn port(&self, offset: u16) -> u16 {
        self.port_base + offset
    }

    /// Where its data is.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

/// The servers of these names; all, when none is named.
///
/// # Errors
///
/// When there is no such server.
pub fn select(names: &[String]) -> Result<Vec<&'static dyn Server>> {
    if let Some(unknown) = names.iter().find(|name| !SERVERS.iter().any(|server| server.name() == **name)) {
        let known: Vec<&str> = SERVERS.iter().map(|server| server.name()).collect();
        bail!("there is no server `{unknown}`; there are {}", known.join(", "));
    }
    let wanted = |server: &&&dyn Server| names.is_empty() || names.iter().any(|name| name == server.name());
    Ok(SERVERS.iter().filter(wanted).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_ports_are_the_same() {
        let mut ports: Vec<u16> = SERVERS.iter().flat_map(|server| server.ports()).copied().collect();
        ports.sort_unstable();
        let all = ports.len();
        ports.dedup();
        assert_eq!(ports.len(), all);
    }

    #[test]
    fn selects_by_name_and_names_what_there_is() {
        let chosen = select(&["kafka".to_owned()]).unwrap();
        assert_eq!(chosen.iter().map(|server| server.name()).collect::<Vec<_>>(), ["kafka"]);
        assert_eq!(select(&[]).unwrap().len(), SERVERS.len());
        let error = select(&["kafak".to_owned()]).err().unwrap().to_string();
        assert!(
            error.starts_with("there is no server `kafak`; there are postgres, kafka"),
            "{error}"
        );
    }
}
