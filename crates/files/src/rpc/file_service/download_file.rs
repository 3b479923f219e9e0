//! Streams the content of a file, or a part of it. A whole content is compared with its checksum on the way, and its last piece is held back
//! until it is known to be right: nobody takes a damaged file for a good one.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::Stream;
use tasktracker_identity::Call;
use tasktracker_proto::files::v1::{DownloadFileRequest, DownloadFileResponse};
use tasktracker_proto::google::api::HttpBody;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use super::load;
use crate::app::App;
use crate::blob::{BlobError, Hash, Reading};
use crate::domain::file::File;
use crate::domain::range::{self, Conditions, Wanted};
use crate::domain::{disposition, etag};
use crate::rpc::refuse;
use crate::rpc::upload_service::id;

type Piece = Result<DownloadFileResponse, RpcError>;

pub async fn download_file(
    app: &App,
    call: &Call,
    request: DownloadFileRequest,
) -> Result<impl Stream<Item = Piece> + Send + use<>, RpcError> {
    let (file, _) = load::visible(app, call, id("file_id", &request.file_id)?).await?;
    let size = file.size_bytes.unsigned_abs();
    let etag = etag::of(&file.sha256);
    let conditions = Conditions {
        range: call.metadata("range"),
        if_range: call.metadata("if-range"),
        if_none_match: call.metadata("if-none-match"),
    };
    let (range, status) = match range::decide(conditions, &etag, size) {
        Wanted::Whole => (Some(0..size), "200"),
        Wanted::Part(part) => (Some(part), "206"),
        Wanted::NotModified => (None, "304"),
        Wanted::Unsatisfiable => return Err(unsatisfiable(size)),
    };
    let reading = match &range {
        Some(range) => Some(open(app, &file, range.clone(), status == "200").await?),
        None => None,
    };

    // The gateway adds what every content must carry: nosniff, a sandbox, same-origin.
    call.answer("x-http-status", status);
    call.answer("etag", &etag);
    call.answer("cache-control", "private, no-cache");
    if let Some(range) = &range {
        call.answer("accept-ranges", "bytes");
        call.answer("x-content-length", &(range.end - range.start).to_string());
        call.answer("content-disposition", &disposition::header(&file.file_name, &file.content_type));
        call.answer("repr-digest", &format!("sha-256=:{}:", STANDARD.encode(file.sha256.bytes())));
        if status == "206" {
            call.answer("content-range", &format!("bytes {}-{}/{size}", range.start, range.end - 1));
        }
    }
    Ok(pieces(file, reading))
}

/// Opens a range of a content; a whole one is hashed on the way.
async fn open(app: &App, file: &File, range: Range<u64>, whole: bool) -> Result<Box<dyn Reading>, RpcError> {
    let hash = whole.then(Hash::default);
    let reading = app.blobs.read(file.id, file.size_bytes.unsigned_abs(), range, hash);
    reading.await.map_err(|error| gone(file, error))
}

fn pieces(file: File, reading: Option<Box<dyn Reading>>) -> impl Stream<Item = Piece> + Send {
    async_stream::stream! {
        let Some(mut reading) = reading else { return };
        let mut content_type = file.content_type.clone();
        let mut is_first = true;
        loop {
            let piece = match reading.next().await {
                Ok(piece) => piece,
                Err(error) => {
                    yield Err(gone(&file, error));
                    return;
                }
            };
            // Known as soon as the last piece was read, which is before it is sent.
            if reading.hash().is_some_and(|hash| hash.checksum() != file.sha256) {
                yield Err(damaged(&file, "its checksum is another one"));
                return;
            }
            let is_end = piece.is_none();
            // An empty content is one empty message, which says its type.
            if !is_end || is_first {
                is_first = false;
                yield Ok(message(std::mem::take(&mut content_type), piece.unwrap_or_default()));
            }
            if is_end {
                return;
            }
        }
    }
}

fn message(content_type: String, data: Vec<u8>) -> DownloadFileResponse {
    let content = HttpBody {
        content_type,
        data: data.into(),
        ..HttpBody::default()
    };
    DownloadFileResponse { content: Some(content) }
}

fn unsatisfiable(size: u64) -> RpcError {
    RpcError::new(
        Code::OutOfRange,
        ErrorReason::RangeUnsatisfiable,
        format!("no byte of the file's {size} lies in the range"),
    )
    .meta("size", size.to_string())
}

/// A content that cannot be read. Operators hear of it: it is gone or damaged, and only a backup has it.
fn gone(file: &File, error: BlobError) -> RpcError {
    match error {
        BlobError::Missing => {
            metrics::counter!("files_content_missing_total").increment(1);
            tracing::error!(file.id = %file.id, "the content of a file is missing");
            RpcError::not_found("file")
        }
        BlobError::Length { .. } => damaged(file, &error.to_string()),
        error => refuse::blob(error),
    }
}

fn damaged(file: &File, problem: &str) -> RpcError {
    metrics::counter!("files_content_damaged_total").increment(1);
    RpcError::internal(anyhow::anyhow!("the content of file {} is damaged: {problem}", file.id))
}
