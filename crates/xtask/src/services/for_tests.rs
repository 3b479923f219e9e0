//! A set of servers for one run of the tests: empty, quick rather than durable, on ports of their own beside a developer's, and gone
//! afterwards. A server that a variable names already is somebody else's, and taken as it is.

use anyhow::{Result, bail};

use super::{Durability, Outcome, Place, Server, down, print, reset, select, up};
use crate::{environment, terminal};

/// First port of the servers for tests, where nobody says otherwise: outside of the range from which the kernel takes ports.
const PORT_BASE: u16 = 20_000;

/// Servers that run until this is dropped.
pub struct ForTests {
    place: Place,
    started: Vec<&'static dyn Server>,
    /// The variables by which tests find them.
    pub variables: Vec<(&'static str, String)>,
}

impl ForTests {
    /// Starts those that no variable names. Without what one of them needs, it is left out and named; in CI that is an error.
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
        let (given, servers) = split(select(&[])?, |name| environment::setting(name)?.into_string().ok());
        for (variable, address) in &given {
            terminal::say(format!("{variable} is given: {}", without_password(address)));
        }
        // What an interrupted run left.
        reset(&place, &servers)?;
        let started = up(&place, &servers, Durability::GivenUp)?;
        print(&place, &started);
        let for_tests = Self {
            place,
            started: servers,
            variables: [given, super::variables(&started)].concat(),
        };
        if started.iter().any(|started| matches!(started.outcome, Outcome::Failed(_))) {
            bail!("a server does not run");
        }
        Ok(for_tests)
    }
}

impl Drop for ForTests {
    fn drop(&mut self) {
        if let Err(error) = down(&self.place, &self.started) {
            terminal::warn(format!("servers of the tests still run: {error:#}"));
        }
    }
}

/// The variables that are set, and the servers that none of them names.
fn split(
    servers: Vec<&'static dyn Server>,
    setting: impl Fn(&str) -> Option<String>,
) -> (Vec<(&'static str, String)>, Vec<&'static dyn Server>) {
    let (mut given, mut to_start) = (Vec::new(), Vec::new());
    for server in servers {
        let (variable, _) = server.variable(0);
        match setting(variable) {
            Some(address) => given.push((variable, address)),
            None => to_start.push(server),
        }
    }
    (given, to_start)
}

/// An address as it may be shown.
fn without_password(address: &str) -> String {
    match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_variable_names_is_not_started() {
        let all = select(&[]).unwrap();
        let (given, to_start) = split(all.clone(), |name| {
            (name == "TASKTRACKER_TEST_KAFKA").then(|| "kafka:9092".to_owned())
        });
        assert_eq!(given, [("TASKTRACKER_TEST_KAFKA", "kafka:9092".to_owned())]);
        assert_eq!(to_start.len(), all.len() - 1);
        assert!(to_start.iter().all(|server| server.name() != "kafka"));
    }

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(without_password("mongodb://a:b@c@host:1/x"), "mongodb://…@host:1/x");
        assert_eq!(without_password("kafka:9092"), "kafka:9092");
    }
}
