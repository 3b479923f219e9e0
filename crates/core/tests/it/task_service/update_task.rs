//! UpdateTask.

use prost_types::FieldMask;
use tasktracker_proto::core::v1::due::Value;
use tasktracker_proto::core::v1::*;
use tasktracker_testing::{User, World, problem};

fn mask(paths: &[&str]) -> Option<FieldMask> {
    Some(FieldMask {
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
    })
}

fn change(task: Task, paths: &[&str]) -> UpdateTaskRequest {
    UpdateTaskRequest {
        task: Some(task),
        update_mask: if paths.is_empty() { None } else { mask(paths) },
        request_id: String::new(),
    }
}

async fn update(user: &User, request: UpdateTaskRequest) -> Task {
    user.tasks()
        .update_task(request)
        .await
        .expect("updates")
        .into_inner()
        .task
        .expect("a task")
}

#[tokio::test]
async fn only_what_the_mask_names_changes_and_history_tells() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let task = ada.task(&web, "Old").await;
    let sent = Task {
        id: task.key.clone(),
        title: "New".to_owned(),
        description: "ignored".to_owned(),
        ..Task::default()
    };
    let response = ada.tasks().update_task(change(sent, &["title"])).await.expect("updates");
    let token = response
        .metadata()
        .get("x-consistency-token")
        .expect("a token")
        .to_str()
        .expect("text")
        .to_owned();
    let updated = response.into_inner().task.expect("a task");
    assert_eq!((updated.title.as_str(), updated.description.as_str()), ("New", ""));
    assert_eq!(token, format!("{}:2", task.id));
    assert_ne!(updated.etag, task.etag);

    // Without a mask: what is set.
    let sent = Task {
        id: task.id.clone(),
        priority: Priority::Urgent.into(),
        ..Task::default()
    };
    let updated = update(&ada, change(sent, &[])).await;
    assert_eq!((updated.title.as_str(), updated.priority()), ("New", Priority::Urgent));

    // Clearing needs the mask.
    let due = Some(Due {
        value: Some(Value::Date("2026-06-01".to_owned())),
    });
    let sent = Task {
        id: task.id.clone(),
        due,
        estimate_points: Some(3.0),
        ..Task::default()
    };
    let updated = update(&ada, change(sent, &[])).await;
    assert!(updated.due.is_some());
    let updated = update(
        &ada,
        change(
            Task {
                id: task.id.clone(),
                ..Task::default()
            },
            &["due", "estimatePoints"],
        ),
    )
    .await;
    assert_eq!((updated.due, updated.estimate_points), (None, None));

    let request = ListTaskActivityRequest {
        task_id: task.id.clone(),
        ..ListTaskActivityRequest::default()
    };
    let activities = ada
        .tasks()
        .list_task_activity(request)
        .await
        .expect("lists")
        .into_inner()
        .activities;
    let told: Vec<(ActivityKind, Vec<&str>)> = activities
        .iter()
        .map(|entry| (entry.kind(), entry.changes.iter().map(|change| change.field.as_str()).collect()))
        .collect();
    assert_eq!(
        told,
        [
            (ActivityKind::Updated, vec!["due", "estimate_points"]),
            (ActivityKind::Updated, vec!["due", "estimate_points"]),
            (ActivityKind::Updated, vec!["priority"]),
            (ActivityKind::Updated, vec!["title"]),
            (ActivityKind::Created, vec![]),
        ]
    );
}

#[tokio::test]
async fn an_update_that_changes_nothing_writes_nothing() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let task = ada.task(&web, "Same").await;
    let updated = update(
        &ada,
        change(
            Task {
                id: task.id.clone(),
                title: "Same".to_owned(),
                ..Task::default()
            },
            &["title"],
        ),
    )
    .await;
    assert_eq!(updated, task);
}

#[tokio::test]
async fn edits_of_different_fields_merge_and_of_the_same_field_conflict() {
    let world = World::start().await;
    let (ada, grace) = (world.user("ada").await, world.user("grace").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &grace, "maintainer").await;
    let base = ada.task(&web, "Base").await;
    update(
        &ada,
        change(
            Task {
                title: "Ada's".to_owned(),
                ..base.clone()
            },
            &["title"],
        ),
    )
    .await;

    let merged = update(
        &grace,
        change(
            Task {
                priority: Priority::High.into(),
                ..base.clone()
            },
            &["priority"],
        ),
    )
    .await;
    assert_eq!((merged.title.as_str(), merged.priority()), ("Ada's", Priority::High));

    let refused = problem(
        grace
            .tasks()
            .update_task(change(
                Task {
                    title: "Grace's".to_owned(),
                    ..base.clone()
                },
                &["title", "description"],
            ))
            .await,
    );
    assert_eq!(refused.code, tonic::Code::Aborted);
    assert_eq!(refused.reason, "EDIT_CONFLICT");
    assert_eq!(refused.metadata["fields"], "title");
    assert_eq!(
        (refused.metadata["title.theirs"].as_str(), refused.metadata["title.yours"].as_str()),
        (r#""Ada's""#, r#""Grace's""#)
    );
    assert_eq!(refused.metadata["etag"], merged.etag);

    // The same wish is no conflict, and what was sent back unread undoes nothing.
    let agreed = update(
        &grace,
        change(
            Task {
                title: "Ada's".to_owned(),
                ..base.clone()
            },
            &["title"],
        ),
    )
    .await;
    assert_eq!(agreed.title, "Ada's");
    let kept = update(
        &grace,
        change(
            Task {
                description: "more".to_owned(),
                ..base.clone()
            },
            &["title", "description"],
        ),
    )
    .await;
    assert_eq!((kept.title.as_str(), kept.description.as_str()), ("Ada's", "more"));
}

#[tokio::test]
async fn if_match_is_strict() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let base = ada.task(&web, "Base").await;
    let now = update(
        &ada,
        change(
            Task {
                title: "Now".to_owned(),
                ..base.clone()
            },
            &["title"],
        ),
    )
    .await;
    let strict = ada.with("if-match", &base.etag);
    let refused = problem(
        strict
            .tasks()
            .update_task(change(
                Task {
                    priority: Priority::Low.into(),
                    ..base.clone()
                },
                &["priority"],
            ))
            .await,
    );
    assert_eq!(refused.reason, "ETAG_MISMATCH");
    assert_eq!(refused.metadata["etag"], now.etag);
    for fits in [now.etag.as_str(), "*"] {
        update(
            &ada.with("if-match", fits),
            change(
                Task {
                    id: base.id.clone(),
                    priority: Priority::None.into(),
                    ..Task::default()
                },
                &["priority"],
            ),
        )
        .await;
    }
}

#[tokio::test]
async fn bad_masks_etags_and_values_are_refused() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let task = ada.task(&web, "t").await;
    for path in [
        "number",
        "id",
        "rank",
        "create_time",
        "overdue",
        "nonsense",
        "due.date",
        "comment_count",
        "creator_id",
        "complete_time",
    ] {
        let refused = problem(ada.tasks().update_task(change(task.clone(), &[path])).await);
        assert_eq!(refused.fields(), ["update_mask"], "{path}");
    }
    for (sent, paths, field) in [
        (
            Task {
                title: String::new(),
                ..task.clone()
            },
            vec!["title"],
            "task.title",
        ),
        (
            Task {
                status_id: String::new(),
                ..task.clone()
            },
            vec!["status_id"],
            "task.status_id",
        ),
        (
            Task {
                parent_id: task.id.clone(),
                ..task.clone()
            },
            vec!["parent_id"],
            "task.parent_id",
        ),
        (
            Task {
                etag: "nonsense".to_owned(),
                ..task.clone()
            },
            vec!["title"],
            "task.etag",
        ),
        (
            Task {
                id: "no id".to_owned(),
                ..task.clone()
            },
            vec!["title"],
            "task.id",
        ),
    ] {
        assert_eq!(problem(ada.tasks().update_task(change(sent, &paths)).await).fields(), [field]);
    }
    assert_eq!(
        problem(ada.tasks().update_task(UpdateTaskRequest::default()).await).fields(),
        ["task"]
    );
    let future = Task {
        etag: "\"zzz\"".to_owned(),
        ..task.clone()
    };
    assert_eq!(
        problem(ada.tasks().update_task(change(future, &["title"])).await).reason,
        "ETAG_MISMATCH"
    );
}

#[tokio::test]
async fn circles_of_parents_are_refused() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let top = ada.task(&web, "top").await;
    let below = ada
        .task_of(
            &web,
            Task {
                title: "below".to_owned(),
                parent_id: top.id.clone(),
                ..Task::default()
            },
        )
        .await;
    let sent = Task {
        id: top.id.clone(),
        parent_id: below.id.clone(),
        ..Task::default()
    };
    assert_eq!(
        problem(ada.tasks().update_task(change(sent, &["parent_id"])).await).fields(),
        ["task.parent_id"]
    );
}

#[tokio::test]
async fn each_field_needs_its_permission() {
    let world = World::start().await;
    let (ada, tim, carl, eve) = (
        world.user("ada").await,
        world.user("tim").await,
        world.user("carl").await,
        world.user("eve").await,
    );
    let web = ada.project("WEB").await;
    ada.member(&web, &tim, "viewer").await;
    ada.member(&web, &carl, "contributor").await;
    let task = ada.task(&web, "t").await;
    let done = ada.status(&web, "Done").await;
    for (sent, path, permission) in [
        (
            Task {
                title: "x".to_owned(),
                ..task.clone()
            },
            "title",
            "task.update",
        ),
        (
            Task {
                status_id: done.id.clone(),
                ..task.clone()
            },
            "status_id",
            "task.transition",
        ),
        (
            Task {
                assignee_ids: vec![tim.id.clone()],
                ..task.clone()
            },
            "assignee_ids",
            "task.assign",
        ),
    ] {
        let refused = problem(tim.tasks().update_task(change(sent.clone(), &[path])).await);
        assert_eq!(
            refused.to_string(),
            format!("PERMISSION_DENIED PERMISSION_MISSING permission={permission}")
        );
        update(
            &carl,
            change(
                Task {
                    etag: String::new(),
                    ..sent
                },
                &[path],
            ),
        )
        .await;
    }
    let hidden = problem(eve.tasks().update_task(change(task.clone(), &["title"])).await);
    assert_eq!(hidden.to_string(), "NOT_FOUND NOT_FOUND");
    assert_eq!(
        problem(world.stranger().tasks().update_task(change(task, &["title"])).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
}

#[tokio::test]
async fn completion_is_the_last_entry_while_it_lasts() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let task = ada.task(&web, "t").await;
    let to = async |name: &str| {
        world.advance(std::time::Duration::from_secs(60)).await;
        let status_id = ada.status(&web, name).await.id;
        update(
            &ada,
            change(
                Task {
                    id: task.id.clone(),
                    status_id,
                    ..Task::default()
                },
                &["status_id"],
            ),
        )
        .await
    };
    let started = to("In progress").await;
    let reviewed = to("In review").await;
    assert_eq!(started.start_time, reviewed.start_time, "the first start stays");
    let done = to("Done").await;
    assert!(done.complete_time.is_some());
    assert_eq!(to("To do").await.complete_time, None);
    let again = to("Done").await;
    assert!(again.complete_time.expect("complete").seconds > done.complete_time.expect("complete").seconds);
    assert_eq!(again.start_time, started.start_time);
}

#[tokio::test]
async fn a_repeated_update_is_applied_once() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let task = ada.task(&web, "t").await;
    let request = UpdateTaskRequest {
        request_id: "r".to_owned(),
        ..change(
            Task {
                title: "once".to_owned(),
                ..task.clone()
            },
            &["title"],
        )
    };
    let first = update(&ada, request.clone()).await;
    update(
        &ada,
        change(
            Task {
                id: task.id.clone(),
                title: "later".to_owned(),
                ..Task::default()
            },
            &["title"],
        ),
    )
    .await;
    let again = update(&ada, request).await;
    assert_eq!(
        (first.title.as_str(), again.title.as_str()),
        ("once", "later"),
        "a repeat answers the present state and changes nothing"
    );
}
