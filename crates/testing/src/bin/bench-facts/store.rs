//! A look into the databases of a running server, from outside.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// The databases that have an outbox.
const PRODUCERS: [&str; 3] = ["core", "auth", "files"];

/// The databases of a data directory, for reading.
pub struct Store {
    outboxes: Vec<Connection>,
    log: Connection,
}

impl Store {
    /// Opens them.
    pub fn open(data_dir: &Path) -> anyhow::Result<Self> {
        let open = |name: &str| Connection::open_with_flags(data_dir.join(format!("{name}.db")), OpenFlags::SQLITE_OPEN_READ_ONLY);
        Ok(Self {
            outboxes: PRODUCERS.iter().map(|name| open(name)).collect::<Result<_, _>>()?,
            log: open("events")?,
        })
    }

    /// Events that wait to be published.
    pub fn unpublished(&self) -> anyhow::Result<i64> {
        let mut count = 0;
        for outbox in &self.outboxes {
            count += outbox.query_row("select count(*) from outbox", [], |row| row.get::<_, i64>(0))?;
        }
        Ok(count)
    }

    /// Events that a group has yet to handle, over all groups.
    pub fn unhandled(&self) -> anyhow::Result<i64> {
        let sql =
            "select coalesce(sum(topics.last_position - positions.position), 0) from positions join topics on topics.name = positions.topic
                   where topics.last_position > positions.position";
        Ok(self.log.query_row(sql, [], |row| row.get(0))?)
    }

    /// Whether everything was handled.
    pub fn is_settled(&self) -> anyhow::Result<bool> {
        Ok(self.unpublished()? == 0 && self.unhandled()? == 0)
    }
}
