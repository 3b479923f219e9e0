//! Writing what an upload brings, hashed on the way, noted once it is safe. A client that leaves half-way leaves behind what it brought.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use tasktracker_database::CommitError;
use tasktracker_identity::Call;
use tasktracker_proto::files::v1::WriteUploadRequest;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};
use tokio::runtime::Handle;
use tokio::time::Sleep;
use tonic::{Status, Streaming};

use crate::app::App;
use crate::blob::{Hash, Place, Writing};
use crate::db::uploads;
use crate::domain::checksum::Checksum;
use crate::domain::upload::Upload;
use crate::rpc::refuse;
use crate::slots::{Held, Progress};

/// One call that writes an upload.
pub struct Writer {
    app: App,
    upload: Upload,
    held: Held,
    file: Box<dyn Writing>,
    /// What was there when the call began: its offset, and the hash up to it.
    start: (i64, Hash),
    /// How much there is with what was taken.
    at: i64,
}

/// Writes everything that comes, of which `first` came already. Where this is dropped, because the client is gone, what it brought is made
/// safe by a task of its own.
///
/// # Errors
/// The call is broken off, or is refused; the upload stays, with what was safe.
pub async fn run(writer: Writer, first: Bytes, messages: Streaming<WriteUploadRequest>) -> Result<Upload, RpcError> {
    let mut kept = Kept(None);
    let writer = kept.0.insert(writer);
    let outcome = writer.run(first, messages).await.map(|()| writer.upload.clone());
    kept.0 = None;
    outcome
}

/// A writer that is not left before what it took is safe.
struct Kept(Option<Writer>);

impl Drop for Kept {
    fn drop(&mut self) {
        // Without a runtime the process is at its end.
        if let (Some(mut writer), Ok(_)) = (self.0.take(), Handle::try_current()) {
            let lifecycle = writer.app.lifecycle.clone();
            lifecycle.spawn("upload", async move {
                if let Err(error) = writer.save().await {
                    tracing::debug!(%error, "what a client brought before it left could not be kept");
                }
            });
        }
    }
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
        let hash = match known {
            Some(progress) => progress.hash,
            None if at == 0 => Hash::default(),
            // What is there, looked at once.
            None => app.blobs.hash_of(upload.id, at.unsigned_abs()).await.map_err(refuse::blob)?,
        };
        // A call that brings nothing must not cost the next one a reading of what is there.
        held.progress = Some(Progress {
            hash: hash.clone(),
            bytes: at,
        });
        let place = Place {
            id: upload.id,
            at: at.unsigned_abs(),
            hash: hash.clone(),
            length: upload.size_bytes.unsigned_abs(),
        };
        Ok(Self {
            app: app.clone(),
            file: app.blobs.write(place),
            upload,
            held,
            start: (at, hash),
            at,
        })
    }

    async fn run(&mut self, first: Bytes, mut messages: Streaming<WriteUploadRequest>) -> Result<(), RpcError> {
        let app = self.app.clone();
        let stride = app.blobs.stride();
        let mut patience = Patience::new(&app);
        let mut bytes = first;
        loop {
            let total = self.at.saturating_add(i64::try_from(bytes.len()).unwrap_or(i64::MAX));
            if total > self.upload.size_bytes {
                return Err(self.take_back().await);
            }
            self.at = total;
            self.append(bytes, &mut patience).await?;
            if (total - self.upload.received_bytes).unsigned_abs() >= stride {
                self.save().await?;
                patience.restart();
            }
            bytes = match patience.next(&app, &mut messages).await {
                Next::Bytes(bytes) => bytes,
                Next::End => return self.save().await,
                Next::Broken(error) => {
                    self.save().await?;
                    return Err(error);
                }
            };
        }
    }

    async fn append(&mut self, bytes: Bytes, patience: &mut Patience) -> Result<(), RpcError> {
        let mut append = self.file.append(bytes);
        if let Some(appended) = (&mut append).now_or_never() {
            return appended.map_err(refuse::blob);
        }
        let appended = append.await;
        // The slowness of the disk is not the client's.
        patience.restart();
        appended.map_err(refuse::blob)
    }

    /// Makes safe what was taken, and notes it.
    async fn save(&mut self) -> Result<(), RpcError> {
        if self.at == self.upload.received_bytes {
            return Ok(());
        }
        let hash = self.file.sync().await.map_err(refuse::blob)?;
        let received = (self.at == self.upload.size_bytes).then(|| hash.checksum());
        save(&self.app, &self.upload, self.at, received).await?;
        self.upload.received_bytes = self.at;
        self.upload.received = received;
        self.held.progress = Some(Progress { hash, bytes: self.at });
        Ok(())
    }

    /// More came than was announced: nothing of this call is kept.
    async fn take_back(&mut self) -> RpcError {
        let (at, hash) = self.start.clone();
        let undone = async {
            if self.upload.received_bytes != at {
                save(&self.app, &self.upload, at, None).await?;
                self.upload.received_bytes = at;
            }
            self.at = at;
            self.file.truncate(at.unsigned_abs(), hash.clone()).await.map_err(refuse::blob)
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
