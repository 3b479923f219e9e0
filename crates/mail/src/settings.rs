//! The section `[mail]` of the configuration, and the mailer that it asks for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use crate::directory::Directory;
use crate::mailer::Mailer;

/// The defaults, with what each key means.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// Section `[mail]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Who mails come from.
    pub from: String,
    /// Where mails are put; empty for the folder `mail` of the data directory.
    pub directory: PathBuf,
}

impl Settings {
    /// The mailer.
    ///
    /// # Errors
    /// None yet.
    pub fn mailer(&self, data_dir: &Path) -> anyhow::Result<Arc<dyn Mailer>> {
        let directory = match self.directory.as_os_str().is_empty() {
            true => data_dir.join("mail"),
            false => self.directory.clone(),
        };
        Ok(Arc::new(Directory::new(directory)))
    }
}
