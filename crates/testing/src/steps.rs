//! The steps that most tests take: a person makes projects and tasks, gives them to people, moves them, and puts files on them.

use tasktracker_proto::analytics::v1::{GetProjectStatisticsRequest, ProjectStatistics};
use tasktracker_proto::auth::v1::{AddProjectMemberRequest, ProjectMember};
use tasktracker_proto::core::v1::{
    Comment, CreateCommentRequest, CreateProjectRequest, CreateTaskRequest, ListNotificationsRequest, ListStatusesRequest, MoveTaskRequest,
    Notification, Project, Status, Task, UpdateTaskRequest,
};
use tasktracker_proto::files::v1::{CompleteUploadRequest, CreateUploadRequest, DownloadFileRequest, File, WriteUploadRequest};
use tasktracker_proto::google::api::HttpBody;

use crate::user::User;

impl User {
    /// Makes a project with this key.
    pub async fn project(&self, key: &str) -> Project {
        let project = Project {
            key: key.to_owned(),
            name: format!("Project {key}"),
            ..Project::default()
        };
        let request = CreateProjectRequest {
            project: Some(project),
            request_id: String::new(),
        };
        self.projects()
            .create_project(request)
            .await
            .expect("makes a project")
            .into_inner()
            .project
            .expect("a project")
    }

    /// Gives somebody a role in a project.
    pub async fn member(&self, project: &Project, user: &User, role: &str) -> ProjectMember {
        let member = ProjectMember {
            user_id: user.id.clone(),
            role_id: role.to_owned(),
            ..ProjectMember::default()
        };
        let request = AddProjectMemberRequest {
            project_id: project.id.clone(),
            member: Some(member),
            request_id: String::new(),
        };
        self.access()
            .add_project_member(request)
            .await
            .expect("adds a member")
            .into_inner()
            .member
            .expect("a member")
    }

    /// Makes a task with this title.
    pub async fn task(&self, project: &Project, title: &str) -> Task {
        self.task_of(
            project,
            Task {
                title: title.to_owned(),
                ..Task::default()
            },
        )
        .await
    }

    /// Makes a task.
    pub async fn task_of(&self, project: &Project, task: Task) -> Task {
        let request = CreateTaskRequest {
            project_id: project.id.clone(),
            task: Some(task),
            request_id: String::new(),
        };
        self.tasks()
            .create_task(request)
            .await
            .expect("makes a task")
            .into_inner()
            .task
            .expect("a task")
    }

    /// Writes a comment.
    pub async fn comment(&self, task: &Task, body: &str) -> Comment {
        let comment = Comment {
            body: body.to_owned(),
            ..Comment::default()
        };
        let request = CreateCommentRequest {
            task_id: task.id.clone(),
            comment: Some(comment),
            request_id: String::new(),
        };
        self.comments()
            .create_comment(request)
            .await
            .expect("writes a comment")
            .into_inner()
            .comment
            .expect("a comment")
    }

    /// Moves a task to the status with this name.
    pub async fn move_to(&self, project: &Project, task: &Task, status: &str) -> Task {
        let request = MoveTaskRequest {
            task_id: task.id.clone(),
            status_id: self.status(project, status).await.id,
            ..MoveTaskRequest::default()
        };
        self.tasks()
            .move_task(request)
            .await
            .expect("moves a task")
            .into_inner()
            .task
            .expect("a task")
    }

    /// Changes the named fields of a task.
    pub async fn update(&self, task: Task, fields: &[&str]) -> Task {
        let request = UpdateTaskRequest {
            task: Some(task),
            update_mask: Some(prost_types::FieldMask {
                paths: fields.iter().map(|field| (*field).to_owned()).collect(),
            }),
            ..UpdateTaskRequest::default()
        };
        self.tasks()
            .update_task(request)
            .await
            .expect("changes a task")
            .into_inner()
            .task
            .expect("a task")
    }

    /// Gives a task to these people and nobody else.
    pub async fn assign(&self, task: &Task, people: &[&User]) -> Task {
        let change = Task {
            id: task.id.clone(),
            assignee_ids: people.iter().map(|user| user.id.clone()).collect(),
            ..Task::default()
        };
        self.update(change, &["assignee_ids"]).await
    }

    /// The person's notifications, the latest first.
    pub async fn inbox(&self) -> Vec<Notification> {
        self.notifications()
            .list_notifications(ListNotificationsRequest::default())
            .await
            .expect("lists notifications")
            .into_inner()
            .notifications
    }

    /// Puts a file on a task.
    pub async fn upload(&self, task: &Task, file_name: &str, content: &[u8]) -> File {
        let announced = CreateUploadRequest {
            task_id: task.id.clone(),
            file_name: file_name.to_owned(),
            size_bytes: i64::try_from(content.len()).expect("a size"),
            ..CreateUploadRequest::default()
        };
        let upload_id = self
            .uploads()
            .create_upload(announced)
            .await
            .expect("announces a file")
            .into_inner()
            .upload_id;
        if !content.is_empty() {
            let pieces: Vec<WriteUploadRequest> = content
                .chunks(64 * 1024)
                .enumerate()
                .map(|(index, piece)| WriteUploadRequest {
                    upload_id: if index == 0 { upload_id.clone() } else { String::new() },
                    offset: 0,
                    content: Some(HttpBody {
                        data: piece.to_vec().into(),
                        ..HttpBody::default()
                    }),
                })
                .collect();
            let written = self.uploads().write_upload(futures_util::stream::iter(pieces)).await;
            written.expect("writes a file");
        }
        let complete = CompleteUploadRequest {
            upload_id,
            ..CompleteUploadRequest::default()
        };
        let completed = self.uploads().complete_upload(complete).await.expect("completes an upload");
        completed.into_inner().file.expect("a file")
    }

    /// The content of a file.
    pub async fn download(&self, file: &File) -> Vec<u8> {
        let request = DownloadFileRequest { file_id: file.id.clone() };
        let mut pieces = self.files().download_file(request).await.expect("downloads a file").into_inner();
        let mut content = Vec::new();
        while let Some(piece) = pieces.message().await.expect("a piece of the file") {
            content.extend(piece.content.unwrap_or_default().data);
        }
        content
    }

    /// The numbers of a project over the last 30 days.
    pub async fn project_statistics(&self, project: &Project, consistency_token: &str) -> ProjectStatistics {
        let request = GetProjectStatisticsRequest {
            project_id: project.id.clone(),
            consistency_token: consistency_token.to_owned(),
            ..GetProjectStatisticsRequest::default()
        };
        self.statistics()
            .get_project_statistics(request)
            .await
            .expect("answers statistics")
            .into_inner()
            .statistics
            .expect("statistics")
    }

    /// The status of a project with this name.
    pub async fn status(&self, project: &Project, name: &str) -> Status {
        let request = ListStatusesRequest {
            project_id: project.id.clone(),
            ..ListStatusesRequest::default()
        };
        let statuses = self
            .statuses()
            .list_statuses(request)
            .await
            .expect("lists statuses")
            .into_inner()
            .statuses;
        statuses
            .into_iter()
            .find(|status| status.name == name)
            .expect("a status of this name")
    }
}
