//! Watch.

use std::time::Duration;

use tasktracker_proto::auth::v1::{RemoveProjectMemberRequest, SignOutRequest};
use tasktracker_proto::core::v1::watch_response::Event;
use tasktracker_proto::core::v1::*;
use tasktracker_testing::{Problem, User, World, problem};
use tokio::time::timeout;
use tonic::Streaming;

/// Longer than anything should take here, far shorter than a checkpoint.
const SOON: Duration = Duration::from_secs(5);

async fn open(user: &User, projects: &[&Project], resume_token: &str) -> Streaming<WatchResponse> {
    let project_ids = projects.iter().map(|project| project.id.clone()).collect();
    user.watch()
        .watch(WatchRequest {
            project_ids,
            resume_token: resume_token.to_owned(),
            notifications: false,
        })
        .await
        .expect("opens")
        .into_inner()
}

async fn next(stream: &mut Streaming<WatchResponse>) -> WatchResponse {
    timeout(SOON, stream.message())
        .await
        .expect("soon")
        .expect("no end")
        .expect("a message")
}

async fn next_event(stream: &mut Streaming<WatchResponse>) -> Event {
    next(stream).await.event.expect("an event")
}

async fn end(mut stream: Streaming<WatchResponse>) -> Problem {
    loop {
        match timeout(SOON, stream.message()).await.expect("soon") {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the stream ended without a status"),
            Err(status) => return Problem::of(&status),
        }
    }
}

fn title(event: &Event) -> &str {
    match event {
        Event::TaskUpserted(task) => &task.title,
        other => panic!("a task, not {other:?}"),
    }
}

#[tokio::test]
async fn changes_of_several_projects_arrive_in_order_after_a_first_checkpoint() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let (web, ops) = (ada.project("WEB").await, ada.project("OPS").await);
    ada.task(&web, "before").await;
    let mut stream = open(&ada, &[&web, &ops], "").await;
    assert!(
        matches!(next_event(&mut stream).await, Event::Checkpoint(_)),
        "no snapshot, it starts now"
    );

    let task = ada.task(&web, "one").await;
    let event = next_event(&mut stream).await;
    assert_eq!(title(&event), "one");
    let Event::TaskUpserted(told) = event else { panic!("a task") };
    assert_eq!(
        Task {
            followed: None,
            ..task.clone()
        },
        told
    );

    ada.task(&ops, "two").await;
    assert_eq!(title(&next_event(&mut stream).await), "two");
    let comment = ada.comment(&task, "words").await;
    let Event::TaskUpserted(counted) = next_event(&mut stream).await else {
        panic!("the task first")
    };
    assert_eq!(counted.comment_count, 1);
    let Event::CommentUpserted(told) = next_event(&mut stream).await else {
        panic!("then the comment")
    };
    assert_eq!(told, comment);

    ada.comments()
        .delete_comment(DeleteCommentRequest {
            comment_id: comment.id.clone(),
            ..DeleteCommentRequest::default()
        })
        .await
        .expect("deletes");
    assert!(matches!(next_event(&mut stream).await, Event::TaskUpserted(_)));
    let Event::CommentRemoved(removed) = next_event(&mut stream).await else {
        panic!("removed")
    };
    assert_eq!(
        (removed.comment_id, removed.task_id, removed.project_id),
        (comment.id, task.id.clone(), web.id.clone())
    );
    ada.tasks()
        .delete_task(DeleteTaskRequest {
            task_id: task.id.clone(),
            ..DeleteTaskRequest::default()
        })
        .await
        .expect("deletes");
    let Event::TaskRemoved(removed) = next_event(&mut stream).await else {
        panic!("removed")
    };
    assert_eq!((removed.task_id, removed.project_id), (task.id, web.id.clone()));

    let renamed = Project {
        id: web.id.clone(),
        name: "Renamed".to_owned(),
        ..Project::default()
    };
    ada.projects()
        .update_project(UpdateProjectRequest {
            project: Some(renamed),
            ..UpdateProjectRequest::default()
        })
        .await
        .expect("updates");
    let Event::ProjectUpserted(project) = next_event(&mut stream).await else {
        panic!("a project")
    };
    assert_eq!(project.name, "Renamed");
}

#[tokio::test]
async fn a_resumed_stream_misses_nothing_and_repeats_nothing() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let mut stream = open(&ada, &[&web], "").await;
    next(&mut stream).await;
    ada.task(&web, "seen").await;
    let seen = next(&mut stream).await;
    drop(stream);
    for index in 0..300 {
        ada.task(&web, &format!("missed {index}")).await;
    }
    let mut stream = open(&ada, &[&web], &seen.resume_token).await;
    assert!(matches!(next_event(&mut stream).await, Event::Checkpoint(_)));
    for index in 0..300 {
        assert_eq!(title(&next_event(&mut stream).await), format!("missed {index}"));
    }
    ada.task(&web, "live").await;
    assert_eq!(title(&next_event(&mut stream).await), "live");

    // Also after a restart of everything.
    let last = next_token(&ada, &web).await;
    let world = Box::pin(world.restart()).await;
    let ada = world.again(&ada).await;
    ada.task(&web, "after the restart").await;
    let mut stream = open(&ada, &[&web], &last).await;
    next(&mut stream).await;
    assert_eq!(title(&next_event(&mut stream).await), "after the restart");
}

async fn next_token(user: &User, project: &Project) -> String {
    next(&mut open(user, &[project], "").await).await.resume_token
}

#[tokio::test]
async fn access_that_ends_ends_the_stream() {
    let world = World::start().await;
    let (ada, tim, eve) = (world.user("ada").await, world.user("tim").await, world.user("eve").await);
    let (web, ops) = (ada.project("WEB").await, ada.project("OPS").await);
    let member = ada.member(&web, &tim, "viewer").await;
    let mut stream = open(&tim, &[&web], "").await;
    next(&mut stream).await;
    let request = RemoveProjectMemberRequest {
        project_id: web.id.clone(),
        member_id: member.id,
        ..RemoveProjectMemberRequest::default()
    };
    ada.access().remove_project_member(request).await.expect("removes");
    assert_eq!(end(stream).await.to_string(), "NOT_FOUND NOT_FOUND");

    ada.member(&web, &eve, "viewer").await;
    let mut stream = open(&eve, &[&web], "").await;
    next(&mut stream).await;
    eve.sessions().sign_out(SignOutRequest {}).await.expect("signs out");
    assert_eq!(end(stream).await.to_string(), "UNAUTHENTICATED CREDENTIAL_INVALID");

    let mut stream = open(&ada, &[&ops], "").await;
    next(&mut stream).await;
    ada.projects()
        .delete_project(DeleteProjectRequest {
            project_id: ops.id.clone(),
            ..DeleteProjectRequest::default()
        })
        .await
        .expect("deletes");
    assert_eq!(end(stream).await.to_string(), "NOT_FOUND NOT_FOUND");
}

#[tokio::test]
async fn who_may_not_watch_is_refused_at_once() {
    let world = World::start().await;
    let (ada, eve) = (world.user("ada").await, world.user("eve").await);
    let (web, ops) = (ada.project("WEB").await, ada.project("OPS").await);
    let request = |projects: &[&Project], token: &str| WatchRequest {
        project_ids: projects.iter().map(|project| project.id.clone()).collect(),
        resume_token: token.to_owned(),
        notifications: false,
    };
    assert_eq!(
        problem(eve.watch().watch(request(&[&web], "")).await).to_string(),
        "NOT_FOUND NOT_FOUND"
    );
    assert_eq!(
        problem(world.stranger().watch().watch(request(&[&web], "")).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    assert_eq!(problem(ada.watch().watch(request(&[], "")).await).fields(), ["project_ids"]);
    assert_eq!(
        problem(ada.watch().watch(request(&[&web, &web], "")).await).fields(),
        ["project_ids"]
    );

    ada.member(&web, &eve, "viewer").await;
    let token = next_token(&ada, &web).await;
    for (user, projects, token) in [
        (&eve, vec![&web], token.as_str()),
        (&ada, vec![&web, &ops], token.as_str()),
        (&ada, vec![&web], "damaged"),
    ] {
        assert_eq!(
            problem(user.watch().watch(request(&projects, token)).await).to_string(),
            "OUT_OF_RANGE RESUME_TOKEN_EXPIRED"
        );
    }
}

#[tokio::test]
async fn a_quiet_stream_shows_that_it_is_alive() {
    let world = World::start_with(|settings| settings.core.watch_checkpoint_ms = 200).await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let mut stream = open(&ada, &[&web], "").await;
    for _ in 0..4 {
        assert!(matches!(next_event(&mut stream).await, Event::Checkpoint(_)));
    }
}

#[tokio::test]
async fn a_reader_who_is_too_slow_is_cut_and_can_resume() {
    let world = World::start_with(|settings| settings.core.watch_patience_ms = 300).await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let mut stream = open(&ada, &[&web], "").await;
    let first = next(&mut stream).await;
    // More than the windows of the connection and the queue of the stream hold.
    for index in 0..120 {
        ada.task_of(
            &web,
            Task {
                title: format!("{index}"),
                description: "x".repeat(60_000),
                ..Task::default()
            },
        )
        .await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut last = first.resume_token;
    let mut seen = 0;
    let ended = loop {
        match timeout(SOON, stream.message()).await.expect("soon") {
            Ok(Some(message)) => {
                seen += 1;
                last = message.resume_token;
            }
            Ok(None) => panic!("the stream ended without a status"),
            Err(status) => break Problem::of(&status),
        }
    };
    assert_eq!(ended.to_string(), "RESOURCE_EXHAUSTED SLOW_READER");
    assert!(seen < 120);
    let mut stream = open(&ada, &[&web], &last).await;
    next(&mut stream).await;
    for index in seen..120 {
        assert_eq!(title(&next_event(&mut stream).await), index.to_string());
    }
}

#[tokio::test]
async fn a_server_that_stops_says_so_after_a_last_checkpoint() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let mut stream = open(&ada, &[&web], "").await;
    next(&mut stream).await;
    let stopping = world.stop();
    let (ended, ()) = timeout(Duration::from_secs(10), async { tokio::join!(end(stream), stopping) })
        .await
        .expect("within the grace");
    assert_eq!(ended.to_string(), "UNAVAILABLE SHUTTING_DOWN");
}
