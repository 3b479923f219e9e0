//! Where a service's data lives: a PostgreSQL URL, or a directory of SQLite files.

use std::path::PathBuf;

use serde::Deserialize;

/// Without a `url` the data is in SQLite files under `data_dir`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `postgres://user:password@host:port[/name]`; without a name each owner has its database `tasktracker_<owner>`.
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
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            url: None,
            data_dir: PathBuf::from("data"),
            readers: 4,
            most_bytes: None,
            pool: 16,
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
        let (address, query) = url.split_once('?').map_or((url, None), |(address, query)| (address, Some(query)));
        let after_scheme = address.find("://").map_or(0, |at| at + 3);
        let named = match address[after_scheme..].find('/') {
            Some(slash) if after_scheme + slash + 1 < address.len() => address.to_owned(),
            Some(_) => format!("{address}tasktracker_{owner}"),
            None => format!("{address}/tasktracker_{owner}"),
        };
        Some(query.map_or(named.clone(), |query| format!("{named}?{query}")))
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;

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
    }
}
