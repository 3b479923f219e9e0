//! Everything an RPC of Auth may touch. Clones are the same Auth.

use std::sync::Arc;

use secrecy::SecretString;
use tasktracker_database::cursor::Sealer;
use tasktracker_database::{Database, Time};
use tasktracker_events::{Consumers, DeadLetters, Relay};
use tasktracker_identity::InstanceSecret;
use tasktracker_identity::token::Signer;
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::SharedClock;
use tasktracker_server::ids::Ids;

use crate::changes::Revisions;
use crate::config::Config;
use crate::domain::secret;
use crate::domain::session::Lifetimes;
use crate::password_pool::PasswordPool;

/// The running service.
#[derive(Debug, Clone)]
pub struct App {
    pub(crate) db: Database,
    pub(crate) clock: SharedClock,
    pub(crate) ids: Ids,
    pub(crate) secret: InstanceSecret,
    pub(crate) signer: Arc<Signer>,
    pub(crate) passwords: PasswordPool,
    pub(crate) revisions: Revisions,
    pub(crate) relay: Relay,
    pub(crate) consumers: Consumers,
    pub(crate) pages: Sealer,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) config: Arc<Config>,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) setup_token: Option<SecretString>,
}

impl App {
    /// The token that makes the first owner, while this instance has none: to be shown to whoever started the process. It is known only
    /// here; the next start makes another.
    #[must_use]
    pub fn setup_token(&self) -> Option<String> {
        self.setup_token.as_ref().map(secret::reveal)
    }

    /// The database, for a look at what waits in it.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.db
    }

    /// The groups of Auth.
    #[must_use]
    pub fn consumers(&self) -> &Consumers {
        &self.consumers
    }

    /// Events that Auth could not handle.
    #[must_use]
    pub fn dead_letters(&self) -> DeadLetters {
        self.consumers.dead_letters()
    }

    /// The present moment, as it is stored.
    pub(crate) fn now(&self) -> Time {
        self.clock.now().into()
    }
}
