//! The repository's rules: one file a rule, each with a test that shows it can fail. A rule without a check is a wish.

mod api;
pub mod buf;
mod clippy;
mod compose;
mod crate_form;
mod dashboard;
mod dependencies;
pub mod events_doc;
mod file_headers;
mod file_length;
mod format;
pub mod images;
mod licenses;
mod machine_paths;
mod manifests;
mod names;
mod owners;
mod policies;
pub mod routes;
mod rpc_files;
mod unfinished;
mod workflows;

use std::cell::OnceCell;
use std::path::Path;

use anyhow::Result;

use crate::protos::Protos;
use crate::repository::Repository;
use crate::workspace::Workspace;

/// A rule.
pub struct Rule {
    /// Name for `--only`.
    pub name: &'static str,
    /// What holds.
    pub promise: &'static str,
    /// What to do where it does not.
    pub remedy: &'static str,
    /// Looks.
    pub check: fn(&Subject) -> Result<Verdict>,
}

/// What a rule found.
pub enum Verdict {
    /// These places break it; none: it holds.
    Looked(Vec<String>),
    /// It could not look, and why; a failure in CI.
    Skipped(String),
}

impl From<Vec<String>> for Verdict {
    fn from(findings: Vec<String>) -> Self {
        Self::Looked(findings)
    }
}

/// What the rules look at; packages and protos are read when first asked for.
pub struct Subject {
    /// The files.
    pub repository: Repository,
    workspace: OnceCell<Workspace>,
    protos: OnceCell<Protos>,
}

impl Subject {
    /// Reads the checkout.
    pub fn read(root: &Path) -> Result<Self> {
        Ok(Self {
            repository: Repository::read(root)?,
            workspace: OnceCell::new(),
            protos: OnceCell::new(),
        })
    }

    /// The packages.
    pub fn workspace(&self) -> Result<&Workspace> {
        if let Some(workspace) = self.workspace.get() {
            return Ok(workspace);
        }
        let workspace = Workspace::read(&self.repository.root)?;
        Ok(self.workspace.get_or_init(|| workspace))
    }

    /// The contract.
    pub fn protos(&self) -> Result<&Protos> {
        if let Some(protos) = self.protos.get() {
            return Ok(protos);
        }
        let protos = Protos::read(&self.repository.root)?;
        Ok(self.protos.get_or_init(|| protos))
    }
}

/// All rules: the quick ones first.
pub const RULES: &[Rule] = &[
    names::RULE,
    file_headers::RULE,
    file_length::RULE,
    unfinished::RULE,
    machine_paths::RULE,
    crate_form::RULE,
    manifests::RULE,
    dependencies::RULE,
    owners::RULE,
    licenses::RULE,
    rpc_files::RULE,
    policies::RULE,
    routes::RULE,
    events_doc::RULE,
    images::RULE,
    dashboard::RULE,
    compose::RULE,
    workflows::RULE,
    api::RULE,
    buf::RULE,
    format::RULE,
    clippy::RULE,
];
