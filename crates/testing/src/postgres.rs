//! Fresh databases on the PostgreSQL server that `TASKTRACKER_TEST_POSTGRES` names: copied from templates that this process made with the
//! migrations, and dropped when the test is over. Without that variable tests run on SQLite files.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};

use sea_orm::{ConnectionTrait, Database as Server};
use tasktracker_database::{Database, Settings};
use tasktracker_server::Lifecycle;
use tokio::sync::OnceCell;

/// Everybody who has a database.
const OWNERS: [&str; 5] = ["auth", "core", "analytics", "files", "events"];

/// The databases of one system, which vanish with this.
#[derive(Debug)]
pub struct Databases {
    /// The server.
    pub url: String,
    /// What their names begin with.
    pub prefix: String,
}

/// The server, where one is named.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "tests learn of the server by the environment")]
pub fn server() -> Option<String> {
    std::env::var("TASKTRACKER_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

impl Databases {
    /// Makes them, with the schema of this program and nothing in them.
    pub async fn fresh(url: String) -> Self {
        static TEMPLATES: OnceCell<()> = OnceCell::const_new();
        static NEXT: AtomicU32 = AtomicU32::new(0);
        TEMPLATES.get_or_init(|| make_templates(&url)).await;
        let prefix = format!("{}_{}", process(), NEXT.fetch_add(1, Ordering::Relaxed));
        let copies = OWNERS.map(|owner| format!("CREATE DATABASE {prefix}_{owner} TEMPLATE {}_template_{owner}", process()));
        run(&url, &copies).await;
        Self { url, prefix }
    }
}

impl Drop for Databases {
    fn drop(&mut self) {
        let drops = OWNERS.map(|owner| format!("DROP DATABASE IF EXISTS {}_{owner} WITH (FORCE)", self.prefix));
        // The process may be ending: `cargo xtask test` removes what stays.
        let _ = SWEEPER.send((self.url.clone(), drops.to_vec()));
    }
}

/// Drops databases beside the tests.
static SWEEPER: LazyLock<Sender<(String, Vec<String>)>> = LazyLock::new(|| {
    let (sender, receiver) = channel::<(String, Vec<String>)>();
    #[expect(clippy::disallowed_methods, reason = "it outlives each test and its runtime")]
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        for (url, drops) in receiver {
            runtime.block_on(run(&url, &drops));
        }
    });
    sender
});

/// What all names of this process begin with.
fn process() -> String {
    format!("test_{}", std::process::id())
}

async fn make_templates(url: &str) {
    let lifecycle = Lifecycle::new();
    let settings = Settings {
        prefix: format!("{}_template", process()),
        pool: 1,
        ..Settings::postgres(url)
    };
    for owner in OWNERS {
        let db = Database::open(&settings, owner, &lifecycle).await.expect("the server answers");
        let migrated = match owner {
            "auth" => tasktracker_auth::migrate(&db).await,
            "core" => tasktracker_core::migrate(&db).await,
            "analytics" => tasktracker_analytics::migrate(&db).await,
            "files" => tasktracker_files::migrate(&db).await,
            _ => db.migrate::<tasktracker_migrations::events::Migrator>().await,
        };
        migrated.expect("the migrations run");
        db.close().await;
    }
}

async fn run(url: &str, statements: &[String]) {
    let server = Server::connect(format!("{url}/postgres")).await.expect("the server answers");
    for statement in statements {
        server.execute_unprepared(statement).await.expect("the statement works");
    }
    server.close().await.expect("the connection closes");
}
