//! Uploads after a death: they go on from where they were safe, and no half file shows.

use std::sync::PoisonError;

use tasktracker_proto::files::v1::file_service_client::FileServiceClient;
use tasktracker_proto::files::v1::upload_service_client::UploadServiceClient;
use tasktracker_proto::files::v1::{CompleteUploadRequest, DownloadFileRequest, GetUploadRequest, ListTaskFilesRequest, UploadState};
use tasktracker_testing::{Entrance, signed};

use super::story::{SIZE, Story, content, pieces};

/// Completes every upload that was announced, from where it is safe.
pub async fn resume(server: &Entrance, story: &Story) {
    let token = server.token().await;
    let mut client = UploadServiceClient::new(server.connect().await);
    let open = std::mem::take(&mut *story.announced.lock().unwrap_or_else(PoisonError::into_inner));
    assert!(!open.is_empty(), "something was uploaded before the kill");
    for (upload_id, task_id) in open {
        let get = GetUploadRequest {
            upload_id: upload_id.clone(),
        };
        let upload = client
            .get_upload(signed(&token, get))
            .await
            .expect("is known")
            .into_inner()
            .upload
            .expect("an upload");
        if upload.state() == UploadState::Pending {
            let safe = usize::try_from(upload.received_bytes).expect("an offset");
            let listed = files_of(server, &token, &task_id).await;
            assert!(listed.is_empty(), "half a file shows");
            if safe < SIZE {
                let rest = futures_util::stream::iter(pieces(&upload_id, safe));
                client.write_upload(signed(&token, rest)).await.expect("goes on where it was");
            }
        }
        let complete = CompleteUploadRequest {
            upload_id: upload_id.clone(),
            ..CompleteUploadRequest::default()
        };
        client.complete_upload(signed(&token, complete)).await.expect("completes");
        let listed = files_of(server, &token, &task_id).await;
        assert_eq!(listed.len(), 1);
        let download = DownloadFileRequest {
            file_id: listed[0].clone(),
        };
        let mut stream = FileServiceClient::new(server.connect().await)
            .download_file(signed(&token, download))
            .await
            .expect("downloads")
            .into_inner();
        let mut bytes = Vec::new();
        while let Some(piece) = stream.message().await.expect("a piece") {
            bytes.extend(piece.content.unwrap_or_default().data);
        }
        assert!(bytes == content(&upload_id), "the content is what was sent");
    }
}

pub async fn files_of(server: &Entrance, token: &str, task_id: &str) -> Vec<String> {
    let list = ListTaskFilesRequest {
        task_id: task_id.to_owned(),
        ..ListTaskFilesRequest::default()
    };
    let listed = FileServiceClient::new(server.connect().await)
        .list_task_files(signed(token, list))
        .await;
    listed.expect("lists").into_inner().files.into_iter().map(|file| file.id).collect()
}
