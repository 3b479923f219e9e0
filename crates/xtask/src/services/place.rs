//! The place of one set of servers: a folder and the first of its ports. A developer has one; CI may have another on the same machine.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::server::{Durability, Server, Site};
use crate::environment;

/// A folder and ports.
pub struct Place {
    /// Folder: one folder inside for each server.
    pub folder: PathBuf,
    /// First port.
    pub port_base: u16,
}

/// The ports of tests: PostgreSQL is 55432, Kafka 59092 and so on.
const PORT_BASE: u16 = 55_000;

/// The distance of the last port from the first is less than this.
const PORTS: u16 = 5_000;

/// Where root has its servers: others than root cannot look into its home directory, and PostgreSQL does not run as root.
const OF_ROOT: &str = "/var/lib/tasktracker-services";

/// Says in the folder what it is, so that no other folder is ever emptied.
const MARKER: &str = "tasktracker-services.txt";

impl Place {
    /// The place that flags or the environment name, or else the developer's own.
    ///
    /// # Errors
    ///
    /// When the ports do not fit, or there is no home directory.
    pub fn choose(folder: Option<&Path>, port_base: Option<u16>) -> Result<Self> {
        let named = folder
            .map(Path::to_owned)
            .or_else(|| environment::setting("TASKTRACKER_SERVICES_DIR").map(PathBuf::from));
        let folder = match named {
            Some(folder) => std::path::absolute(folder)?,
            None => of_this_user()?,
        };
        let port_base = match (port_base, environment::setting("TASKTRACKER_SERVICES_PORT_BASE")) {
            (Some(port), _) => port,
            (None, Some(text)) => text
                .to_str()
                .and_then(|text| text.parse().ok())
                .context("TASKTRACKER_SERVICES_PORT_BASE must be a port number")?,
            (None, None) => PORT_BASE,
        };
        ensure!(
            (1024..=u16::MAX - PORTS).contains(&port_base),
            "the first port must be between 1024 and {}",
            u16::MAX - PORTS
        );
        Ok(Self { folder, port_base })
    }

    /// The folder of a server.
    pub fn folder_of(&self, server: &dyn Server) -> PathBuf {
        self.folder.join(server.name())
    }

    /// A server here.
    pub fn site(&self, server: &dyn Server, program: PathBuf, durability: Durability) -> Site {
        Site {
            folder: self.folder_of(server),
            port_base: self.port_base,
            program,
            durability,
        }
    }

    /// Makes the folder if need be, and keeps others from starting and stopping here until the answer is dropped.
    ///
    /// # Errors
    ///
    /// When the folder is somebody else's.
    pub fn claim(&self) -> Result<File> {
        let show = self.folder.display();
        std::fs::create_dir_all(&self.folder).with_context(|| format!("cannot make {show}"))?;
        let marker = self.folder.join(MARKER);
        if !marker.exists() {
            ensure!(
                std::fs::read_dir(&self.folder)?.next().is_none(),
                "{show} holds something else; name an empty folder"
            );
            std::fs::set_permissions(&self.folder, Permissions::from_mode(0o755))?;
            std::fs::write(&marker, "Data of servers that `cargo xtask services` starts. `reset` empties it.\n")?;
        }
        let lock = File::create(self.folder.join("lock")).with_context(|| format!("cannot write in {show}"))?;
        lock.lock().context("cannot wait for another `cargo xtask services`")?;
        Ok(lock)
    }

    /// Whether there ever was a server here. Then it is ours.
    pub fn is_there(&self) -> bool {
        self.folder.join(MARKER).exists()
    }
}

fn of_this_user() -> Result<PathBuf> {
    let folder = environment::cache()?.join("services");
    if !environment::is_root() || is_open_to_all(&folder) {
        return Ok(folder);
    }
    Ok(PathBuf::from(OF_ROOT))
}

/// Whether every account can reach what lies in the folder.
pub fn is_open_to_all(folder: &Path) -> bool {
    let passable = |folder: &Path| std::fs::metadata(folder).map_or(true, |there| there.permissions().mode() & 0o001 != 0);
    folder.ancestors().all(passable)
}

/// Fails when something else listens on a port that a server needs.
///
/// # Errors
///
/// Names the port.
pub fn ports_are_free(server: &dyn Server, port_base: u16) -> Result<()> {
    for port in server.ports().iter().map(|offset| port_base + offset) {
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_err() {
            bail!("another program has port {port}: stop it, or choose other ports with --port-base");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::server::SERVERS;
    use super::*;

    #[test]
    fn the_default_ports_are_those_that_tests_are_told() {
        let place = Place::choose(None, None).unwrap();
        let addresses: Vec<String> = SERVERS
            .iter()
            .map(|server| server.variable(place.port_base + server.ports()[0]).1)
            .collect();
        assert_eq!(
            addresses,
            [
                "postgres://tasktracker@127.0.0.1:55432",
                "127.0.0.1:59092",
                "mongodb://127.0.0.1:57017",
                "http://tasktracker:tasktracker-development@127.0.0.1:58333",
                "http://127.0.0.1:58005",
                "redis://127.0.0.1:56379",
            ]
        );
    }

    #[test]
    fn every_port_lies_in_the_range() {
        assert!(SERVERS.iter().flat_map(|server| server.ports()).all(|port| *port < PORTS));
        assert!(Place::choose(None, Some(80)).is_err());
        assert!(Place::choose(None, Some(64_000)).is_err());
        assert_eq!(Place::choose(None, Some(20_000)).unwrap().port_base, 20_000);
    }

    #[test]
    fn takes_an_empty_folder_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::choose(Some(folder.path()), None).unwrap();
        assert!(!place.is_there());
        drop(place.claim().unwrap());
        drop(place.claim().unwrap());
        assert!(place.is_there());

        let other = tempfile::tempdir().unwrap();
        std::fs::write(other.path().join("thesis.txt"), "mine").unwrap();
        let error = Place::choose(Some(other.path()), None).unwrap().claim().unwrap_err();
        assert!(error.to_string().contains("holds something else"), "{error}");
    }

    #[test]
    fn sees_who_can_reach_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
        assert!(!is_open_to_all(&inner));
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
        assert!(is_open_to_all(&inner) || !is_open_to_all(&std::env::temp_dir()));
    }

    #[test]
    fn a_taken_port_is_named() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = listener.local_addr().unwrap().port();
        let server = SERVERS[0];
        let base = taken - server.ports()[0];
        let error = ports_are_free(server, base).unwrap_err().to_string();
        assert!(error.contains(&format!("port {taken}")), "{error}");
    }
}
