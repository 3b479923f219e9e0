//! An instance of five processes on the real stores: each of them is killed in its turn while people work, and started again.

use std::time::Duration;

use tasktracker_proto::analytics::v1::GetProjectStatisticsRequest;
use tasktracker_proto::analytics::v1::statistics_service_client::StatisticsServiceClient;
use tasktracker_proto::core::v1::GetProjectRequest;
use tasktracker_proto::core::v1::project_service_client::ProjectServiceClient;
use tasktracker_proto::files::v1::GetUploadRequest;
use tasktracker_proto::files::v1::upload_service_client::UploadServiceClient;
use tasktracker_testing::{PARTS, Processes, eventually, signed};
use tokio_util::sync::CancellationToken;
use tonic::Code;

use super::check::check;
use super::story::{self, Patience, Story};
use super::uploads::resume;
use super::{random, rounds};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_whichever_process_is_killed() {
    let Some(instance) = Processes::start().await else {
        eprintln!("skipped: TASKTRACKER_TEST_PROGRAMS or TASKTRACKER_TEST_POSTGRES is not set");
        return;
    };
    let story = story::begin(&instance).await;
    for _ in 0..rounds() {
        for part in PARTS {
            let enough = CancellationToken::new();
            let busy = story.people(&instance, Patience::Until(enough.clone())).await;
            tokio::time::sleep(Duration::from_millis(random(200, 700))).await;
            instance.kill(part);
            tokio::time::sleep(Duration::from_millis(random(50, 300))).await;
            instance.run(part).await;
            tokio::time::sleep(Duration::from_millis(random(100, 300))).await;
            enough.cancel();
            busy.join_all().await;
        }
        together(&instance, &story).await;
        resume(&instance, &story).await;
        check(&instance, &story).await;
    }
}

/// Waits until the gateway has found everybody again, and they have found each other.
async fn together(instance: &Processes, story: &Story) {
    let token = instance.token().await;
    let channel = instance.connect().await;
    let project_id = &story.project_id;
    eventually("every part answers", || async {
        let project = GetProjectRequest {
            project_id: project_id.clone(),
        };
        let statistics = GetProjectStatisticsRequest {
            project_id: project_id.clone(),
            ..GetProjectStatisticsRequest::default()
        };
        let upload = GetUploadRequest {
            upload_id: "01980000-0000-7000-8000-000000000000".to_owned(),
        };
        let core = ProjectServiceClient::new(channel.clone())
            .get_project(signed(&token, project))
            .await;
        let analytics = StatisticsServiceClient::new(channel.clone())
            .get_project_statistics(signed(&token, statistics))
            .await;
        let files = UploadServiceClient::new(channel.clone()).get_upload(signed(&token, upload)).await;
        let is_missing = files.is_err_and(|status| status.code() == Code::NotFound);
        (core.is_ok() && analytics.is_ok() && is_missing).then_some(())
    })
    .await;
}
