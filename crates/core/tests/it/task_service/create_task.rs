//! CreateTask.

use tasktracker_proto::core::v1::due::Value;
use tasktracker_proto::core::v1::*;
use tasktracker_testing::{World, problem};

fn request(project: &Project, task: Task) -> CreateTaskRequest {
    CreateTaskRequest {
        project_id: project.id.clone(),
        task: Some(task),
        request_id: String::new(),
    }
}

fn titled(title: &str) -> Task {
    Task {
        title: title.to_owned(),
        ..Task::default()
    }
}

#[tokio::test]
async fn a_task_gets_a_number_a_key_a_place_and_its_defaults() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let first = ada.task(&web, "  Draw a map ").await;
    let second = ada.task(&web, "Sail").await;

    assert_eq!((first.number, first.key.as_str(), first.title.as_str()), (1, "WEB-1", "Draw a map"));
    assert_eq!((second.number, second.key.as_str()), (2, "WEB-2"));
    assert!(first.rank < second.rank, "new tasks come last");
    assert_eq!(first.status_category(), StatusCategory::Unstarted);
    assert_eq!(first.status_id, ada.status(&web, "To do").await.id);
    assert_eq!((first.priority(), first.r#type()), (Priority::None, TaskType::Task));
    assert_eq!(first.creator_id, ada.id);
    assert_eq!(first.followed, Some(true), "creators follow what they make");
    assert!(!first.etag.is_empty() && !first.overdue && first.complete_time.is_none());
    assert_eq!(first.create_time, first.update_time);
}

#[tokio::test]
async fn all_fields_are_kept() {
    let world = World::start().await;
    let (ada, linus) = (world.user("ada").await, world.user("linus").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &linus, "contributor").await;
    let parent = ada.task(&web, "Parent").await;
    let started = ada.status(&web, "In progress").await;
    let sent = Task {
        description: "**Where** is @(user:nobody)?".to_owned(),
        status_id: started.id.clone(),
        priority: Priority::High.into(),
        r#type: TaskType::Bug.into(),
        assignee_ids: vec![linus.id.clone()],
        parent_id: parent.id.clone(),
        due: Some(Due {
            value: Some(Value::At(ZonedDateTime {
                local_date_time: "2026-05-20T17:00".to_owned(),
                time_zone: "europe/berlin".to_owned(),
            })),
        }),
        start_date: "2026-05-10".to_owned(),
        estimate_points: Some(2.5),
        ..titled("Child")
    };
    let made = ada.task_of(&web, sent.clone()).await;
    let read = linus
        .tasks()
        .get_task(GetTaskRequest {
            task_id: "web-2".to_owned(),
        })
        .await
        .expect("reads")
        .into_inner()
        .task
        .expect("a task");
    for task in [&made, &read] {
        assert_eq!(
            (&task.description, &task.status_id, task.priority, task.r#type),
            (&sent.description, &sent.status_id, sent.priority, sent.r#type)
        );
        assert_eq!(
            (&task.assignee_ids, &task.parent_id, &task.start_date, task.estimate_points),
            (&sent.assignee_ids, &sent.parent_id, &sent.start_date, sent.estimate_points)
        );
        let Some(Value::At(at)) = &task.due.as_ref().expect("a due").value else {
            panic!("a time")
        };
        assert_eq!(
            (at.local_date_time.as_str(), at.time_zone.as_str()),
            ("2026-05-20T17:00", "Europe/Berlin")
        );
        assert_eq!(task.status_category(), StatusCategory::Started);
        assert!(task.start_time.is_some() && task.complete_time.is_none());
    }
    assert_eq!(read.followed, Some(true), "assignees follow");
    assert_eq!(Task { followed: None, ..made }, Task { followed: None, ..read });
}

#[tokio::test]
async fn invalid_fields_are_named_and_nothing_is_made() {
    let world = World::start().await;
    let (ada, tim) = (world.user("ada").await, world.user("tim").await);
    let (web, ops) = (ada.project("WEB").await, ada.project("OPS").await);
    let foreign = ada.task(&ops, "Elsewhere").await;
    let foreign_status = ada.status(&ops, "Done").await.id;
    let due = |value| Some(Due { value });
    let at = |local: &str, zone: &str| {
        Some(Value::At(ZonedDateTime {
            local_date_time: local.to_owned(),
            time_zone: zone.to_owned(),
        }))
    };
    let cases = [
        (titled(""), "task.title"),
        (titled("   "), "task.title"),
        (titled(&"x".repeat(501)), "task.title"),
        (titled("two\nlines"), "task.title"),
        (
            Task {
                description: "x".repeat(65_537),
                ..titled("t")
            },
            "task.description",
        ),
        (
            Task {
                status_id: "no id".to_owned(),
                ..titled("t")
            },
            "task.status_id",
        ),
        (
            Task {
                status_id: foreign_status,
                ..titled("t")
            },
            "task.status_id",
        ),
        (
            Task {
                priority: 99,
                ..titled("t")
            },
            "task.priority",
        ),
        (Task { r#type: -1, ..titled("t") }, "task.type"),
        (
            Task {
                assignee_ids: vec![tim.id.clone()],
                ..titled("t")
            },
            "task.assignee_ids",
        ),
        (
            Task {
                assignee_ids: vec![ada.id.clone(), ada.id.clone()],
                ..titled("t")
            },
            "task.assignee_ids",
        ),
        (
            Task {
                parent_id: foreign.id.clone(),
                ..titled("t")
            },
            "task.parent_id",
        ),
        (
            Task {
                due: due(None),
                ..titled("t")
            },
            "task.due",
        ),
        (
            Task {
                due: due(Some(Value::Date("2026-02-30".to_owned()))),
                ..titled("t")
            },
            "task.due.date",
        ),
        (
            Task {
                due: due(Some(Value::Date("tomorrow".to_owned()))),
                ..titled("t")
            },
            "task.due.date",
        ),
        (
            Task {
                due: due(at("2026-05-20T25:00", "UTC")),
                ..titled("t")
            },
            "task.due.at",
        ),
        (
            Task {
                due: due(at("2026-05-20T12:00", "Mars/Olympus")),
                ..titled("t")
            },
            "task.due.at",
        ),
        (
            Task {
                start_date: "2026-05-20".to_owned(),
                due: due(Some(Value::Date("2026-05-19".to_owned()))),
                ..titled("t")
            },
            "task.start_date",
        ),
        (
            Task {
                estimate_points: Some(-1.0),
                ..titled("t")
            },
            "task.estimate_points",
        ),
        (
            Task {
                estimate_points: Some(f64::NAN),
                ..titled("t")
            },
            "task.estimate_points",
        ),
    ];
    for (task, field) in cases {
        let refused = problem(ada.tasks().create_task(request(&web, task)).await);
        assert_eq!(refused.reason, "INVALID_FIELDS", "{refused}");
        assert!(refused.fields().iter().any(|named| named.starts_with(field)), "{field}: {refused}");
    }
    let listed = ada
        .tasks()
        .list_tasks(ListTasksRequest {
            project_id: web.id.clone(),
            ..ListTasksRequest::default()
        })
        .await
        .expect("lists")
        .into_inner();
    assert_eq!(listed.tasks.len(), 0);
    assert_eq!(ada.task(&web, "first").await.number, 1, "refusals use up no number");
}

#[tokio::test]
async fn who_may_not_is_told_so_and_who_may_not_see_is_told_nothing() {
    let world = World::start().await;
    let (ada, tim, eve) = (world.user("ada").await, world.user("tim").await, world.user("eve").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &tim, "viewer").await;
    let refused = problem(tim.tasks().create_task(request(&web, titled("t"))).await);
    assert_eq!(refused.to_string(), "PERMISSION_DENIED PERMISSION_MISSING permission=task.create");
    let hidden = problem(eve.tasks().create_task(request(&web, titled("t"))).await);
    let missing = Project {
        id: "01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
        ..Project::default()
    };
    assert_eq!(hidden, problem(eve.tasks().create_task(request(&missing, titled("t"))).await));
    assert_eq!(hidden.to_string(), "NOT_FOUND NOT_FOUND");
    let stranger = problem(world.stranger().tasks().create_task(request(&web, titled("t"))).await);
    assert_eq!(stranger.to_string(), "UNAUTHENTICATED CREDENTIAL_MISSING");
}

#[tokio::test]
async fn a_repeated_request_makes_one_task() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let mut request = CreateTaskRequest {
        request_id: "once".to_owned(),
        ..request(&web, titled("Once"))
    };
    let first = ada
        .tasks()
        .create_task(request.clone())
        .await
        .expect("makes")
        .into_inner()
        .task
        .expect("a task");
    let again = ada
        .tasks()
        .create_task(request.clone())
        .await
        .expect("answers")
        .into_inner()
        .task
        .expect("a task");
    assert_eq!(first, again);

    request.task = Some(titled("Other"));
    let refused = problem(ada.tasks().create_task(request.clone()).await);
    assert_eq!(refused.reason, "IDEMPOTENCY_KEY_REUSED");
    request.request_id = "ä".to_owned();
    assert_eq!(problem(ada.tasks().create_task(request.clone()).await).fields(), ["request_id"]);

    // The same id from 16 hands at once.
    request.request_id = "many".to_owned();
    let calls = (0..16).map(|_| {
        let (mut client, request) = (ada.tasks(), request.clone());
        async move {
            client
                .create_task(request)
                .await
                .expect("answers")
                .into_inner()
                .task
                .expect("a task")
                .id
        }
    });
    let made: std::collections::BTreeSet<String> = futures_util::future::join_all(calls).await.into_iter().collect();
    assert_eq!(made.len(), 1);
}

#[tokio::test]
async fn an_archived_project_is_read_only() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    ada.projects()
        .archive_project(ArchiveProjectRequest {
            project_id: web.id.clone(),
            ..ArchiveProjectRequest::default()
        })
        .await
        .expect("archives");
    let refused = problem(ada.tasks().create_task(request(&web, titled("t"))).await);
    assert_eq!(refused.to_string(), "FAILED_PRECONDITION PROJECT_ARCHIVED");
}

#[tokio::test]
async fn a_message_above_the_limit_is_refused_before_it_is_read() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let refused = problem(
        ada.tasks()
            .create_task(request(
                &web,
                Task {
                    description: "x".repeat(2 << 20),
                    ..titled("t")
                },
            ))
            .await,
    );
    assert_eq!(refused.to_string(), "RESOURCE_EXHAUSTED PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn parts_of_tasks_go_eight_levels_deep() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let mut parent = ada.task(&web, "level 1").await;
    for level in 2..=8 {
        parent = ada
            .task_of(
                &web,
                Task {
                    parent_id: parent.id,
                    ..titled(&format!("level {level}"))
                },
            )
            .await;
    }
    let refused = problem(
        ada.tasks()
            .create_task(request(
                &web,
                Task {
                    parent_id: parent.id,
                    ..titled("level 9")
                },
            ))
            .await,
    );
    assert_eq!(refused.fields(), ["task.parent_id"]);
}
