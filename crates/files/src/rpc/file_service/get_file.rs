//! Answers what a file is, and where else than here it can be downloaded, if the operator wants that.

use tasktracker_database::Time;
use tasktracker_identity::Call;
use tasktracker_proto::files::v1::{GetFileRequest, GetFileResponse};
use tasktracker_server::RpcError;
use tasktracker_server::time::to_proto;

use super::{convert, load};
use crate::app::App;
use crate::blob::{Link, Shown};
use crate::domain::disposition;
use crate::domain::file::File;
use crate::rpc::upload_service::id;

pub async fn get_file(app: &App, call: &Call, request: GetFileRequest) -> Result<GetFileResponse, RpcError> {
    let (file, _) = load::visible(app, call, id("file_id", &request.file_id)?).await?;
    let mut answer = convert::of_file(&file);
    if let Some(link) = link(app, &file).await {
        answer.download_url = link.url;
        answer.download_url_expire_time = Some(to_proto((Time::from(app.now()) + link.valid).timestamp()));
    }
    Ok(GetFileResponse { file: Some(answer) })
}

/// An address of the content. Without one there still is DownloadFile.
async fn link(app: &App, file: &File) -> Option<Link> {
    let shown = Shown {
        content_type: &file.content_type,
        disposition: &disposition::header(&file.file_name, &file.content_type),
    };
    app.blobs.link(file.id, shown).await.unwrap_or_else(|error| {
        let error = format!("{:#}", anyhow::Error::new(error));
        tracing::warn!(error, "no address for a download could be made");
        None
    })
}
