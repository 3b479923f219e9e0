//! Mail as files: what a process without a mail server does, and what tests read. A file is there whole or not at all, and survives a
//! power cut; the same Message-ID sent again is the same file.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use futures_util::future::BoxFuture;

use crate::mailer::{MailError, Mailer};
use crate::message::Message;

/// A directory of `.eml` files, made when the first mail comes.
#[derive(Debug, Clone)]
pub struct Directory {
    path: PathBuf,
    /// Two attempts at once to send the same message write different temporary files.
    attempts: Arc<AtomicU64>,
}

impl Directory {
    /// Mail goes there. Half-written files of a process that was killed are cleared away.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        clear(&path);
        Self {
            path,
            attempts: Arc::default(),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        // Addresses and titles are its owner's alone.
        DirBuilder::new().recursive(true).mode(0o700).create(&self.path)?;
        let attempt = self.attempts.fetch_add(1, Ordering::Relaxed);
        let half = self.path.join(format!(".{name}.{attempt}.half"));
        let written = File::create(&half)
            .and_then(|mut file| {
                file.write_all(bytes)?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&half, self.path.join(name)))
            // The new name itself must survive, too.
            .and_then(|()| File::open(&self.path)?.sync_all());
        if written.is_err() {
            let _ = fs::remove_file(&half);
        }
        written
    }
}

impl Mailer for Directory {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<(), MailError>> {
        let (this, name, bytes) = (self.clone(), format!("{}.eml", message.id), message.to_bytes());
        Box::pin(async move {
            let path = this.path.clone();
            let written = tokio::task::spawn_blocking(move || this.write(&name, &bytes)).await;
            written
                .map_err(io::Error::other)
                .flatten()
                .with_context(|| format!("the mail directory {} cannot be written", path.display()))
                // A disk is emptied, a directory made writable again: a mail itself can never be the reason.
                .map_err(MailError::Transient)
        })
    }
}

fn clear(path: &Path) {
    let Ok(entries) = fs::read_dir(path) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with('.') && name.to_string_lossy().ends_with(".half") {
            let _ = fs::remove_file(entry.path());
        }
    }
}
