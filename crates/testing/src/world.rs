//! The whole system on a fresh data directory, behind its real port.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tasktracker::{Settings, System, settings, system};
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::ManualClock;
use tasktracker_server::ids::Ids;
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};

use crate::postgres::{self, Databases};
use crate::user::User;

/// When tests begin: a Friday at noon.
pub const BEGINNING: &str = "2026-05-01T12:00:00Z";
/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery staple";

/// The whole system, for one test.
pub struct World {
    /// The services, for a look inside.
    pub system: System,
    /// The hand-held clock.
    pub clock: Arc<ManualClock>,
    /// Where the gateway listens.
    pub address: SocketAddr,
    /// Boxed, so that futures that hold a world stay small.
    settings: Box<Settings>,
    channel: Channel,
    users: Mutex<HashMap<String, User>>,
    folder: TempDir,
    /// Vanish with the world.
    _databases: Option<Databases>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "World({})", self.address)
    }
}

impl World {
    /// A system without users.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// A system in which nothing follows by itself: for counting what a call alone costs.
    pub async fn still() -> Self {
        Self::start_with(|settings| settings.events.deliver = false).await
    }

    /// A system without users, with other settings.
    pub async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let clock = Arc::new(ManualClock::new(BEGINNING.parse().expect("a moment")));
        let mut settings = Box::new(test_settings(folder.path().join("data")));
        let databases = match postgres::server() {
            Some(url) => Some(Databases::fresh(url).await),
            None => None,
        };
        if let Some(databases) = &databases {
            settings.database.url.clone_from(&databases.url);
            settings.database.prefix.clone_from(&databases.prefix);
            settings.database.pool = 4;
        }
        change(&mut settings);
        let (system, address, channel) = open(&settings, &clock, 1).await;
        Self {
            system,
            clock,
            address,
            settings,
            channel,
            users: Mutex::default(),
            folder,
            _databases: databases,
        }
    }

    /// Stops the system and starts it again on the same data.
    pub async fn restart(self) -> Self {
        self.stop().await;
        self.restart_stopped().await
    }

    async fn restart_stopped(mut self) -> Self {
        let (system, address, channel) = open(&self.settings, &self.clock, 1_000_000).await;
        (self.system, self.address, self.channel) = (system, address, channel);
        self.users.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self
    }

    /// The same, after time has passed in which nothing ran.
    pub async fn restart_after(self, by: Duration) -> Self {
        self.stop().await;
        self.clock.advance(by);
        self.restart_stopped().await
    }

    /// Waits until everything has followed from what happened so far.
    pub async fn settled(&self) {
        self.system.settled().await.expect("it comes to rest");
    }

    /// Stops the system as a signal would.
    pub async fn stop(&self) {
        self.system.stop().await.expect("no task panicked");
    }

    /// A person, who is registered when first named: the first one is the instance's owner, the others are members.
    pub async fn user(&self, name: &str) -> User {
        let known = self.users.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some(user) = known {
            return user;
        }
        let is_first = self.users.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        let setup_token = if is_first { self.system.auth.setup_token() } else { None };
        let user = User::register(self.channel.clone(), self.address, name, setup_token).await;
        self.users
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), user.clone());
        user
    }

    /// A person from before a restart, signed in anew.
    pub async fn again(&self, user: &User) -> User {
        let again = user.moved_to(self.channel.clone(), self.address);
        again.sign_in_again().await;
        again
    }

    /// Somebody who is not signed in.
    #[must_use]
    pub fn stranger(&self) -> User {
        User::stranger(self.channel.clone(), self.address)
    }

    /// Lets time pass. Everybody's access token is renewed where it would have ended.
    pub async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        let users: Vec<User> = self
            .users
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect();
        if by >= Duration::from_secs(240) {
            for user in users {
                user.sign_in_again().await;
            }
        }
    }

    /// A connection to the gateway.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// The data directory.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.system.lifecycle.stop();
    }
}

/// Settings for tests: cheap passwords, any free port, quiet logs.
fn test_settings(data_dir: PathBuf) -> Settings {
    let config = settings::defaults().expect("defaults");
    let mut settings = Settings::read(&config, data_dir).expect("defaults");
    settings.server.port = 0;
    settings.server.admin_port = 0;
    // Far below what an operator may choose: tests sign in hundreds of times.
    settings.auth.password_memory_kib = 64;
    settings.auth.password_passes = 1;
    settings
}

async fn open(settings: &Settings, clock: &Arc<ManualClock>, seed: u64) -> (System, SocketAddr, Channel) {
    std::fs::create_dir_all(Path::new(&settings.data_dir)).expect("the data directory");
    let ids = Ids::seeded(seed, clock.clone());
    let system = System::start(settings, clock.clone(), ids, Lifecycle::new())
        .await
        .expect("the system starts");
    let listener = system::bind((settings.server.address, settings.server.port).into())
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("an address");
    system.serve_gateway(listener);
    let channel = Endpoint::from_shared(format!("http://{address}"))
        .expect("an address")
        .connect()
        .await
        .expect("the gateway answers");
    (system, address, channel)
}
