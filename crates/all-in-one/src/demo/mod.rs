//! Demo data: four people, two projects and 90 days of work, made through the public API under a clock that runs ahead of nobody. Nothing
//! here writes a table.

mod person;
mod story;
mod timeline;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use jiff::{SignedDuration, Timestamp};
use tasktracker_proto::auth::v1::{AddProjectMemberRequest, ProjectMember};
use tasktracker_proto::core::v1::{
    Comment, CreateCommentRequest, CreateProjectRequest, CreateTaskRequest, ListStatusesRequest, MarkAllNotificationsReadRequest,
    MoveTaskRequest, Project, Task, UpdateTaskRequest,
};
use tasktracker_proto::files::v1::{CompleteUploadRequest, CreateUploadRequest, WriteUploadRequest};
use tasktracker_proto::google::api::HttpBody;
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::{Clock, ManualClock, SharedClock};
use tasktracker_server::ids::Ids;

use crate::settings::Settings;
use crate::system::System;
use person::Person;
use timeline::{Act, Step};

/// Everybody's password in the demo.
pub const PASSWORD: &str = "correct horse battery staple";
/// The people, with their roles in both projects; the first one owns the instance too.
pub const PEOPLE: [(&str, &str, &str); 4] = [
    ("ada", "Ada", "owner"),
    ("grace", "Grace", "maintainer"),
    ("linus", "Linus", "contributor"),
    ("tim", "Tim", "viewer"),
];

const HISTORY: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Fills an instance without users; one that has users is left alone. Answers whether it was filled.
///
/// # Errors
/// The listener is open to others: the demo's passwords are known to everybody.
pub async fn fill(settings: &Settings, now: Timestamp) -> anyhow::Result<bool> {
    ensure!(
        settings.server.address.is_loopback(),
        "demo data have passwords that everybody knows: they need server.address to be 127.0.0.1"
    );
    let clock = Arc::new(ManualClock::new(now.checked_sub(HISTORY)?));
    let shared: SharedClock = clock.clone();
    let system = System::start(settings, shared.clone(), Ids::system(shared), Lifecycle::new()).await?;
    let filled = match system.auth.setup_token() {
        Some(token) => tell(&system, &clock, &token, now).await.map(|()| true),
        None => Ok(false),
    };
    system.stop().await?;
    filled
}

/// A project of the demo as the steps need it.
struct Place {
    project: Project,
    status_ids: Vec<(String, String)>,
    tasks: Vec<Task>,
}

impl Place {
    fn status_id(&self, name: &str) -> anyhow::Result<String> {
        self.status_ids
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, id)| id.clone())
            .with_context(|| format!("no status {name}"))
    }
}

async fn tell(system: &System, clock: &Arc<ManualClock>, setup_token: &str, now: Timestamp) -> anyhow::Result<()> {
    let mut people = Vec::new();
    for (index, (name, display_name, _)) in PEOPLE.into_iter().enumerate() {
        let token = if index == 0 { setup_token } else { "" };
        people.push(Person::register(system, clock.clone(), name, display_name, token).await?);
    }
    let mut places = Vec::new();
    for (key, name, description, time_zone) in story::PROJECTS {
        places.push(found(&mut people, key, name, description, time_zone).await?);
    }
    for step in timeline::plan(clock.now(), now) {
        // What follows from a step follows at its time.
        system.settled().await?;
        clock.set(step.at);
        act(&mut people, &mut places, step).await?;
    }
    system.settled().await
}

async fn found(people: &mut [Person], key: &str, name: &str, description: &str, time_zone: &str) -> anyhow::Result<Place> {
    let project = Project {
        key: key.to_owned(),
        name: name.to_owned(),
        description: description.to_owned(),
        time_zone: time_zone.to_owned(),
        ..Project::default()
    };
    let request = people[0]
        .request(CreateProjectRequest {
            project: Some(project),
            request_id: String::new(),
        })
        .await?;
    let project = people[0]
        .projects
        .create_project(request)
        .await?
        .into_inner()
        .project
        .context("a project")?;
    for (index, (_, _, role)) in PEOPLE.into_iter().enumerate().skip(1) {
        let member = ProjectMember {
            user_id: people[index].id.clone(),
            role_id: role.to_owned(),
            ..ProjectMember::default()
        };
        let add = AddProjectMemberRequest {
            project_id: project.id.clone(),
            member: Some(member),
            request_id: String::new(),
        };
        let request = people[0].request(add).await?;
        people[0].access.add_project_member(request).await?;
    }
    let request = people[0]
        .request(ListStatusesRequest {
            project_id: project.id.clone(),
            ..ListStatusesRequest::default()
        })
        .await?;
    let statuses = people[0].statuses.list_statuses(request).await?.into_inner().statuses;
    Ok(Place {
        project,
        status_ids: statuses.into_iter().map(|status| (status.name, status.id)).collect(),
        tasks: Vec::new(),
    })
}

async fn act(people: &mut [Person], places: &mut [Place], step: Step) -> anyhow::Result<()> {
    let place = &mut places[step.project];
    let person = &mut people[step.who];
    match step.act {
        Act::Create {
            number,
            task,
            assignees,
            parent,
        } => {
            let mut task = *task;
            task.parent_id = parent
                .and_then(|parent| place.tasks.get(parent))
                .map(|task| task.id.clone())
                .unwrap_or_default();
            let create = CreateTaskRequest {
                project_id: place.project.id.clone(),
                task: Some(task),
                request_id: String::new(),
            };
            let request = person.request(create).await?;
            let made = person.tasks.create_task(request).await?.into_inner().task.context("a task")?;
            ensure!(place.tasks.len() == number, "tasks are made in the order of their numbers");
            if !assignees.is_empty() {
                let assignee_ids = assignees.into_iter().map(|index| people[index].id.clone()).collect();
                let change = Task {
                    id: made.id.clone(),
                    assignee_ids,
                    ..Task::default()
                };
                let request = people[step.who]
                    .request(UpdateTaskRequest {
                        task: Some(change),
                        ..UpdateTaskRequest::default()
                    })
                    .await?;
                people[step.who].tasks.update_task(request).await?;
            }
            place.tasks.push(made);
        }
        Act::Move { number, status } => {
            let (task_id, status_id) = (place.tasks[number].id.clone(), place.status_id(status)?);
            let request = person
                .request(MoveTaskRequest {
                    task_id,
                    status_id,
                    ..MoveTaskRequest::default()
                })
                .await?;
            person.tasks.move_task(request).await?;
        }
        Act::Comment { number, body } => {
            let comment = Comment {
                body,
                ..Comment::default()
            };
            let create = CreateCommentRequest {
                task_id: place.tasks[number].id.clone(),
                comment: Some(comment),
                request_id: String::new(),
            };
            let request = person.request(create).await?;
            person.comments.create_comment(request).await?;
        }
        Act::Plan { number, due } => {
            let change = Task {
                id: place.tasks[number].id.clone(),
                due: Some(due),
                ..Task::default()
            };
            let request = person
                .request(UpdateTaskRequest {
                    task: Some(change),
                    ..UpdateTaskRequest::default()
                })
                .await?;
            person.tasks.update_task(request).await?;
        }
        Act::Attach {
            number,
            file_name,
            content,
        } => attach(person, &place.tasks[number].id, file_name, content).await?,
        Act::Read => {
            let request = person.request(MarkAllNotificationsReadRequest::default()).await?;
            person.notifications.mark_all_notifications_read(request).await?;
        }
    }
    Ok(())
}

async fn attach(person: &mut Person, task_id: &str, file_name: &str, content: &[u8]) -> anyhow::Result<()> {
    let announce = CreateUploadRequest {
        task_id: task_id.to_owned(),
        file_name: file_name.to_owned(),
        size_bytes: i64::try_from(content.len())?,
        ..CreateUploadRequest::default()
    };
    let request = person.request(announce).await?;
    let upload_id = person.uploads.create_upload(request).await?.into_inner().upload_id;
    let piece = WriteUploadRequest {
        upload_id: upload_id.clone(),
        offset: 0,
        content: Some(HttpBody {
            data: content.to_vec().into(),
            ..HttpBody::default()
        }),
    };
    let request = person.request(futures_util::stream::iter([piece])).await?;
    person.uploads.write_upload(request).await?;
    let complete = CompleteUploadRequest {
        upload_id,
        ..CompleteUploadRequest::default()
    };
    let request = person.request(complete).await?;
    person.uploads.complete_upload(request).await?;
    Ok(())
}

/// Tokens of the demo's people are renewed this long before they end.
const RENEW: Duration = Duration::from_secs(60);
