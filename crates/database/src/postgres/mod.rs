//! The pool of connections to PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, DbErr, RuntimeErr};
use tasktracker_server::Lifecycle;
use tokio::sync::oneshot;

use crate::counts::Counters;
use crate::{CommitError, OpenError, Settings, settings};

/// PostgreSQL's code for a database that does not exist.
const NO_SUCH_DATABASE: &str = "3D000";
/// Its codes for one that somebody else made at the same time.
const MADE_MEANWHILE: [&str; 2] = ["42P04", "23505"];

/// Prepared statements kept by each connection: more than the statements of a service.
const STATEMENTS: usize = 512;
/// A connection that was idle for longer is asked whether it lives before use.
const TRUSTED_FOR: Duration = Duration::from_secs(30);
/// How long a caller waits for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections for reads and writes.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    pub(crate) connection: DatabaseConnection,
    pub(crate) counters: Arc<Counters>,
    lifecycle: Lifecycle,
}

impl Pool {
    pub(crate) async fn open(
        url: &str,
        owner: &str,
        settings: &Settings,
        counters: &Arc<Counters>,
        lifecycle: &Lifecycle,
    ) -> Result<Self, OpenError> {
        let connection = connect(url, owner, settings.pool.max(1)).await?;
        Ok(Self {
            connection,
            counters: Arc::clone(counters),
            lifecycle: lifecycle.clone(),
        })
    }

    /// Runs the work to its end even if the caller goes away. A `begin` of sqlx that is dropped half-way leaves its connection in the
    /// pool with the transaction open, and the next caller's autocommit statement would be acknowledged and never committed.
    pub(crate) async fn to_the_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, CommitError>> + Send + 'static,
    ) -> Result<T, CommitError> {
        let (answer, answered) = oneshot::channel();
        self.lifecycle.spawn("database transaction", async move {
            // The caller may be gone; what the work made is dropped then, an open transaction with it.
            let _ = answer.send(work.await);
        });
        answered.await.unwrap_or(Err(CommitError::Closed))
    }
}

/// A pool of at most this many connections. A database that is missing is made.
pub(crate) async fn connect(url: &str, owner: &str, most: u32) -> Result<DatabaseConnection, OpenError> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(OpenError::BadUrl {
            owner: owner.to_owned(),
            reason: "it starts with something else".to_owned(),
        });
    }
    match try_connect(url, owner, most).await {
        Err(error) if code_of(&error).as_deref() == Some(NO_SUCH_DATABASE) => {
            make(url, owner).await?;
            try_connect(url, owner, most).await
        }
        outcome => outcome,
    }
    .map_err(|source| OpenError::Unreachable {
        owner: owner.to_owned(),
        source,
    })
}

/// Makes the database that the URL names, as an operator would with `createdb`. Of several processes that start at once one makes it.
async fn make(url: &str, owner: &str) -> Result<(), OpenError> {
    let name = settings::named(url).unwrap_or_default();
    let made = async {
        let server = try_connect(&settings::renamed(url, "postgres"), owner, 1).await?;
        let made = server
            .execute_unprepared(&format!("CREATE DATABASE \"{}\"", name.replace('"', "\"\"")))
            .await;
        let closed = server.close().await;
        made.and(closed)
    };
    match made.await {
        Err(error) if !code_of(&error).is_some_and(|code| MADE_MEANWHILE.contains(&code.as_str())) => Err(OpenError::Absent {
            owner: owner.to_owned(),
            name: name.to_owned(),
            source: error,
        }),
        _ => {
            tracing::info!(database = name, "made the database");
            Ok(())
        }
    }
}

/// PostgreSQL's code of an error.
fn code_of(error: &DbErr) -> Option<String> {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return None;
    };
    Some(error.as_database_error()?.code()?.into_owned())
}

async fn try_connect(url: &str, owner: &str, most: u32) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(most)
        .min_connections(1)
        .acquire_timeout(PATIENCE)
        .test_before_acquire_if_idle_for(TRUSTED_FOR)
        .set_application_name(format!("tasktracker {owner}"))
        .sqlx_logging(false)
        .map_sqlx_postgres_opts(|options| options.statement_cache_capacity(STATEMENTS));
    sea_orm::Database::connect(options).await
}
