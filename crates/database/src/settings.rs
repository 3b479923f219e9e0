//! Where a service's data lives: a PostgreSQL URL, or a directory of SQLite files.

use std::path::PathBuf;

use serde::Deserialize;

/// Without a `url` the data is in SQLite files under `data_dir`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `postgres://user:password@host:port[/name]`; without a name each owner has its database `<prefix>_<owner>`.
    pub url: Option<String>,
    /// The directory of SQLite files, one file `<owner>.db` for each owner.
    pub data_dir: PathBuf,
    /// Connections that read beside the one that writes (SQLite).
    pub readers: u32,
    /// How large an owner's SQLite file may become, in bytes (its write-ahead log comes on top): beyond it writes fail as on a full disk,
    /// while the disk still has room for everything else. Unlimited if absent.
    pub most_bytes: Option<u64>,
    /// Connections (PostgreSQL); the sum over all processes must stay below the server's `max_connections`.
    pub pool: u32,
    /// What derived database names begin with (PostgreSQL): instances that share a server differ in it.
    pub prefix: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            url: None,
            data_dir: PathBuf::from("data"),
            readers: 4,
            most_bytes: None,
            pool: 16,
            prefix: "tasktracker".to_owned(),
        }
    }
}

impl Settings {
    /// SQLite files in a directory.
    pub fn sqlite(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            ..Self::default()
        }
    }

    /// A PostgreSQL server.
    pub fn postgres(url: impl Into<String>) -> Self {
        Self {
            url: Some(url.into()),
            ..Self::default()
        }
    }

    /// The URL with the owner's database name, if it names none itself.
    pub(crate) fn url_of(&self, owner: &str) -> Option<String> {
        let url = self.url.as_deref().filter(|url| !url.is_empty())?;
        Some(match named(url) {
            Some(_) => url.to_owned(),
            None => renamed(url, &format!("{}_{owner}", self.prefix)),
        })
    }
}

/// The database that a URL names.
pub(crate) fn named(url: &str) -> Option<&str> {
    let (_, name, _) = parts(url);
    Some(name).filter(|name| !name.is_empty())
}

/// The URL of another database of the same server.
pub(crate) fn renamed(url: &str, name: &str) -> String {
    let (server, _, query) = parts(url);
    format!("{server}/{name}{query}")
}

/// The server, the name of the database, and what follows from the question mark on.
fn parts(url: &str) -> (&str, &str, &str) {
    let (address, query) = url.split_at(url.find('?').unwrap_or(url.len()));
    let after_scheme = address.find("://").map_or(0, |at| at + 3);
    match address[after_scheme..].find('/') {
        Some(slash) => (&address[..after_scheme + slash], &address[after_scheme + slash + 1..], query),
        None => (address, "", query),
    }
}

#[cfg(test)]
mod tests {
    use super::{Settings, renamed};

    #[test]
    fn an_unnamed_database_is_named_after_its_owner() {
        for (url, expected) in [
            ("postgres://h:5432", "postgres://h:5432/tasktracker_core"),
            ("postgres://u:p@h/", "postgres://u:p@h/tasktracker_core"),
            ("postgres://h/?sslmode=disable", "postgres://h/tasktracker_core?sslmode=disable"),
            ("postgres://h/mine", "postgres://h/mine"),
            ("postgresql://h/mine?a=b", "postgresql://h/mine?a=b"),
        ] {
            assert_eq!(Settings::postgres(url).url_of("core").as_deref(), Some(expected));
        }
        assert_eq!(Settings::sqlite("x").url_of("core"), None);
        let other = Settings {
            prefix: "second".to_owned(),
            ..Settings::postgres("postgres://h")
        };
        assert_eq!(other.url_of("core").as_deref(), Some("postgres://h/second_core"));
        assert_eq!(
            renamed("postgres://u:p@h:1/mine?a=b", "postgres"),
            "postgres://u:p@h:1/postgres?a=b"
        );
    }
}
