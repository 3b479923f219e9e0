//! The settings that docker-compose.yml gives to our processes: keys that some `*.default.toml` knows, and secrets only by the name of a file
//! that the service was given.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::Value;
use toml::Table;

use super::services_of;
use crate::repository::Repository;

/// Of every variable that is a setting.
const PREFIX: &str = "TASKTRACKER_";
/// Where docker compose puts secrets.
const SECRETS: &str = "/run/secrets/";

pub fn find(repository: &Repository, model: &Value) -> Result<Vec<String>> {
    let known = keys(repository)?;
    let mut findings = Vec::new();
    for (service, content) in services_of(model) {
        let given: BTreeSet<&str> = content["secrets"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|it| it["source"].as_str())
            .collect();
        for (name, value) in content["environment"].as_object().into_iter().flatten() {
            let value = value.as_str().unwrap_or_default();
            let mut add = |wrong: String| findings.push(format!("{service}: {name} {wrong}"));
            if is_secret(name, value) {
                add("holds a secret: name a file in /run/secrets with …_FILE instead".to_owned());
            }
            if let Some(secret) = value.strip_prefix(SECRETS).filter(|secret| !given.contains(secret)) {
                add(format!("names a secret that the service is not given: secrets: [{secret}]"));
            }
            let Some(setting) = name.strip_prefix(PREFIX) else { continue };
            let key = setting.to_lowercase().replace("__", ".");
            let file_of = key.strip_suffix("_file").filter(|_| value.starts_with(SECRETS)).unwrap_or(&key);
            if !known.contains(file_of) {
                add("is no key of any *.default.toml".to_owned());
            }
        }
    }
    Ok(findings)
}

/// Every key that some process knows, as `section.key`.
fn keys(repository: &Repository) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for file in repository.files.iter().filter(|file| file.path.ends_with(".default.toml")) {
        let table: Table = file.text.parse().with_context(|| format!("cannot read {}", file.path))?;
        add_keys("", &table, &mut found);
    }
    Ok(found)
}

fn add_keys(prefix: &str, table: &Table, found: &mut BTreeSet<String>) {
    for (name, value) in table {
        match value.as_table() {
            Some(inner) => add_keys(&format!("{prefix}{name}."), inner, found),
            None => drop(found.insert(format!("{prefix}{name}"))),
        }
    }
}

/// Whether the value itself is a secret, or an address with one in it.
fn is_secret(name: &str, value: &str) -> bool {
    let is_named_so = ["SECRET", "PASSWORD", "TOKEN", "KEY"].iter().any(|word| name.ends_with(word));
    let credentials = value.split_once("://").and_then(|(_, rest)| rest.split_once('@'));
    (is_named_so && !value.is_empty()) || credentials.is_some_and(|(before, _)| before.contains(':'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn complaint(name: &str, value: &str) -> Option<String> {
        let repository = Repository::of(&[
            ("a/config.default.toml", "[database]\nurl = \"\"\n[files.s3]\nsecret_key = \"\"\n"),
            ("b/process.default.toml", "[server]\nport = 1\n"),
        ]);
        let model = json!({ "services": { "auth": { "secrets": [{ "source": "url" }], "environment": { name: value } } } });
        let findings = find(&repository, &model).unwrap();
        assert!(findings.len() <= 1, "{findings:?}");
        findings.into_iter().next()
    }

    #[test]
    fn takes_what_exists_and_secrets_by_file() {
        for (name, value) in [
            ("TASKTRACKER_SERVER__PORT", "1"),
            ("TASKTRACKER_DATABASE__URL", "postgres://tasktracker@postgres:5432"),
            ("TASKTRACKER_DATABASE__URL_FILE", "/run/secrets/url"),
            ("TASKTRACKER_FILES__S3__SECRET_KEY_FILE", "/run/secrets/url"),
            ("POSTGRES_PASSWORD_FILE", "/run/secrets/url"),
        ] {
            assert_eq!(complaint(name, value), None);
        }
    }

    #[test]
    fn finds_misspelt_keys_and_secrets_in_the_open() {
        for (name, value, wrong) in [
            ("TASKTRACKER_SERVER__PROT", "1", "is no key"),
            ("TASKTRACKER_SERVER__PORT_FILE", "1", "is no key"),
            ("TASKTRACKER_FILES__S3__SECRET_KEY", "hush", "holds a secret"),
            ("POSTGRES_PASSWORD", "hush", "holds a secret"),
            ("TASKTRACKER_DATABASE__URL", "postgres://a:hush@postgres:5432", "holds a secret"),
            ("TASKTRACKER_DATABASE__URL_FILE", "/run/secrets/other", "not given"),
        ] {
            let found = complaint(name, value).unwrap_or_default();
            assert!(found.contains(wrong), "{name}: {found:?}");
        }
    }
}
