//! Chooses where contents are kept, as the operator decided, and makes sure of the place before anybody needs it.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tasktracker_server::Lifecycle;

use super::{BlobStore, Directory};
use crate::config::Config;

/// Opens the store of contents: a bucket where one is configured, otherwise a directory below the data directory.
///
/// # Errors
/// The place cannot be used; the error says which setting to look at.
pub async fn open(config: &Config, root: &Path, lifecycle: &Lifecycle) -> anyhow::Result<Arc<dyn BlobStore>> {
    if config.s3.is_chosen() {
        // Boxed, because finding S3 is a large future and every start holds this one.
        return Box::pin(s3(config, lifecycle)).await;
    }
    let directory = Directory::open(root, config.chunk()).with_context(|| {
        format!(
            "the contents of files cannot be kept in {}: check that it can be written",
            root.display()
        )
    })?;
    Ok(Arc::new(directory))
}

#[cfg(feature = "s3")]
async fn s3(config: &Config, lifecycle: &Lifecycle) -> anyhow::Result<Arc<dyn BlobStore>> {
    Ok(Arc::new(super::S3::open(config, lifecycle).await?))
}

#[cfg(not(feature = "s3"))]
#[expect(clippy::unused_async, reason = "it is where S3 is built in")]
async fn s3(_: &Config, _: &Lifecycle) -> anyhow::Result<Arc<dyn BlobStore>> {
    anyhow::bail!("files.s3.bucket is set, but this program was built without S3: build it with the feature s3, or leave the setting empty")
}
