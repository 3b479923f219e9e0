//! Writing a file piece by piece. While one piece is on its way to the disk, the next one is gathered; pieces are large, so that the
//! ways to the disk are few.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::task::JoinHandle;

use super::{BlobError, Hash, Writing};

/// A file that grows.
#[derive(Debug)]
pub struct FileWriting {
    path: PathBuf,
    /// How much is gathered before it is written.
    piece: usize,
    gathered: Vec<Bytes>,
    weight: usize,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nothing is under way.
    Idle(Box<Growing>),
    /// A piece is on its way to the disk.
    Busy(JoinHandle<Result<Box<Growing>, BlobError>>),
    /// It failed, and was told of.
    Failed,
}

/// What travels to the disk and back.
#[derive(Debug)]
struct Growing {
    /// None before the first use.
    file: Option<File>,
    /// The length, and the hash up to it.
    at: u64,
    hash: Hash,
}

impl Growing {
    /// Writes what was gathered, and does something more with the file.
    fn write(&mut self, path: &Path, pieces: Vec<Bytes>, more: impl FnOnce(&File) -> io::Result<()>) -> Result<(), BlobError> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.open(path)?,
        };
        for piece in pieces {
            file.write_all(&piece)?;
            self.hash.update(&piece);
            self.at += piece.len() as u64;
        }
        more(&file)?;
        self.file = Some(file);
        Ok(())
    }

    /// The file, cut off where it grows on.
    fn open(&self, path: &Path) -> Result<File, BlobError> {
        let mut file = OpenOptions::new().write(true).open(path)?;
        let found = file.metadata()?.len();
        if found < self.at {
            return Err(BlobError::Length { found, expected: self.at });
        }
        if found > self.at {
            file.set_len(self.at)?;
        }
        file.seek(SeekFrom::Start(self.at))?;
        Ok(file)
    }
}

impl FileWriting {
    /// A file that grows on at `at`, up to which it has this hash; `piece` bytes are written at once.
    #[must_use]
    pub fn new(path: PathBuf, at: u64, hash: Hash, piece: usize) -> Self {
        Self {
            path,
            piece,
            gathered: Vec::new(),
            weight: 0,
            state: State::Idle(Box::new(Growing { file: None, at, hash })),
        }
    }

    /// Waits until nothing is under way. May be dropped meanwhile.
    async fn settle(&mut self) -> Result<Box<Growing>, BlobError> {
        if let State::Busy(writing) = &mut self.state {
            let written = writing.await.unwrap_or_else(|lost| Err(BlobError::Io(io::Error::other(lost))));
            self.state = match written {
                Ok(growing) => State::Idle(growing),
                Err(error) => {
                    self.state = State::Failed;
                    return Err(error);
                }
            };
        }
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Idle(growing) => Ok(growing),
            State::Busy(_) | State::Failed => Err(BlobError::Io(io::Error::other("an earlier piece could not be written"))),
        }
    }

    /// Takes what was gathered to the disk, and does something more with the file.
    fn start(&mut self, mut growing: Box<Growing>, more: impl FnOnce(&File) -> io::Result<()> + Send + 'static) {
        let (path, pieces) = (self.path.clone(), std::mem::take(&mut self.gathered));
        self.weight = 0;
        self.state = State::Busy(tokio::task::spawn_blocking(move || {
            growing.write(&path, pieces, more)?;
            Ok(growing)
        }));
    }

    /// The same, and waits for it.
    async fn run(&mut self, growing: Box<Growing>, more: impl FnOnce(&File) -> io::Result<()> + Send + 'static) -> Result<Hash, BlobError> {
        self.start(growing, more);
        let growing = self.settle().await?;
        let hash = growing.hash.clone();
        self.state = State::Idle(growing);
        Ok(hash)
    }
}

impl Writing for FileWriting {
    fn append(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), BlobError>> {
        self.weight += bytes.len();
        self.gathered.push(bytes);
        Box::pin(async move {
            if self.weight >= self.piece {
                let growing = self.settle().await?;
                self.start(growing, |_| Ok(()));
            }
            Ok(())
        })
    }

    fn sync(&mut self) -> BoxFuture<'_, Result<Hash, BlobError>> {
        Box::pin(async move {
            let growing = self.settle().await?;
            self.run(growing, File::sync_data).await
        })
    }

    fn truncate(&mut self, length: u64, hash: Hash) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(async move {
            let mut growing = self.settle().await?;
            self.gathered.clear();
            *growing = Growing {
                file: None,
                at: length,
                hash,
            };
            self.run(growing, |_| Ok(())).await.map(drop)
        })
    }
}
