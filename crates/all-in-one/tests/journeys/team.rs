//! A team gets its work done: the owner sets things up, everybody does what their role lets them, a watcher sees it, and who leaves is gone.

use std::time::Duration;

use tasktracker_proto::auth::v1::*;
use tasktracker_proto::core::v1::move_task_request::Position;
use tasktracker_proto::core::v1::watch_response::Event;
use tasktracker_proto::core::v1::*;
use tasktracker_testing::{Problem, User, World, problem};
use tokio::time::timeout;
use tonic::{Code, Response, Status as Refusal, Streaming};

const SOON: Duration = Duration::from_secs(5);
const ROLES: [&str; 5] = ["owner", "maintainer", "contributor", "commenter", "viewer"];

/// The owner of the instance, and a project with one member of each role, named like it.
async fn team(world: &World) -> (User, Project) {
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    for role in ROLES {
        ada.member(&web, &world.user(role).await, role).await;
    }
    (ada, web)
}

async fn get(user: &User, task: &Task) -> Result<Response<GetTaskResponse>, Refusal> {
    user.tasks().get_task(GetTaskRequest { task_id: task.id.clone() }).await
}

async fn read(user: &User, task: &Task) -> Task {
    get(user, task).await.expect("reads").into_inner().task.expect("a task")
}

async fn move_to(user: &User, task: &Task, status: &Status, position: Option<Position>) -> Result<Task, Problem> {
    let request = MoveTaskRequest {
        task_id: task.id.clone(),
        status_id: status.id.clone(),
        position,
        ..MoveTaskRequest::default()
    };
    let moved = user.tasks().move_task(request).await.map_err(|refusal| Problem::of(&refusal))?;
    Ok(moved.into_inner().task.expect("a task"))
}

async fn update(user: &User, task: &Task, fields: &[&str], change: Task) -> Result<Task, Problem> {
    let task = Task {
        id: task.id.clone(),
        etag: task.etag.clone(),
        ..change
    };
    let update_mask = Some(prost_types::FieldMask {
        paths: fields.iter().map(|field| (*field).to_owned()).collect(),
    });
    let request = UpdateTaskRequest {
        task: Some(task),
        update_mask,
        request_id: String::new(),
    };
    let updated = user.tasks().update_task(request).await.map_err(|refusal| Problem::of(&refusal))?;
    Ok(updated.into_inner().task.expect("a task"))
}

async fn members(user: &User, project: &Project) -> Vec<ProjectMember> {
    let request = ListProjectMembersRequest {
        project_id: project.id.clone(),
        ..ListProjectMembersRequest::default()
    };
    user.access()
        .list_project_members(request)
        .await
        .expect("lists")
        .into_inner()
        .members
}

async fn member_of(user: &User, project: &Project, whom: &User) -> ProjectMember {
    members(user, project)
        .await
        .into_iter()
        .find(|member| member.user_id == whom.id)
        .expect("is a member")
}

async fn remove(user: &User, member: &ProjectMember) -> Result<Response<RemoveProjectMemberResponse>, Refusal> {
    let request = RemoveProjectMemberRequest {
        project_id: member.project_id.clone(),
        member_id: member.id.clone(),
        ..Default::default()
    };
    user.access().remove_project_member(request).await
}

async fn watch(user: &User, project: &Project) -> Streaming<WatchResponse> {
    let request = WatchRequest {
        project_ids: vec![project.id.clone()],
        resume_token: String::new(),
        ..WatchRequest::default()
    };
    let mut stream = user.watch().watch(request).await.expect("opens").into_inner();
    let first = timeout(SOON, stream.message())
        .await
        .expect("soon")
        .expect("no end")
        .expect("a message");
    assert!(matches!(first.event, Some(Event::Checkpoint(_))));
    stream
}

/// Waits until the stream tells of something.
async fn until(stream: &mut Streaming<WatchResponse>, what: &str, told: impl Fn(&Event) -> bool) {
    let found = timeout(SOON, async {
        loop {
            let message = stream.message().await.expect("no end").expect("a message");
            if message.event.as_ref().is_some_and(&told) {
                return;
            }
        }
    });
    found.await.unwrap_or_else(|_| panic!("the watcher never saw: {what}"));
}

async fn end(mut stream: Streaming<WatchResponse>) -> Problem {
    timeout(SOON, async {
        loop {
            match stream.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("the stream ended without a status"),
                Err(refusal) => return Problem::of(&refusal),
            }
        }
    })
    .await
    .expect("ends soon")
}

#[tokio::test]
async fn a_task_goes_from_idea_to_done_before_everybodys_eyes() {
    let world = World::start().await;
    let (ada, web) = team(&world).await;
    let (contributor, viewer) = (world.user("contributor").await, world.user("viewer").await);
    let mut stream = watch(&viewer, &web).await;

    let due = Due {
        value: Some(due::Value::Date("2026-05-08".to_owned())),
    };
    let wish = Task {
        title: "Draw a map".to_owned(),
        due: Some(due),
        priority: Priority::High.into(),
        ..Task::default()
    };
    let task = contributor.task_of(&web, wish).await;
    assert_eq!(
        (task.key.as_str(), task.number, task.status_category()),
        ("WEB-1", 1, StatusCategory::Unstarted)
    );
    assert_eq!(task.creator_id, contributor.id);
    until(
        &mut stream,
        "the task",
        |event| matches!(event, Event::TaskUpserted(told) if told.id == task.id),
    )
    .await;

    let task = update(
        &ada,
        &task,
        &["assignee_ids"],
        Task {
            assignee_ids: vec![contributor.id.clone()],
            ..Task::default()
        },
    )
    .await
    .expect("assigns");
    until(
        &mut stream,
        "the assignment",
        |event| matches!(event, Event::TaskUpserted(told) if told.assignee_ids == task.assignee_ids),
    )
    .await;
    let mine = ListMyTasksRequest {
        relations: vec![TaskRelation::Assigned.into()],
        ..ListMyTasksRequest::default()
    };
    let mine = contributor.tasks().list_my_tasks(mine).await.expect("lists").into_inner().tasks;
    assert_eq!(mine.iter().map(|task| task.key.as_str()).collect::<Vec<_>>(), ["WEB-1"]);

    let in_progress = ada.status(&web, "In progress").await;
    let task = move_to(&contributor, &task, &in_progress, Some(Position::First(true)))
        .await
        .expect("begins");
    assert!(task.start_time.is_some() && task.complete_time.is_none());
    until(
        &mut stream,
        "the beginning",
        |event| matches!(event, Event::TaskUpserted(told) if told.status_id == in_progress.id),
    )
    .await;

    let comment = world.user("commenter").await.comment(&task, "Is the north up?").await;
    until(
        &mut stream,
        "the comment",
        |event| matches!(event, Event::CommentUpserted(told) if told.id == comment.id),
    )
    .await;
    assert_eq!(read(&viewer, &task).await.comment_count, 1);

    // The deadline passes, a moment later the work is done.
    world.advance(Duration::from_secs(8 * 86_400)).await;
    assert!(read(&viewer, &task).await.overdue);
    let done = ada.status(&web, "Done").await;
    let task = move_to(&contributor, &read(&contributor, &task).await, &done, None)
        .await
        .expect("completes");
    assert!(task.complete_time.is_some() && !task.overdue);
    assert_eq!(read(&viewer, &task).await.etag, task.etag);

    let request = ListTaskActivityRequest {
        task_id: task.key.clone(),
        ..ListTaskActivityRequest::default()
    };
    let history = viewer
        .tasks()
        .list_task_activity(request)
        .await
        .expect("reads")
        .into_inner()
        .activities;
    let kinds: Vec<_> = history.iter().rev().map(Activity::kind).collect();
    use ActivityKind::{CommentCreated, Created, Moved, Updated};
    assert_eq!(kinds, [Created, Updated, Moved, CommentCreated, Moved]);
    assert_eq!(
        history.iter().rev().map(|entry| &entry.actor_id).collect::<Vec<_>>(),
        [
            &contributor.id,
            &ada.id,
            &contributor.id,
            &world.user("commenter").await.id,
            &contributor.id
        ]
    );
}

#[tokio::test]
async fn everybody_does_what_their_role_lets_them_and_nothing_more() {
    let world = World::start().await;
    let (ada, web) = team(&world).await;
    let done = ada.status(&web, "Done").await;
    // Reads, comments, writes tasks, deletes tasks, adds members, deletes the project.
    let rights = [
        ("owner", [true, true, true, true, true, true]),
        ("maintainer", [true, true, true, true, true, false]),
        ("contributor", [true, true, true, false, false, false]),
        ("commenter", [true, true, false, false, false, false]),
        ("viewer", [true, false, false, false, false, false]),
        ("nobody", [false; 6]),
    ];
    let newcomer = world.user("newcomer").await;
    for (role, expected) in rights {
        let user = world.user(role).await;
        let task = ada.task(&web, role).await;
        let own = ada.project(&role[..3].to_uppercase()).await;
        if role != "nobody" {
            ada.member(&own, &user, role).await;
        }
        let comment = Comment {
            body: "!".to_owned(),
            ..Comment::default()
        };
        let comment = CreateCommentRequest {
            task_id: task.id.clone(),
            comment: Some(comment),
            request_id: String::new(),
        };
        let member = ProjectMember {
            user_id: newcomer.id.clone(),
            role_id: "viewer".to_owned(),
            ..ProjectMember::default()
        };
        let member = AddProjectMemberRequest {
            project_id: own.id.clone(),
            member: Some(member),
            request_id: String::new(),
        };
        let outcomes = [
            get(&user, &task).await.map(drop),
            user.comments().create_comment(comment).await.map(drop),
            user.tasks()
                .move_task(MoveTaskRequest {
                    task_id: task.id.clone(),
                    status_id: done.id.clone(),
                    ..Default::default()
                })
                .await
                .map(drop),
            user.tasks()
                .delete_task(DeleteTaskRequest {
                    task_id: task.id.clone(),
                    ..DeleteTaskRequest::default()
                })
                .await
                .map(drop),
            user.access().add_project_member(member).await.map(drop),
            user.projects()
                .delete_project(DeleteProjectRequest {
                    project_id: own.id.clone(),
                    ..DeleteProjectRequest::default()
                })
                .await
                .map(drop),
        ];
        for (index, (outcome, allowed)) in outcomes.iter().zip(expected).enumerate() {
            let refusal = if role == "nobody" { Code::NotFound } else { Code::PermissionDenied };
            let seen = outcome.as_ref().map_err(Refusal::code).copied();
            assert_eq!(seen, if allowed { Ok(()) } else { Err(refusal) }, "{role}: {index}");
        }
    }
}

#[tokio::test]
async fn who_is_removed_loses_everything_at_once() {
    let world = World::start().await;
    let (ada, web) = team(&world).await;
    let contributor = world.user("contributor").await;
    let task = contributor.task(&web, "mine").await;
    for round in 0..20 {
        if round > 0 {
            ada.member(&web, &contributor, "contributor").await;
        }
        // Without a revision a new right may take a second too (P2).
        let back = timeout(Duration::from_secs(1), async { while get(&contributor, &task).await.is_err() {} });
        back.await.expect("back within a second");
        // Warm everywhere, and watching.
        get(&contributor, &task).await.expect("sees it");
        let stream = watch(&contributor, &web).await;
        let gone = remove(&ada, &member_of(&ada, &web, &contributor).await).await.expect("removes");
        let revision = gone
            .metadata()
            .get("x-authz-revision")
            .expect("a revision")
            .to_str()
            .expect("text")
            .to_owned();

        // P1: with the revision there is no moment in which it still works.
        let demanding = contributor.with("x-authz-min-revision", &revision);
        assert_eq!(problem(get(&demanding, &task).await).to_string(), "NOT_FOUND NOT_FOUND");
        // P2: without it a second at most.
        let lost = timeout(Duration::from_secs(1), async { while get(&contributor, &task).await.is_ok() {} });
        lost.await.expect("gone within a second");
        assert_eq!(end(stream).await.to_string(), "NOT_FOUND NOT_FOUND");
        let update = problem(
            contributor
                .tasks()
                .delete_task(DeleteTaskRequest {
                    task_id: task.id.clone(),
                    ..Default::default()
                })
                .await,
        );
        assert_eq!(update.to_string(), "NOT_FOUND NOT_FOUND");
        let mine = contributor
            .tasks()
            .list_my_tasks(ListMyTasksRequest::default())
            .await
            .expect("lists")
            .into_inner()
            .tasks;
        assert!(mine.is_empty(), "nothing of the project is left in sight");
        let listed = contributor
            .projects()
            .list_projects(ListProjectsRequest::default())
            .await
            .expect("lists")
            .into_inner()
            .projects;
        assert!(listed.is_empty());
    }
}

#[tokio::test]
async fn a_demoted_member_keeps_what_the_lesser_role_lets_them() {
    let world = World::start().await;
    let (ada, web) = team(&world).await;
    let contributor = world.user("contributor").await;
    let task = contributor.task(&web, "mine").await;
    let member = ProjectMember {
        role_id: "viewer".to_owned(),
        ..member_of(&ada, &web, &contributor).await
    };
    let request = UpdateProjectMemberRequest {
        project_id: web.id.clone(),
        member: Some(member),
        ..UpdateProjectMemberRequest::default()
    };
    let answer = ada.access().update_project_member(request).await.expect("demotes");
    let revision = answer
        .metadata()
        .get("x-authz-revision")
        .expect("a revision")
        .to_str()
        .expect("text")
        .to_owned();
    let demanding = contributor.with("x-authz-min-revision", &revision);
    get(&demanding, &task).await.expect("still sees it");
    let refused = update(
        &demanding,
        &task,
        &["title"],
        Task {
            title: "x".to_owned(),
            ..Task::default()
        },
    )
    .await
    .expect_err("refused");
    assert_eq!(refused.to_string(), "PERMISSION_DENIED PERMISSION_MISSING permission=task.update");
}

#[tokio::test]
async fn the_last_owner_stays() {
    let world = World::start().await;
    let (ada, web) = team(&world).await;
    let owner = world.user("owner").await;
    let (adas, owners) = (member_of(&ada, &web, &ada).await, member_of(&ada, &web, &owner).await);
    let demote = |user: &User, member: &ProjectMember| {
        let member = ProjectMember {
            role_id: "viewer".to_owned(),
            ..member.clone()
        };
        let request = UpdateProjectMemberRequest {
            project_id: member.project_id.clone(),
            member: Some(member),
            ..Default::default()
        };
        let mut access = user.access();
        async move { access.update_project_member(request).await }
    };
    // Two owners each take the other's place at once: one of them stays.
    let (one, two) = tokio::join!(demote(&ada, &owners), demote(&owner, &adas));
    assert_eq!(
        [one.is_ok(), two.is_ok()].iter().filter(|done| **done).count(),
        1,
        "{one:?} {two:?}"
    );
    let last = if one.is_ok() { &ada } else { &owner };
    let member = member_of(last, &web, last).await;
    assert_eq!(member.role_id, "owner");
    let refused = "FAILED_PRECONDITION LAST_OWNER";
    assert_eq!(problem(demote(last, &member).await).to_string(), refused);
    assert_eq!(problem(remove(last, &member).await).to_string(), refused);
    assert_eq!(
        members(last, &web).await.iter().filter(|member| member.role_id == "owner").count(),
        1
    );
    // With another one in place they may go.
    let viewer = world.user("viewer").await;
    let promoted = ProjectMember {
        role_id: "owner".to_owned(),
        ..member_of(last, &web, &viewer).await
    };
    let request = UpdateProjectMemberRequest {
        project_id: web.id.clone(),
        member: Some(promoted),
        ..Default::default()
    };
    last.access().update_project_member(request).await.expect("promotes");
    remove(last, &member).await.expect("leaves");
    assert_eq!(
        problem(
            last.projects()
                .get_project(GetProjectRequest {
                    project_id: web.id.clone()
                })
                .await
        )
        .to_string(),
        "NOT_FOUND NOT_FOUND"
    );
}

#[tokio::test]
async fn nobody_raises_themselves_or_others_above_their_own_rights() {
    let world = World::start().await;
    let (ada, web) = team(&world).await;
    let newcomer = world.user("newcomer").await;
    for role in ["maintainer", "contributor", "viewer"] {
        let user = world.user(role).await;
        let raised = ProjectMember {
            role_id: "owner".to_owned(),
            ..member_of(&ada, &web, &user).await
        };
        let request = UpdateProjectMemberRequest {
            project_id: web.id.clone(),
            member: Some(raised),
            ..Default::default()
        };
        assert_eq!(
            problem(user.access().update_project_member(request).await).code,
            Code::PermissionDenied,
            "{role}"
        );
        let member = ProjectMember {
            user_id: newcomer.id.clone(),
            role_id: "owner".to_owned(),
            ..ProjectMember::default()
        };
        let request = AddProjectMemberRequest {
            project_id: web.id.clone(),
            member: Some(member),
            request_id: String::new(),
        };
        assert_eq!(
            problem(user.access().add_project_member(request).await).code,
            Code::PermissionDenied,
            "{role}"
        );
        let owner = member_of(&ada, &web, &world.user("owner").await).await;
        assert_eq!(problem(remove(&user, &owner).await).code, Code::PermissionDenied, "{role}");
    }
    assert_eq!(
        members(&ada, &web).await.iter().filter(|member| member.role_id == "owner").count(),
        2
    );
}
