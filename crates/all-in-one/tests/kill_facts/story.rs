//! What people do while something dies: they make tasks for grace, complete some, and put files on others.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tasktracker_proto::auth::v1::access_service_client::AccessServiceClient;
use tasktracker_proto::auth::v1::account_service_client::AccountServiceClient;
use tasktracker_proto::auth::v1::{AddProjectMemberRequest, ProjectMember, RegisterRequest};
use tasktracker_proto::core::v1::project_service_client::ProjectServiceClient;
use tasktracker_proto::core::v1::status_service_client::StatusServiceClient;
use tasktracker_proto::core::v1::task_service_client::TaskServiceClient;
use tasktracker_proto::core::v1::*;
use tasktracker_proto::files::v1::upload_service_client::UploadServiceClient;
use tasktracker_proto::files::v1::{CompleteUploadRequest, CreateUploadRequest, WriteUploadRequest};
use tasktracker_proto::google::api::HttpBody;
use tasktracker_testing::{Entrance, PASSWORD, signed};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::transport::Channel;

pub const GRACE: &str = "grace@example.com";
const WRITERS: usize = 4;
const UPLOADERS: usize = 2;
/// Large enough that a kill meets one half-way.
pub const SIZE: usize = 3_000_000;

/// Uploads that were announced: by id, the task.
pub type Announced = Arc<Mutex<BTreeMap<String, String>>>;

#[derive(Clone)]
pub struct Story {
    pub project_id: String,
    pub grace_id: String,
    pub done_id: String,
    pub announced: Announced,
    /// Tasks whose making was acknowledged.
    pub acknowledged: Arc<Mutex<Vec<String>>>,
}

pub async fn begin(server: &Entrance) -> Story {
    let token = server.owner().await;
    let channel = server.connect().await;
    let project = CreateProjectRequest {
        project: Some(Project {
            key: "WEB".to_owned(),
            name: "Web".to_owned(),
            ..Project::default()
        }),
        request_id: String::new(),
    };
    let made = ProjectServiceClient::new(channel.clone())
        .create_project(signed(&token, project))
        .await;
    let project_id = made.expect("makes").into_inner().project.expect("a project").id;
    let register = RegisterRequest {
        email: GRACE.to_owned(),
        display_name: "Grace".to_owned(),
        password: PASSWORD.to_owned(),
        setup_token: String::new(),
    };
    let grace = AccountServiceClient::new(channel.clone())
        .register(register)
        .await
        .expect("registers");
    let grace_id = grace.into_inner().user.expect("a user").id;
    let add = AddProjectMemberRequest {
        project_id: project_id.clone(),
        member: Some(ProjectMember {
            user_id: grace_id.clone(),
            role_id: "contributor".to_owned(),
            ..ProjectMember::default()
        }),
        request_id: String::new(),
    };
    AccessServiceClient::new(channel.clone())
        .add_project_member(signed(&token, add))
        .await
        .expect("adds");
    let list = ListStatusesRequest {
        project_id: project_id.clone(),
        ..ListStatusesRequest::default()
    };
    let statuses = StatusServiceClient::new(channel)
        .list_statuses(signed(&token, list))
        .await
        .expect("lists");
    let statuses = statuses.into_inner().statuses;
    let done_id = statuses.into_iter().find(|status| status.name == "Done").expect("Done").id;
    Story {
        project_id,
        grace_id,
        done_id,
        announced: Announced::default(),
        acknowledged: Arc::default(),
    }
}

/// How people take a failure.
#[derive(Clone)]
pub enum Patience {
    /// They give up: the server is gone.
    UntilItFails,
    /// They try something else, until it is enough.
    Until(CancellationToken),
}

impl Patience {
    /// Waits a little after a failure; whether to go on.
    async fn stands(&self) -> bool {
        match self {
            Self::UntilItFails => false,
            Self::Until(enough) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                !enough.is_cancelled()
            }
        }
    }

    fn is_over(&self) -> bool {
        matches!(self, Self::Until(enough) if enough.is_cancelled())
    }
}

impl Story {
    /// People at work.
    pub async fn people(&self, server: &Entrance, patience: Patience) -> JoinSet<()> {
        let token = server.token().await;
        let channel = server.connect().await;
        let mut busy = JoinSet::new();
        for index in 0..WRITERS + UPLOADERS {
            let (story, channel, token, patience) = (self.clone(), channel.clone(), token.clone(), patience.clone());
            busy.spawn(async move {
                for round in 0.. {
                    let done = if index < WRITERS {
                        story.write(channel.clone(), &token, round).await
                    } else {
                        story.upload(channel.clone(), &token).await
                    };
                    if (done.is_err() && !patience.stands().await) || patience.is_over() {
                        return;
                    }
                }
            });
        }
        busy
    }

    async fn task(&self, channel: Channel, token: &str, task: Task) -> Result<String, Status> {
        let create = CreateTaskRequest {
            project_id: self.project_id.clone(),
            task: Some(task),
            request_id: String::new(),
        };
        let made = TaskServiceClient::new(channel).create_task(signed(token, create)).await?;
        let id = made.into_inner().task.expect("a task").id;
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).push(id.clone());
        Ok(id)
    }

    /// Makes a task for grace, and completes every second one.
    async fn write(&self, channel: Channel, token: &str, round: u32) -> Result<(), Status> {
        let task = Task {
            title: "Something".to_owned(),
            assignee_ids: vec![self.grace_id.clone()],
            ..Task::default()
        };
        let task_id = self.task(channel.clone(), token, task).await?;
        if round.is_multiple_of(2) {
            let done = MoveTaskRequest {
                task_id,
                status_id: self.done_id.clone(),
                ..MoveTaskRequest::default()
            };
            TaskServiceClient::new(channel).move_task(signed(token, done)).await?;
        }
        Ok(())
    }

    /// Puts a file on a task.
    async fn upload(&self, channel: Channel, token: &str) -> Result<(), Status> {
        let task = Task {
            title: "With a file".to_owned(),
            ..Task::default()
        };
        let task_id = self.task(channel.clone(), token, task).await?;
        let create = CreateUploadRequest {
            task_id: task_id.clone(),
            file_name: "file.bin".to_owned(),
            size_bytes: SIZE as i64,
            ..CreateUploadRequest::default()
        };
        let mut client = UploadServiceClient::new(channel);
        let upload_id = client.create_upload(signed(token, create)).await?.into_inner().upload_id;
        self.announced
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(upload_id.clone(), task_id);
        // Slowly, so that the kill meets it half-way.
        client.write_upload(signed(token, async_pieces(pieces(&upload_id, 0)))).await?;
        let complete = CompleteUploadRequest {
            upload_id,
            ..CompleteUploadRequest::default()
        };
        client.complete_upload(signed(token, complete)).await.map(drop)
    }
}

pub fn content(upload_id: &str) -> Vec<u8> {
    let seed = upload_id
        .bytes()
        .fold(7_u32, |seed, byte| seed.wrapping_mul(31).wrapping_add(u32::from(byte)));
    (0..SIZE as u32)
        .map(|number| (number.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 24) as u8)
        .collect()
}

pub fn pieces(upload_id: &str, offset: usize) -> Vec<WriteUploadRequest> {
    let content = content(upload_id);
    content[offset..]
        .chunks(64 * 1024)
        .enumerate()
        .map(|(index, piece)| WriteUploadRequest {
            upload_id: if index == 0 { upload_id.to_owned() } else { String::new() },
            offset: if index == 0 { i64::try_from(offset).expect("an offset") } else { 0 },
            content: Some(HttpBody {
                data: piece.to_vec().into(),
                ..HttpBody::default()
            }),
        })
        .collect()
}

fn async_pieces(pieces: Vec<WriteUploadRequest>) -> impl futures_util::Stream<Item = WriteUploadRequest> {
    futures_util::stream::unfold(pieces.into_iter(), |mut rest| async {
        let piece = rest.next()?;
        tokio::time::sleep(Duration::from_millis(2)).await;
        Some((piece, rest))
    })
}
