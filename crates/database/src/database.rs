//! One service's database: readers, transactions, migrations, and turns.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};
use sea_orm_migration::MigratorTrait;
use tasktracker_server::Lifecycle;
use uuid::Uuid;

use crate::counts::Counters;
use crate::postgres::{self, Pool};
use crate::sqlite::{self, WriterHandle};
use crate::turns::Turns;
use crate::{Counts, OpenError, Reader, Settings, Transaction, Turn};

/// A handle; all clones are the same database. Its SQLite writer ends when the last one is dropped, or with [`Database::close`].
#[derive(Debug, Clone)]
pub struct Database(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    owner: String,
    source: Source,
    reader: Reader,
    store: Store,
    counters: Arc<Counters>,
    turns: Turns,
}

#[derive(Debug)]
enum Source {
    File(sqlite::File),
    Url(String),
}

/// Where transactions go.
#[derive(Debug)]
pub(crate) enum Store {
    Sqlite(WriterHandle),
    Postgres(Pool),
}

impl Database {
    /// Opens the owner's database: the file `<owner>.db` in the data directory, which is made if it is missing, or the database
    /// of a PostgreSQL server, which is made if it is missing and the role may do so.
    ///
    /// # Errors
    /// It cannot be opened; the message says what to do.
    pub async fn open(settings: &Settings, owner: &str, lifecycle: &Lifecycle) -> Result<Self, OpenError> {
        let counters = Arc::<Counters>::default();
        let (source, connection, store) = if let Some(url) = settings.url_of(owner) {
            let pool = Pool::open(&url, owner, settings, &counters, lifecycle).await?;
            (Source::Url(url), pool.connection.clone(), Store::Postgres(pool))
        } else {
            let file = sqlite::File::prepare(settings, owner)?;
            let writer = sqlite::start_writer(&file, &counters, lifecycle).await?;
            let readers = file.readers(settings.readers).await?;
            (Source::File(file), readers, Store::Sqlite(writer))
        };
        let reader = Reader {
            connection,
            counters: Arc::clone(&counters),
        };
        Ok(Self(Arc::new(Inner {
            owner: owner.to_owned(),
            source,
            reader,
            store,
            counters,
            turns: Turns::new(),
        })))
    }

    /// The dialect.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.0.reader.get_database_backend()
    }

    /// For queries outside transactions.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.0.reader
    }

    /// Collects writes; nothing is sent before its commit or a read in it.
    pub fn begin(&self) -> Transaction {
        Transaction::new(self.clone())
    }

    /// Waits for this process's turn to write an aggregate. It only saves needless retries: guards decide. Different ids may share a
    /// turn, so take one at a time, and before `begin`.
    pub async fn turn(&self, id: Uuid) -> Turn {
        self.0.turns.take(id).await
    }

    /// Brings the schema up to date.
    ///
    /// # Errors
    /// A migration failed, or the database holds one that this program does not know.
    pub async fn migrate<M: MigratorTrait>(&self) -> Result<(), OpenError> {
        // A connection of its own: DDL must not wait in the writer's queue, nor its session lock leak into the pool.
        let connection = match &self.0.source {
            Source::File(file) => file.separate().await?,
            Source::Url(url) => postgres::connect(url, &self.0.owner, 1).await?,
        };
        let outcome = self.migrate_on::<M>(&connection).await;
        let closed = connection.close().await.map_err(|source| OpenError::Migration {
            owner: self.0.owner.clone(),
            source,
        });
        outcome.and(closed)
    }

    async fn migrate_on<M: MigratorTrait>(&self, connection: &DatabaseConnection) -> Result<(), OpenError> {
        let failed = |source: DbErr| OpenError::Migration {
            owner: self.0.owner.clone(),
            source,
        };
        if self.backend() == DbBackend::Postgres {
            // Two processes that start at once: the second waits, and finds nothing left to do. Ends with the session.
            connection
                .execute_unprepared("SELECT pg_advisory_lock(7235411)")
                .await
                .map_err(failed)?;
        }
        M::install(connection).await.map_err(failed)?;
        let known = M::migrations();
        let applied = M::get_migration_models(connection).await.map_err(failed)?;
        let unknown = applied
            .into_iter()
            .find(|row| known.iter().all(|migration| migration.name() != row.version));
        if let Some(row) = unknown {
            return Err(OpenError::NewerSchema {
                owner: self.0.owner.clone(),
                migration: row.version,
            });
        }
        M::up(connection, None).await.map_err(failed)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.0.reader.execute_unprepared("SELECT 1").await.map(drop)
    }

    /// Finishes what was accepted, refuses what comes after, and closes the connections.
    pub async fn close(&self) {
        if let Store::Sqlite(writer) = &self.0.store {
            writer.close().await;
        }
        if let Err(error) = self.0.reader.connection.close_by_ref().await {
            tracing::warn!(%error, "closing the database failed");
        }
    }

    /// How much was sent since the database was opened.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.0.counters.counts()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.0.counters
    }
}
