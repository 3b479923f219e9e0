//! Writing what an upload brings: gathered to pieces that are worth a way to the disk, hashed on the way, noted once it is safe. It runs as
//! a task of its own, so that a client that leaves half-way leaves behind what it brought.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use tasktracker_database::CommitError;
use tasktracker_identity::Call;
use tasktracker_proto::files::v1::WriteUploadRequest;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};
use tokio::time::Sleep;
use tonic::{Status, Streaming};

use crate::app::App;
use crate::blob::{Area, Hash, Writing};
use crate::db::uploads;
use crate::domain::checksum::Checksum;
use crate::domain::upload::Upload;
use crate::rpc::refuse;
use crate::slots::{Held, Progress};

/// How much may be written without being safe.
const UNSAFE_BYTES: i64 = 8 * 1024 * 1024;

/// One call that writes an upload.
pub struct Writer {
    app: App,
    upload: Upload,
    held: Held,
    file: Box<dyn Writing>,
    hash: Hash,
    /// What was there when the call began: its offset, and the hash up to it.
    start: (i64, Hash),
    /// How far it was written.
    at: i64,
}

/// What was gathered for one way to the disk.
struct Piece {
    bytes: Vec<Bytes>,
    weight: usize,
    /// How the call ended, where it did.
    end: Option<Result<(), RpcError>>,
}

/// Gathers a piece. The slowness of the disk is not the client's: time counts from now.
async fn gather(app: &App, patience: &mut Patience, messages: &mut Streaming<WriteUploadRequest>, first: Option<Bytes>) -> Piece {
    let mut piece = Piece {
        weight: first.as_ref().map_or(0, Bytes::len),
        bytes: first.into_iter().collect(),
        end: None,
    };
    patience.restart();
    while piece.weight < app.config.chunk() / 2 {
        match patience.next(app, messages).await {
            Next::Bytes(bytes) => {
                piece.weight += bytes.len();
                piece.bytes.push(bytes);
            }
            Next::End => {
                piece.end = Some(Ok(()));
                break;
            }
            Next::Broken(error) => {
                piece.end = Some(Err(error));
                break;
            }
        }
    }
    piece
}

/// How a call went on.
enum Next {
    /// Bytes.
    Bytes(Bytes),
    /// The client is done.
    End,
    /// The client is gone, or must go.
    Broken(RpcError),
}

impl Writer {
    /// Opens an upload for writing where it stands.
    ///
    /// # Errors
    /// The store fails, or has lost what was there.
    pub async fn open(app: &App, upload: Upload, mut held: Held) -> Result<Self, RpcError> {
        let at = upload.received_bytes;
        let known = held.progress.take().filter(|progress| progress.bytes == at);
        let file = app.blobs.write(upload.id, at.unsigned_abs()).await.map_err(refuse::blob)?;
        let hash = match known {
            Some(progress) => progress.hash,
            None => hash_of(app, &upload).await?,
        };
        Ok(Self {
            app: app.clone(),
            upload,
            held,
            file,
            start: (at, hash.clone()),
            hash,
            at,
        })
    }

    /// Writes everything that comes. `first` came already. While a piece goes to the disk, the next one is gathered.
    ///
    /// # Errors
    /// The call is broken off, or is refused; the upload stays, with what was safe.
    pub async fn run(mut self, first: Bytes, mut messages: Streaming<WriteUploadRequest>) -> Result<Upload, RpcError> {
        let app = self.app.clone();
        let mut patience = Patience::new(&app);
        let mut piece = gather(&app, &mut patience, &mut messages, Some(first)).await;
        loop {
            let total = self.at.saturating_add(i64::try_from(piece.weight).unwrap_or(i64::MAX));
            if total > self.upload.size_bytes {
                return Err(self.take_back().await);
            }
            let Some(outcome) = piece.end else {
                let durable = total - self.upload.received_bytes >= UNSAFE_BYTES;
                let (written, next) = tokio::join!(self.write(piece.bytes, durable), gather(&app, &mut patience, &mut messages, None));
                written?;
                if durable {
                    self.note().await?;
                }
                piece = next;
                continue;
            };
            self.write(piece.bytes, true).await?;
            self.note().await?;
            self.held.progress = Some(Progress {
                hash: self.hash,
                bytes: self.at,
            });
            return outcome.map(|()| self.upload);
        }
    }

    async fn write(&mut self, pieces: Vec<Bytes>, durable: bool) -> Result<(), RpcError> {
        let length: usize = pieces.iter().map(Bytes::len).sum();
        // Nothing new, and what is there is safe.
        if length == 0 && self.at == self.upload.received_bytes {
            return Ok(());
        }
        let hash = std::mem::take(&mut self.hash);
        self.hash = self.file.append(pieces, hash, durable).await.map_err(refuse::blob)?;
        self.at += i64::try_from(length).unwrap_or(i64::MAX);
        Ok(())
    }

    /// Notes what is safe by now.
    async fn note(&mut self) -> Result<(), RpcError> {
        if self.at != self.upload.received_bytes {
            let received = (self.at == self.upload.size_bytes).then(|| self.hash.checksum());
            save(&self.app, &self.upload, self.at, received).await?;
            self.upload.received_bytes = self.at;
            self.upload.received = received;
        }
        Ok(())
    }

    /// More came than was announced: nothing of this call is kept.
    async fn take_back(mut self) -> RpcError {
        let (at, hash) = self.start;
        let undone = async {
            if self.upload.received_bytes != at {
                save(&self.app, &self.upload, at, None).await?;
            }
            self.file.truncate(at.unsigned_abs()).await.map_err(refuse::blob)
        };
        match undone.await {
            Ok(()) => {
                self.held.progress = Some(Progress { hash, bytes: at });
                RpcError::invalid(
                    "content",
                    format!("must not be longer than the {} bytes announced", self.upload.size_bytes),
                )
            }
            Err(error) => error,
        }
    }
}

async fn save(app: &App, upload: &Upload, bytes: i64, received: Option<Checksum>) -> Result<(), RpcError> {
    let mut txn = app.db.begin();
    uploads::save_received(&mut txn, upload.id, upload.received_bytes, bytes, received);
    txn.commit().await.map(drop).map_err(|error| match error {
        // It was ended meanwhile: only the sweep and the task's end do that.
        CommitError::GuardMissed => refuse::over(),
        error => error.into(),
    })
}

/// The hash of what is there, read once.
async fn hash_of(app: &App, upload: &Upload) -> Result<Hash, RpcError> {
    let length = upload.received_bytes.unsigned_abs();
    if length == 0 {
        return Ok(Hash::default());
    }
    let reading = app.blobs.read(Area::Incoming, upload.id, length, 0..length, Some(Hash::default()));
    let mut reading = reading.await.map_err(refuse::blob)?;
    while reading.next().await.map_err(refuse::blob)?.is_some() {}
    reading
        .hash()
        .cloned()
        .ok_or_else(|| RpcError::internal(anyhow::anyhow!("a content was read without its end")))
}

/// The first message of a call, which says what is written.
///
/// # Errors
/// There is none, none comes in time, or it breaks a rule.
pub async fn first(app: &App, messages: &mut Streaming<WriteUploadRequest>) -> Result<WriteUploadRequest, RpcError> {
    let first = tokio::time::timeout(app.config.upload_idle(), messages.message()).await;
    let first = first.map_err(|_| too_slow())?.map_err(|status| broken(&status))?;
    let missing = || RpcError::new(Code::InvalidArgument, ErrorReason::MalformedRequest, "the first message is missing");
    let first = first.ok_or_else(missing)?;
    Call::check(&first)?;
    Ok(first)
}

fn too_slow() -> RpcError {
    let message = "the upload brought too little for too long, go on at its next offset";
    RpcError::new(Code::DeadlineExceeded, ErrorReason::DeadlineExceeded, message)
}

/// How long a client may bring nothing, or next to nothing.
struct Patience {
    pause: Pin<Box<Sleep>>,
    length: Duration,
    wanted: usize,
    brought: usize,
}

impl Patience {
    fn new(app: &App) -> Self {
        let length = app.config.upload_idle();
        Self {
            pause: Box::pin(tokio::time::sleep(length)),
            length,
            wanted: app.config.upload_idle_bytes.max(1),
            brought: 0,
        }
    }

    fn restart(&mut self) {
        self.brought = 0;
        self.pause.set(tokio::time::sleep(self.length));
    }

    async fn next(&mut self, app: &App, messages: &mut Streaming<WriteUploadRequest>) -> Next {
        let message = tokio::select! {
            biased;
            message = messages.message() => message,
            () = app.lifecycle.stopping().cancelled() => {
                return Next::Broken(RpcError::new(Code::Unavailable, ErrorReason::ShuttingDown, "this process is stopping"));
            }
            () = &mut self.pause => return Next::Broken(too_slow()),
        };
        match message {
            Ok(None) => Next::End,
            Ok(Some(message)) => match bytes_of(message) {
                Ok(bytes) => {
                    self.brought += bytes.len();
                    if self.brought >= self.wanted {
                        self.restart();
                    }
                    Next::Bytes(bytes)
                }
                Err(error) => Next::Broken(error),
            },
            Err(status) => Next::Broken(broken(&status)),
        }
    }
}

/// Why a stream of messages ended in an error.
fn broken(status: &Status) -> RpcError {
    match status.code() {
        Code::OutOfRange | Code::ResourceExhausted => RpcError::new(
            Code::ResourceExhausted,
            ErrorReason::PayloadTooLarge,
            "a message is larger than 1 MiB",
        ),
        Code::Internal | Code::InvalidArgument => RpcError::new(
            Code::InvalidArgument,
            ErrorReason::MalformedRequest,
            "a message cannot be decoded, or was cut off",
        ),
        _ => RpcError::new(Code::Cancelled, ErrorReason::MalformedRequest, "the upload was broken off"),
    }
}

/// The bytes of a message that is not the first one.
fn bytes_of(message: WriteUploadRequest) -> Result<Bytes, RpcError> {
    Call::check(&message)?;
    if !message.upload_id.is_empty() || message.offset != 0 {
        return Err(RpcError::invalid(
            "upload_id",
            "must be in the first message only, as must the offset",
        ));
    }
    Ok(message.content.map(|content| content.data).unwrap_or_default())
}
