//! docker-compose.yml and the parts that it is made of: valid for docker compose, pinned, limited, asked for their health, and without a secret.
//! They are read by the library that docker compose reads them with.

mod secrets;
mod services;
mod settings;
mod variables;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Rule, Verdict};
use crate::repository::{File, Repository};
use crate::tools::{self, Found};

pub const RULE: Rule = Rule {
    name: "compose",
    promise: "compose files are valid, pinned, limited and healthy, hold no secret, and set keys that exist",
    remedy: "the message names the service; docs/operations.md, `In containers`, says what is meant",
    check: |subject| {
        let repository = &subject.repository;
        let findings = variables::find(
            repository.text(WHOLE).unwrap_or_default(),
            repository.text(VARIABLES).unwrap_or_default(),
        );
        match tools::compose_model()? {
            Found::Ready(tool) => Ok([findings, find(&tool, repository)?].concat().into()),
            Found::Missing(why) if findings.is_empty() => Ok(Verdict::Skipped(why)),
            Found::Missing(_) => Ok(findings.into()),
        }
    },
};

/// The whole.
const WHOLE: &str = "docker-compose.yml";
/// The variables that it needs, with values to begin with.
const VARIABLES: &str = ".env.example";
/// Which profiles go together: everything, and each choice that an operator has.
const PROFILES: [&str; 4] = [EVERYTHING, "seaweedfs", "minio", "seaweedfs,observability"];
const EVERYTHING: &str = "seaweedfs,minio,observability,setup";

fn find(tool: &Path, repository: &Repository) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    let version = version(repository)?;
    for profiles in PROFILES {
        match read(tool, repository, &["-variables", VARIABLES, "-profiles", profiles, WHOLE])? {
            Err(complaint) => findings.push(format!("{WHOLE} with {profiles}: {complaint}")),
            Ok(model) if profiles == EVERYTHING => {
                findings.extend(services::find(WHOLE, &model, &version));
                findings.extend(settings::find(repository, &model)?);
                findings.extend(secrets::find(repository, &model));
            }
            Ok(_) => {}
        }
    }
    for File { path, .. } in repository.files.iter().filter(|file| is_part(&file.path)) {
        match read(tool, repository, &["-fragment", path])? {
            Err(complaint) => findings.push(format!("{path}: {complaint}")),
            Ok(model) => findings.extend(services::find(path, &model, &version)),
        }
    }
    Ok(findings)
}

/// A part of the whole, or of what tests start.
fn is_part(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.starts_with("thirdparty-services/") && name.starts_with("compose.") && name.ends_with(".yml")
}

/// What docker compose would understand, or what it would complain about.
fn read(tool: &Path, repository: &Repository, arguments: &[&str]) -> Result<Result<Value, String>> {
    let output = Command::new(tool)
        .args(arguments)
        .current_dir(&repository.root)
        .env_clear()
        .output()
        .context("cannot start compose-model")?;
    if !output.status.success() {
        return Ok(Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(Ok(serde_json::from_slice(&output.stdout).context("compose-model prints JSON")?))
}

/// The version of the workspace, which our images carry.
fn version(repository: &Repository) -> Result<String> {
    let manifest: toml::Table = repository.text("Cargo.toml").unwrap_or_default().parse()?;
    let version = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("package")?.get("version")?.as_str());
    Ok(version.context("Cargo.toml names the version of the workspace")?.to_owned())
}

/// The services of a model, by name.
fn services_of(model: &Value) -> impl Iterator<Item = (&String, &Value)> {
    model["services"].as_object().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment;

    /// Runs only where the tool is installed already: a unit test installs nothing.
    #[test]
    fn what_docker_compose_would_refuse_is_found() {
        let Some(tool) = tools::installed_compose_model() else { return };
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository {
            root: folder.path().to_owned(),
            files: Vec::new(),
        };
        let try_one = |text: &str| {
            std::fs::write(folder.path().join(WHOLE), text).unwrap();
            read(&tool, &repository, &[WHOLE]).unwrap()
        };
        let good = "services: { a: { image: a:1, volumes: ['store:/v'] } }\nvolumes: { store: {} }\n";
        assert_eq!(try_one(good).unwrap()["services"]["a"]["image"], "a:1");
        for (bad, complaint) in [
            (good.replace("volumes: [", "volmes: ["), "volmes"),
            (good.replace("volumes: { store", "volumes: { other"), "undefined volume store"),
            (good.replace("a:1", "'${A:?say which}'"), "say which"),
            (good.replace("image: a:1,", "image: a:1, depends_on: [b],"), "undefined service"),
        ] {
            let refused = try_one(&bad).unwrap_err();
            assert!(refused.contains(complaint), "{refused}");
        }
    }

    #[test]
    fn the_parts_are_those_of_the_servers() {
        let repository = Repository::read(&environment::root()).unwrap();
        assert!(repository.files.iter().filter(|file| is_part(&file.path)).count() >= 7);
    }
}
