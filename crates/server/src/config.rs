//! Configuration in layers: built-in defaults, one file, the environment, flags. Every known key stands in a `config.default.toml`, so a key
//! that does not is refused with the nearest known one. Each value remembers where it came from.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// Prefix of every environment variable of this project.
pub const ENV_PREFIX: &str = "TASKTRACKER_";

/// The defaults of what every process knows, with what each key means.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// A configuration, whole and checked.
#[derive(Debug, Clone)]
pub struct Config {
    values: Table,
    origins: BTreeMap<String, String>,
    /// Where the sources also speak to other processes: the sections of which this one knows only some keys.
    glimpsed: Option<&'static [&'static str]>,
}

/// Sections that some process of an instance knows. One that does not passes over them.
const SECTIONS: [&str; 13] = [
    "server",
    "database",
    "events",
    "ephemeral",
    "instance",
    "log",
    "mail",
    "services",
    "auth",
    "core",
    "analytics",
    "files",
    "gateway",
];

impl Config {
    /// Starts with the defaults of a process: the `config.default.toml` of each of its parts.
    ///
    /// # Errors
    /// A default cannot be read: a defect of this program.
    pub fn defaults(parts: &[&str]) -> anyhow::Result<Self> {
        let mut config = Self {
            values: Table::new(),
            origins: BTreeMap::new(),
            glimpsed: None,
        };
        for part in parts {
            let table: Table = toml::from_str(part).context("a config.default.toml cannot be read")?;
            for (section, value) in table {
                ensure!(!config.values.contains_key(&section), "two parts define the section [{section}]");
                config.values.insert(section, value);
            }
        }
        Ok(config)
    }

    /// From here on what only other processes know is passed over, so that one file and one environment can serve them all: their sections,
    /// and unknown keys of the `glimpsed` ones.
    #[must_use]
    pub fn one_of_many(mut self, glimpsed: &'static [&'static str]) -> Self {
        self.glimpsed = Some(glimpsed);
        self
    }

    /// Whether a key is meant for another process.
    fn is_for_others(&self, key: &str) -> bool {
        let section = key.split('.').next().unwrap_or(key);
        let Some(glimpsed) = self.glimpsed else { return false };
        let is_own = self.values.contains_key(section) && !glimpsed.contains(&section);
        SECTIONS.contains(&section) && !is_own && self.lookup(key).is_none()
    }

    /// Lays a file over it.
    ///
    /// # Errors
    /// The file cannot be read, is no TOML, or has an unknown key or a value of another type.
    pub fn file(mut self, path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("the configuration {} cannot be read", path.display()))?;
        let table: Table = toml::from_str(&text).with_context(|| format!("the configuration {} is no TOML", path.display()))?;
        let origin = path.display().to_string();
        for (key, value) in leaves("", &table) {
            if !self.is_for_others(&key) {
                self.put(&key, value, &origin)?;
            }
        }
        Ok(self)
    }

    /// Lays the process's environment over it: `TASKTRACKER_SECTION__KEY`, or `TASKTRACKER_SECTION__KEY_FILE` with the name of a file that holds
    /// the value.
    ///
    /// # Errors
    /// An unknown key, a value of another type, or a file that cannot be read.
    #[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
    pub fn env(self) -> anyhow::Result<Self> {
        self.variables(std::env::vars())
    }

    /// The same with given variables.
    ///
    /// # Errors
    /// As `env`.
    pub fn variables(mut self, variables: impl IntoIterator<Item = (String, String)>) -> anyhow::Result<Self> {
        for (name, text) in variables {
            let Some(path) = name.strip_prefix(ENV_PREFIX).filter(|path| path.contains("__")) else {
                continue;
            };
            let key = path.to_lowercase().replace("__", ".");
            let is_file_of_own = key.strip_suffix("_file").is_some_and(|key| self.lookup(key).is_some());
            if self.is_for_others(&key) && !is_file_of_own {
                continue;
            }
            let origin = format!("environment {name}");
            if self.lookup(&key).is_none()
                && let Some(key) = key.strip_suffix("_file")
                && self.lookup(key).is_some()
            {
                let content = std::fs::read_to_string(&text).with_context(|| format!("{name} names {text}, which cannot be read"))?;
                self.put_text(key, content.trim_end(), &format!("file {text} of {origin}"))?;
                continue;
            }
            self.put_text(&key, &text, &origin)?;
        }
        Ok(self)
    }

    /// Lays a flag's value over it.
    ///
    /// # Errors
    /// An unknown key or a value of another type.
    pub fn flag(mut self, key: &str, text: &str, flag: &str) -> anyhow::Result<Self> {
        self.put_text(key, text, flag)?;
        Ok(self)
    }

    /// A section as its type.
    ///
    /// # Errors
    /// A value does not fit, such as a negative port.
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> anyhow::Result<T> {
        let value = self.values.get(name).with_context(|| format!("no section [{name}]"))?.clone();
        value
            .try_into()
            .with_context(|| format!("the section [{name}] of the configuration is invalid"))
    }

    /// Every key with its value and where it came from; secrets are hidden.
    #[must_use]
    pub fn print(&self) -> String {
        let mut lines = String::new();
        for (key, value) in leaves("", &self.values) {
            let shown = if is_secret(&key) && value.as_str().is_none_or(|text| !text.is_empty()) {
                "\"(hidden)\"".to_owned()
            } else {
                value.to_string()
            };
            let origin = self.origins.get(&key).map_or("default", String::as_str);
            lines += &format!("{key} = {shown}  # {origin}\n");
        }
        lines
    }

    fn put_text(&mut self, key: &str, text: &str, origin: &str) -> anyhow::Result<()> {
        let known = self.lookup(key).ok_or_else(|| self.unknown(key, origin))?;
        let wrong = |kind: &str| anyhow::anyhow!("{origin}: {key} must be {kind}");
        let value = match known {
            Value::String(_) => Value::String(text.to_owned()),
            Value::Integer(_) => Value::Integer(text.trim().parse().map_err(|_| wrong("a whole number"))?),
            Value::Float(_) => Value::Float(text.trim().parse().map_err(|_| wrong("a number"))?),
            Value::Boolean(_) => Value::Boolean(text.trim().parse().map_err(|_| wrong("true or false"))?),
            Value::Array(_) => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Value::Array(items.map(|item| Value::String(item.to_owned())).collect())
            }
            Value::Datetime(_) | Value::Table(_) => bail!("{origin}: {key} is a section, not a value"),
        };
        self.put(key, value, origin)
    }

    fn put(&mut self, key: &str, value: Value, origin: &str) -> anyhow::Result<()> {
        let known = self.lookup(key).ok_or_else(|| self.unknown(key, origin))?;
        ensure!(
            known.type_str() == value.type_str(),
            "{origin}: {key} must be of type {}, not {}",
            known.type_str(),
            value.type_str()
        );
        let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
        let mut table = &mut self.values;
        for part in section.split('.').filter(|part| !part.is_empty()) {
            table = table.get_mut(part).and_then(Value::as_table_mut).expect("looked up above");
        }
        table.insert(name.to_owned(), value);
        self.origins.insert(key.to_owned(), origin.to_owned());
        Ok(())
    }

    fn lookup(&self, key: &str) -> Option<&Value> {
        let mut parts = key.split('.');
        let first = self.values.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.as_table()?.get(part))
    }

    fn unknown(&self, key: &str, origin: &str) -> anyhow::Error {
        let known = leaves("", &self.values);
        let nearest = known
            .iter()
            .map(|(known, _)| known)
            .min_by_key(|known| strsim::levenshtein(known, key));
        match nearest {
            Some(nearest) => anyhow::anyhow!("{origin}: there is no key {key}; did you mean {nearest}?"),
            None => anyhow::anyhow!("{origin}: there is no key {key}"),
        }
    }
}

/// Whether a key's value must not be shown.
fn is_secret(key: &str) -> bool {
    const SECRET: [&str; 6] = ["secret", "secret_key", "secret_access_key", "password", "token", "url"];
    let name = key.rsplit('.').next().unwrap_or(key);
    SECRET.iter().any(|word| name.ends_with(word)) && name != "public_url"
}

fn leaves(prefix: &str, table: &Table) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (name, value) in table {
        let key = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        match value {
            Value::Table(inner) => found.extend(leaves(&key, inner)),
            value => found.push((key, value.clone())),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "[gateway]\nport = 8080\ncors_origins = []\npublic_url = \"\"\n[instance]\nsecret = \"\"\n";

    fn variables(pairs: &[(&str, &str)]) -> anyhow::Result<Config> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::defaults(&[SAMPLE]).unwrap().variables(pairs)
    }

    #[test]
    fn later_layers_win_and_say_so() {
        let config = variables(&[
            ("TASKTRACKER_GATEWAY__PORT", "9000"),
            ("TASKTRACKER_GATEWAY__CORS_ORIGINS", "https://a, https://b"),
        ])
        .unwrap();
        let config = config.flag("gateway.port", "9100", "--port").unwrap();
        let printed = config.print();
        assert!(printed.contains("gateway.port = 9100  # --port"), "{printed}");
        assert!(
            printed.contains(r#"gateway.cors_origins = ["https://a", "https://b"]"#),
            "{printed}"
        );
    }

    #[test]
    fn an_unknown_key_names_the_nearest_one() {
        let error = variables(&[("TASKTRACKER_GATEWAY__PROT", "1")]).unwrap_err().to_string();
        assert!(
            error.contains("gateway.prot") && error.contains("did you mean gateway.port?"),
            "{error}"
        );
    }

    #[test]
    fn secrets_come_from_files_and_are_never_printed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "hush\n").unwrap();
        let config = variables(&[("TASKTRACKER_INSTANCE__SECRET_FILE", file.to_str().unwrap())]).unwrap();
        assert_eq!(config.lookup("instance.secret").unwrap().as_str(), Some("hush"));
        assert!(!config.print().contains("hush"));
    }

    #[test]
    fn one_process_of_many_passes_over_what_is_meant_for_others() {
        let config = || Config::defaults(&[SAMPLE]).unwrap().one_of_many(&[]);
        let set = |name: &str| config().variables([(name.to_owned(), "x".to_owned())]);
        assert!(set("TASKTRACKER_FILES__CHUNK_BYTES").is_ok());
        // Its own sections are as strict as ever, and so are sections that nobody knows.
        assert!(set("TASKTRACKER_GATEWAY__PROT").is_err());
        assert!(set("TASKTRACKER_FILSE__CHUNK_BYTES").is_err());
        assert!(variables(&[("TASKTRACKER_FILES__CHUNK_BYTES", "x")]).is_err());
        let glimpsing = Config::defaults(&[SAMPLE]).unwrap().one_of_many(&["gateway"]);
        let set = ["PROT", "PORT"].map(|key| (format!("TASKTRACKER_GATEWAY__{key}"), "1".to_owned()));
        let printed = glimpsing.variables(set).unwrap().print();
        assert!(printed.contains("gateway.port = 1 ") && !printed.contains("prot "), "{printed}");
    }

    #[test]
    fn keys_that_hold_secrets_are_known_by_their_names() {
        for key in [
            "mail.smtp.password",
            "mail.ses.secret_access_key",
            "instance.secret",
            "database.url",
            "x.setup_token",
        ] {
            assert!(is_secret(key), "{key}");
        }
        for key in ["gateway.public_url", "mail.ses.access_key_id", "mail.from"] {
            assert!(!is_secret(key), "{key}");
        }
    }

    #[test]
    fn values_of_another_type_are_refused() {
        assert!(
            variables(&[("TASKTRACKER_GATEWAY__PORT", "many")])
                .unwrap_err()
                .to_string()
                .contains("whole number")
        );
    }
}
