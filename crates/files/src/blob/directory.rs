//! Contents as files of a directory: `incoming/<id>` while they are written, `objects/<two digits>/<id>` once they are whole. What is said
//! to be durable was synced, the file and its name; what is visible is whole.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::reading::FileReading;
use super::writing::FileWriting;
use super::{Area, BlobError, BlobStore, Hash, Place, Reading, Writing};
use crate::domain::checksum::Checksum;

/// Contents in a directory.
#[derive(Debug, Clone)]
pub struct Directory {
    places: Arc<Places>,
    chunk: usize,
}

#[derive(Debug)]
struct Places {
    incoming: PathBuf,
    objects: PathBuf,
}

impl Directory {
    /// Takes a directory, made where it is missing; `chunk` bytes are read at once.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(root: &Path, chunk: usize) -> io::Result<Self> {
        let places = Places {
            incoming: root.join("incoming"),
            objects: root.join("objects"),
        };
        for folder in [&places.incoming, &places.objects] {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        sync_directory(root)?;
        if let Some(parent) = root.parent() {
            sync_directory(parent)?;
        }
        Ok(Self {
            places: Arc::new(places),
            chunk,
        })
    }

    /// Does something on the disk, away from the threads that serve requests.
    async fn hop<T: Send + 'static>(&self, work: impl FnOnce(&Places) -> Result<T, BlobError> + Send + 'static) -> Result<T, BlobError> {
        let places = Arc::clone(&self.places);
        hop(move || work(&places)).await
    }
}

async fn hop<T: Send + 'static>(work: impl FnOnce() -> Result<T, BlobError> + Send + 'static) -> Result<T, BlobError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|lost| Err(BlobError::Io(io::Error::other(lost))))
}

impl Places {
    fn path(&self, area: Area, id: Uuid) -> PathBuf {
        let name = id.as_hyphenated().to_string();
        match area {
            Area::Incoming => self.incoming.join(name),
            Area::Objects => self.folder(id.as_bytes()[15]).join(name),
        }
    }

    /// By the last digits: the first ones are the time, the same for weeks.
    fn folder(&self, part: u8) -> PathBuf {
        self.objects.join(format!("{part:02x}"))
    }

    fn finish(&self, id: Uuid, length: u64) -> Result<(), BlobError> {
        let (from, to) = (self.path(Area::Incoming, id), self.path(Area::Objects, id));
        match fs::metadata(&from) {
            Ok(found) => check_length(found.len(), length)?,
            // Finished before, by somebody who did not live to say so.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return check_length(fs::metadata(&to)?.len(), length),
            Err(error) => return Err(error.into()),
        }
        let folder = self.folder(id.as_bytes()[15]);
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => sync_directory(&self.objects)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
        fs::rename(from, to)?;
        Ok(sync_directory(&folder)?)
    }
}

fn check_length(found: u64, expected: u64) -> Result<(), BlobError> {
    if found == expected {
        Ok(())
    } else {
        Err(BlobError::Length { found, expected })
    }
}

/// Makes the names in a directory survive a crash.
fn sync_directory(path: &Path) -> io::Result<()> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path)?.sync_all()
}

impl BlobStore for Directory {
    fn create(&self, id: Uuid) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(self.hop(move |places| {
            let path = places.path(Area::Incoming, id);
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
            Ok(sync_directory(&places.incoming)?)
        }))
    }

    fn write(&self, place: Place) -> Box<dyn Writing> {
        let path = self.places.path(Area::Incoming, place.id);
        // Half of what is read at once: while that goes to the disk, the other half is gathered.
        Box::new(FileWriting::new(path, place.at, place.hash, self.chunk / 2))
    }

    fn hash_of(&self, id: Uuid, length: u64) -> BoxFuture<'_, Result<Hash, BlobError>> {
        Box::pin(async move {
            let file = self.hop(move |places| {
                let file = File::open(places.path(Area::Incoming, id))?;
                check_length(file.metadata()?.len().min(length), length)?;
                Ok(file)
            });
            let mut reading = FileReading::start(file.await?, length, self.chunk, Some(Hash::default()));
            while reading.next().await?.is_some() {}
            let unfinished = || BlobError::Io(io::Error::other("a content was read without its end"));
            reading.hash().cloned().ok_or_else(unfinished)
        })
    }

    // A directory has one process, in which one call writes an upload at a time.
    fn finish(&self, id: Uuid, length: u64, _: Checksum) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(self.hop(move |places| places.finish(id, length)))
    }

    fn read(&self, id: Uuid, length: u64, range: Range<u64>, hash: Option<Hash>) -> BoxFuture<'_, Result<Box<dyn Reading>, BlobError>> {
        Box::pin(async move {
            let start = range.start;
            let opened = self.hop(move |places| {
                let mut file = File::open(places.path(Area::Objects, id))?;
                check_length(file.metadata()?.len(), length)?;
                file.seek(SeekFrom::Start(start))?;
                Ok(file)
            });
            let reading = FileReading::start(opened.await?, range.end.saturating_sub(start), self.chunk, hash);
            Ok(Box::new(reading) as Box<dyn Reading>)
        })
    }

    fn remove(&self, area: Area, id: Uuid) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(self.hop(move |places| match fs::remove_file(places.path(area, id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            // Whether its name is gone for good after a crash is not waited for: whoever removes twice does no harm.
            _ => Ok(()),
        }))
    }

    fn list(&self, area: Area, part: u8) -> BoxFuture<'_, Result<Vec<Uuid>, BlobError>> {
        Box::pin(self.hop(move |places| {
            let folder = match area {
                Area::Incoming if part > 0 => return Ok(Vec::new()),
                Area::Incoming => places.incoming.clone(),
                Area::Objects => places.folder(part),
            };
            let entries = match fs::read_dir(folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                Err(error) => return Err(error.into()),
            };
            let mut ids = Vec::new();
            for entry in entries {
                // What has another name was put there by somebody else, and is theirs.
                ids.extend(entry?.file_name().to_str().and_then(|name| Uuid::try_parse(name).ok()));
            }
            Ok(ids)
        }))
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(self.hop(|places| Ok(fs::metadata(&places.objects).map(drop)?)))
    }

    fn stride(&self) -> u64 {
        8 * 1024 * 1024
    }
}
