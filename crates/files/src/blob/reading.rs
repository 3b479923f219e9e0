//! Reading a file piece by piece. While one piece is on its way to the reader, the next one is read from the disk.

use std::fs::File;
use std::io::{self, Read};

use futures_util::future::BoxFuture;
use tokio::task::JoinHandle;

use super::{BlobError, Hash, Reading};

/// A file that is being read from where it stands.
#[derive(Debug)]
pub struct FileReading {
    left: u64,
    chunk: usize,
    ahead: Option<JoinHandle<io::Result<Piece>>>,
    hash: Option<Hash>,
}

/// A piece, and what is needed to read the next one.
#[derive(Debug)]
struct Piece {
    bytes: Vec<u8>,
    file: File,
    hash: Option<Hash>,
}

impl FileReading {
    /// Begins to read so many bytes.
    pub fn start(file: File, length: u64, chunk: usize, hash: Option<Hash>) -> Self {
        let mut reading = Self {
            left: length,
            chunk,
            ahead: None,
            hash: None,
        };
        reading.go_on(file, hash);
        reading
    }

    fn go_on(&mut self, file: File, hash: Option<Hash>) {
        if self.left == 0 {
            self.hash = hash;
            return;
        }
        let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(self.chunk);
        self.left -= length as u64;
        self.ahead = Some(tokio::task::spawn_blocking(move || read(file, length, hash)));
    }
}

fn read(mut file: File, length: usize, mut hash: Option<Hash>) -> io::Result<Piece> {
    let mut bytes = Vec::with_capacity(length);
    Read::by_ref(&mut file).take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() < length {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the file was cut off while it was read",
        ));
    }
    if let Some(hash) = &mut hash {
        hash.update(&bytes);
    }
    Ok(Piece { bytes, file, hash })
}

impl Reading for FileReading {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Vec<u8>>, BlobError>> {
        Box::pin(async move {
            // Borrowed and not taken: who stops waiting half-way finds it here again.
            let Some(ahead) = &mut self.ahead else { return Ok(None) };
            let piece = ahead.await.map_err(io::Error::other)?;
            self.ahead = None;
            let Piece { bytes, file, hash } = piece?;
            self.go_on(file, hash);
            Ok(Some(bytes))
        })
    }

    fn hash(&self) -> Option<&Hash> {
        self.hash.as_ref()
    }
}
