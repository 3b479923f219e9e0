//! A SQLite file with one connection that writes and several that read.

mod group;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{ConnectOptions as _, Connection as _};
use sea_orm::{ConnectOptions, DatabaseConnection};
use tasktracker_server::Lifecycle;

use crate::counts::Counters;
use crate::{OpenError, Settings};
pub(crate) use writer::{Job, Step, WriterHandle};

/// Prepared commands kept by each connection: more than the statements of a service.
const STATEMENTS: usize = 512;
/// Bytes of a page: SQLite's own default.
const PAGE: u64 = 4096;
/// How long another process may hold the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where one owner's file is, and how connections to it are made.
#[derive(Debug, Clone)]
pub(crate) struct File {
    owner: String,
    path: PathBuf,
    most_pages: Option<u64>,
}

impl File {
    /// Makes sure that the file can be written.
    pub(crate) fn prepare(settings: &Settings, owner: &str) -> Result<Self, OpenError> {
        let data_dir = settings.data_dir.as_path();
        let path = data_dir.join(format!("{owner}.db"));
        let refused = |path: &Path, source| OpenError::Unwritable {
            path: path.to_owned(),
            source,
        };
        std::fs::create_dir_all(data_dir).map_err(|error| refused(data_dir, error))?;
        let opened = std::fs::OpenOptions::new().append(true).create(true).open(&path);
        match opened {
            Ok(_) => Ok(Self {
                owner: owner.to_owned(),
                path,
                most_pages: settings.most_bytes.map(|most| most / PAGE),
            }),
            Err(error) if error.kind() == std::io::ErrorKind::StorageFull => Err(OpenError::Full { path }),
            Err(error) => Err(refused(&path, error)),
        }
    }

    fn options(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(&self.path)
            .page_size(4096)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(PATIENCE)
            .foreign_keys(true)
            .pragma("mmap_size", "268435456")
            .pragma("temp_store", "memory")
            .statement_cache_capacity(STATEMENTS)
            .disable_statement_logging()
    }

    /// The connection that writes; it makes the file a database if it is empty.
    pub(crate) async fn writer(&self) -> Result<SqliteConnection, OpenError> {
        let mut options = self.options().pragma("cache_size", "-65536").pragma("wal_autocheckpoint", "2000");
        if let Some(most) = self.most_pages {
            options = options.pragma("max_page_count", most.to_string());
        }
        SqliteConnection::connect_with(&options).await.map_err(|error| self.error(error))
    }

    /// Connections that can only read. None of them is ever replaced or tested: they are in this process.
    pub(crate) async fn readers(&self, most: u32) -> Result<DatabaseConnection, OpenError> {
        let options = self.options().pragma("cache_size", "-16384").pragma("query_only", "on");
        self.pool(options, most).await
    }

    /// One connection for work outside the writer's queue.
    pub(crate) async fn separate(&self) -> Result<DatabaseConnection, OpenError> {
        self.pool(self.options(), 1).await
    }

    async fn pool(&self, sqlite: SqliteConnectOptions, most: u32) -> Result<DatabaseConnection, OpenError> {
        let mut options = ConnectOptions::new("sqlite:");
        options
            .max_connections(most.max(1))
            .min_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .test_before_acquire(false)
            .sqlx_logging(false)
            .map_sqlx_sqlite_opts(move |_| sqlite.clone());
        let opened = sea_orm::Database::connect(options).await;
        opened.map_err(|source| OpenError::Other {
            owner: self.owner.clone(),
            source,
        })
    }

    fn error(&self, error: sea_orm::sqlx::Error) -> OpenError {
        OpenError::sqlite(&self.owner, self.path.clone(), error)
    }
}

/// Opens the writing connection and gives it to a task that owns it.
pub(crate) async fn start_writer(file: &File, counters: &Arc<Counters>, lifecycle: &Lifecycle) -> Result<WriterHandle, OpenError> {
    let connection = file.writer().await?;
    Ok(writer::start(connection, file.clone(), Arc::clone(counters), lifecycle))
}
