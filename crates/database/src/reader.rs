//! Reads outside transactions: any sea-orm query runs on it, and each is counted. Writes are refused on SQLite.

use std::sync::Arc;

use sea_orm::prelude::async_trait;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement};

use crate::counts::Counters;

/// The connections for reads; it sees everything that was acknowledged before.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(crate) connection: DatabaseConnection,
    pub(crate) counters: Arc<Counters>,
}

#[async_trait::async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.counters.reads.one();
        self.connection.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.counters.reads.one();
        self.connection.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.counters.reads.one();
        self.connection.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.counters.reads.one();
        self.connection.query_all_raw(statement).await
    }
}
