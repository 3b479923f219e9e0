//! The packages of the workspace and everything they are built from, as cargo resolves them.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

use crate::environment;

/// What a dependency is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// The code itself, or its build script.
    Production,
    /// Tests, examples and benchmarks.
    Tests,
}

/// One of our packages.
pub struct Member {
    /// Name, such as `tasktracker-core`.
    pub name: String,
    /// The packages its manifest names.
    pub dependencies: Vec<(String, Purpose)>,
}

/// A package of somebody else that ends up in what we build.
pub struct Outside {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// SPDX expression.
    pub license: Option<String>,
}

/// All packages.
pub struct Workspace {
    /// Ours.
    pub members: Vec<Member>,
    /// Others', needed for production or by build scripts on any platform.
    pub outside: Vec<Outside>,
}

impl Workspace {
    /// Asks cargo. In CI the lock file must be complete.
    pub fn read(root: &Path) -> Result<Self> {
        let mut command = MetadataCommand::new();
        command.manifest_path(root.join("Cargo.toml"));
        if environment::is_ci() {
            command.other_options(["--locked".to_owned()]);
        }
        let metadata = command.exec().context("cargo cannot resolve the workspace")?;
        Ok(Self {
            members: members(&metadata),
            outside: outside(&metadata)?,
        })
    }
}

fn members(metadata: &Metadata) -> Vec<Member> {
    let mut members = Vec::new();
    for package in metadata.workspace_packages() {
        let purpose = |kind| {
            if kind == DependencyKind::Development {
                Purpose::Tests
            } else {
                Purpose::Production
            }
        };
        let dependencies = package
            .dependencies
            .iter()
            .map(|dependency| (dependency.name.to_string(), purpose(dependency.kind)));
        members.push(Member {
            name: package.name.to_string(),
            dependencies: dependencies.collect(),
        });
    }
    members.sort_by(|a, b| a.name.cmp(&b.name));
    members
}

/// Follows production and build edges from our packages.
fn outside(metadata: &Metadata) -> Result<Vec<Outside>> {
    let resolve = metadata.resolve.as_ref().context("cargo answered no dependency graph")?;
    let nodes: HashMap<&PackageId, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let mut waiting: Vec<&PackageId> = metadata.workspace_members.iter().collect();
    let mut seen: HashSet<&PackageId> = waiting.iter().copied().collect();
    while let Some(id) = waiting.pop() {
        let Some(node) = nodes.get(id) else { continue };
        for dependency in &node.deps {
            let only_tests = dependency.dep_kinds.iter().all(|kind| kind.kind == DependencyKind::Development);
            if !only_tests && seen.insert(&dependency.pkg) {
                waiting.push(&dependency.pkg);
            }
        }
    }
    let mut outside = Vec::new();
    for package in &metadata.packages {
        if seen.contains(&package.id) && package.source.is_some() {
            outside.push(Outside {
                name: package.name.to_string(),
                version: package.version.to_string(),
                license: package.license.clone(),
            });
        }
    }
    outside.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    Ok(outside)
}
