//! Reading a file piece by piece. While a piece is on its way to the reader, the next ones are read from the disk, but never more than a few:
//! a slow reader costs memory for those, and no thread.

use std::fs::File;
use std::io::{self, Read};

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{BlobError, Hash, Reading};

/// Pieces that are read before they are wanted.
const AHEAD: usize = 2;

/// A file that is being read from where it stands.
#[derive(Debug)]
pub struct FileReading {
    chunk: usize,
    ready: mpsc::Sender<Piece>,
    pieces: mpsc::Receiver<Piece>,
    state: State,
    hash: Option<Hash>,
}

#[derive(Debug)]
struct Piece {
    bytes: Vec<u8>,
    /// Of everything that was read: with the last piece, where one is wanted.
    hash: Option<Hash>,
}

#[derive(Debug)]
enum State {
    /// Nobody reads: enough is ready, or all of it was read.
    Idle(Rest),
    /// Pieces are being read.
    Busy(JoinHandle<io::Result<Rest>>),
    /// It failed, and was told of.
    Failed,
}

/// What is still to be read.
#[derive(Debug)]
struct Rest {
    file: File,
    left: u64,
    hash: Option<Hash>,
}

impl Rest {
    /// Reads pieces while there is room for them.
    fn read(mut self, chunk: usize, ready: &mpsc::Sender<Piece>) -> io::Result<Self> {
        while self.left > 0 {
            // No room, or nobody there any more.
            let Ok(room) = ready.try_reserve() else { break };
            room.send(self.piece(chunk)?);
        }
        Ok(self)
    }

    fn piece(&mut self, chunk: usize) -> io::Result<Piece> {
        let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(chunk);
        let mut bytes = Vec::with_capacity(length);
        Read::by_ref(&mut self.file).take(length as u64).read_to_end(&mut bytes)?;
        if bytes.len() < length {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the file was cut off while it was read",
            ));
        }
        if let Some(hash) = &mut self.hash {
            hash.update(&bytes);
        }
        self.left -= length as u64;
        let hash = self.hash.take_if(|_| self.left == 0);
        Ok(Piece { bytes, hash })
    }
}

impl FileReading {
    /// Begins to read so many bytes.
    pub fn start(file: File, length: u64, chunk: usize, hash: Option<Hash>) -> Self {
        let (ready, pieces) = mpsc::channel(AHEAD);
        let mut reading = Self {
            chunk,
            ready,
            pieces,
            hash: hash.clone().filter(|_| length == 0),
            state: State::Idle(Rest { file, left: length, hash }),
        };
        reading.go_on();
        reading
    }

    fn take(&mut self, piece: Piece) -> Vec<u8> {
        self.hash = piece.hash;
        piece.bytes
    }

    /// Has more read, unless somebody does.
    fn go_on(&mut self) {
        self.state = match std::mem::replace(&mut self.state, State::Failed) {
            State::Idle(rest) if rest.left > 0 => {
                let (chunk, ready) = (self.chunk, self.ready.clone());
                State::Busy(tokio::task::spawn_blocking(move || rest.read(chunk, &ready)))
            }
            state => state,
        };
    }
}

impl Reading for FileReading {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Vec<u8>>, BlobError>> {
        Box::pin(async move {
            loop {
                if let Ok(piece) = self.pieces.try_recv() {
                    self.go_on();
                    return Ok(Some(self.take(piece)));
                }
                match &mut self.state {
                    // Borrowed and not taken: who stops waiting half-way finds it here again.
                    State::Busy(reading) => tokio::select! {
                        biased;
                        Some(piece) = self.pieces.recv() => return Ok(Some(self.take(piece))),
                        read = reading => {
                            self.state = State::Failed;
                            self.state = State::Idle(read.map_err(io::Error::other)??);
                        }
                    },
                    State::Idle(rest) if rest.left == 0 => return Ok(None),
                    State::Idle(_) => self.go_on(),
                    State::Failed => return Err(io::Error::other("an earlier piece could not be read").into()),
                }
            }
        })
    }

    fn hash(&self) -> Option<&Hash> {
        self.hash.as_ref()
    }
}
