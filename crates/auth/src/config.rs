//! What an operator decides about Auth: the section `[auth]` of the configuration.

use anyhow::ensure;
use jiff::SignedDuration;
use serde::Deserialize;

use crate::domain::role::SystemRole;
use crate::domain::session::Lifetimes;
use crate::password_pool::{PasswordCost, PoolLimits};

/// The defaults, with what each key means.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// The section `[auth]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Who may make an account once the first owner exists.
    pub registration: Registration,
    /// Role in the instance of people who register.
    pub default_role: DefaultRole,
    /// A session ends so many hours after signing in.
    pub session_hours: u32,
    /// A session ends when it was not used for so many hours.
    pub session_idle_hours: u32,
    /// Memory of a password hash in KiB.
    pub password_memory_kib: u32,
    /// Passes of a password hash.
    pub password_passes: u32,
    /// Lanes of a password hash.
    pub password_lanes: u32,
    /// Password hashes at once; 0 lets the number of processors decide.
    pub password_hashes_at_once: usize,
}

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Anybody.
    Open,
    /// Nobody.
    Closed,
}

/// Roles that a registration may give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DefaultRole {
    /// May create projects.
    Member,
    /// Sees only projects they are added to.
    Guest,
}

impl Config {
    /// Reads and checks the section.
    ///
    /// # Errors
    /// A value that does not fit, or is not safe to run with.
    pub fn read(config: &tasktracker_server::config::Config) -> anyhow::Result<Self> {
        let section: Self = config.section("auth")?;
        section.check()?;
        Ok(section)
    }

    /// Refuses what is not safe to run with.
    ///
    /// # Errors
    /// A password hash that is too cheap, or a session without end.
    fn check(&self) -> anyhow::Result<()> {
        let floor = PasswordCost::default();
        ensure!(
            self.password_memory_kib >= floor.memory_kib && self.password_passes >= floor.passes && self.password_lanes >= floor.lanes,
            "auth.password_memory_kib, password_passes and password_lanes must be at least {}, {} and {}",
            floor.memory_kib,
            floor.passes,
            floor.lanes
        );
        ensure!((1..=24 * 365).contains(&self.session_hours), "auth.session_hours must be 1 to 8760");
        ensure!(
            (1..=self.session_hours).contains(&self.session_idle_hours),
            "auth.session_idle_hours must be 1 to auth.session_hours"
        );
        Ok(())
    }

    /// How long credentials live.
    #[must_use]
    pub fn lifetimes(&self) -> Lifetimes {
        let hours = |hours: u32| SignedDuration::from_hours(i64::from(hours));
        Lifetimes {
            absolute: hours(self.session_hours),
            idle: hours(self.session_idle_hours),
            ..Lifetimes::default()
        }
    }

    /// Cost of a password hash.
    #[must_use]
    pub fn password_cost(&self) -> PasswordCost {
        PasswordCost {
            memory_kib: self.password_memory_kib,
            passes: self.password_passes,
            lanes: self.password_lanes,
        }
    }

    /// Bounds of hashing.
    #[must_use]
    pub fn pool_limits(&self) -> PoolLimits {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let limits = PoolLimits::for_processors(processors);
        if self.password_hashes_at_once == 0 {
            limits
        } else {
            PoolLimits {
                at_once: self.password_hashes_at_once,
                ..limits
            }
        }
    }
}

impl DefaultRole {
    /// The role.
    #[must_use]
    pub fn role(self) -> SystemRole {
        match self {
            Self::Member => SystemRole::Member,
            Self::Guest => SystemRole::Guest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults() -> Config {
        Config::read(&tasktracker_server::config::Config::defaults(&[DEFAULTS]).unwrap()).unwrap()
    }

    #[test]
    fn the_defaults_are_safe_and_what_is_less_is_refused() {
        let config = defaults();
        assert_eq!(config.lifetimes(), Lifetimes::default());
        assert_eq!(config.password_cost(), PasswordCost::default());
        for unsafe_one in [
            Config {
                password_memory_kib: 1024,
                ..defaults()
            },
            Config {
                password_passes: 1,
                ..defaults()
            },
            Config {
                password_lanes: 0,
                ..defaults()
            },
            Config {
                session_hours: 0,
                ..defaults()
            },
            Config {
                session_idle_hours: 721,
                ..defaults()
            },
        ] {
            assert!(unsafe_one.check().is_err());
        }
    }
}
