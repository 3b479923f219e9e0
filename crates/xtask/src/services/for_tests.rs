//! A set of servers for one run of the tests: empty, quick rather than durable, on ports of their own beside a developer's, and gone
//! afterwards.

use anyhow::{Result, bail};

use super::{Durability, Outcome, Place, down, print, reset, select, up};
use crate::{environment, terminal};

/// First port of the servers for tests, where nobody says otherwise: outside of the range from which the kernel takes ports.
const PORT_BASE: u16 = 20_000;

/// Servers that run until this is dropped.
pub struct ForTests {
    place: Place,
    /// The variables by which tests find them.
    pub variables: Vec<(&'static str, String)>,
}

impl ForTests {
    /// Starts all of them. Without what one of them needs, it is left out and named; in CI that is an error.
    ///
    /// # Errors
    ///
    /// When one fails to start.
    pub fn start() -> Result<Self> {
        let place = match environment::setting("TASKTRACKER_SERVICES_PORT_BASE") {
            Some(_) => Place::choose(None, None)?,
            None => {
                let folder = Place::choose(None, None)?.folder.with_extension("tests");
                Place::choose(Some(&folder), Some(PORT_BASE))?
            }
        };
        let servers = select(&[])?;
        // What an interrupted run left.
        reset(&place, &servers)?;
        let started = up(&place, &servers, Durability::GivenUp)?;
        print(&place, &started);
        let for_tests = Self {
            place,
            variables: super::variables(&started),
        };
        if started.iter().any(|started| matches!(started.outcome, Outcome::Failed(_))) {
            bail!("a server does not run");
        }
        Ok(for_tests)
    }
}

impl Drop for ForTests {
    fn drop(&mut self) {
        let stopped = select(&[]).and_then(|servers| down(&self.place, &servers));
        if let Err(error) = stopped {
            terminal::warn(format!("servers of the tests still run: {error:#}"));
        }
    }
}
