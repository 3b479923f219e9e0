//! ListTasks.

use std::collections::BTreeSet;
use std::time::Duration;

use tasktracker_proto::core::v1::due::Value;
use tasktracker_proto::core::v1::*;
use tasktracker_testing::{User, World, problem};

const MISSING: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn request(project: &Project) -> ListTasksRequest {
    ListTasksRequest {
        project_id: project.id.clone(),
        ..ListTasksRequest::default()
    }
}

async fn list(user: &User, request: ListTasksRequest) -> ListTasksResponse {
    user.tasks().list_tasks(request).await.expect("lists").into_inner()
}

/// All pages, one after the other.
async fn walk(user: &User, request: &ListTasksRequest) -> Vec<Task> {
    let (mut met, mut page_token) = (Vec::new(), String::new());
    loop {
        let page = list(
            user,
            ListTasksRequest {
                page_token,
                ..request.clone()
            },
        )
        .await;
        met.extend(page.tasks);
        if page.next_page_token.is_empty() {
            return met;
        }
        page_token = page.next_page_token;
    }
}

fn titles(tasks: &[Task]) -> Vec<&str> {
    tasks.iter().map(|task| task.title.as_str()).collect()
}

fn titled(title: &str) -> Task {
    Task {
        title: title.to_owned(),
        ..Task::default()
    }
}

fn due_on(day: &str) -> Option<Due> {
    Some(Due {
        value: Some(Value::Date(day.to_owned())),
    })
}

async fn move_first(user: &User, task: &Task) {
    let request = MoveTaskRequest {
        task_id: task.id.clone(),
        position: Some(move_task_request::Position::First(true)),
        ..MoveTaskRequest::default()
    };
    user.tasks().move_task(request).await.expect("moves");
}

#[tokio::test]
async fn tasks_are_listed_by_rank_as_get_answers_them() {
    let world = World::start().await;
    let (ada, tim) = (world.user("ada").await, world.user("tim").await);
    let (web, ops) = (ada.project("WEB").await, ada.project("OPS").await);
    ada.member(&web, &tim, "viewer").await;
    assert_eq!(list(&ada, request(&web)).await, ListTasksResponse::default());
    for title in ["one", "two", "three"] {
        ada.task(&web, title).await;
    }
    ada.task(&ops, "elsewhere").await;
    let last = ada
        .task_of(
            &web,
            Task {
                due: due_on("2026-05-02"),
                assignee_ids: vec![tim.id.clone()],
                ..titled("four")
            },
        )
        .await;
    move_first(&ada, &last).await;
    for user in [&ada, &tim] {
        let listed = list(
            user,
            ListTasksRequest {
                project_id: web.id.to_uppercase(),
                ..ListTasksRequest::default()
            },
        )
        .await;
        assert_eq!(
            (titles(&listed.tasks), listed.next_page_token.as_str()),
            (vec!["four", "one", "two", "three"], "")
        );
        for task in listed.tasks {
            let read = user
                .tasks()
                .get_task(GetTaskRequest { task_id: task.id.clone() })
                .await
                .expect("reads")
                .into_inner()
                .task;
            assert_eq!(read, Some(task), "followed included");
        }
    }
}

#[tokio::test]
async fn pages_meet_every_task_once_in_any_order_and_size() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    for index in 0..13_usize {
        if index % 4 == 0 {
            world.clock.advance(Duration::from_secs(1));
        }
        let due = if index % 3 == 0 {
            None
        } else {
            due_on(["2026-05-07", "2026-05-06"][index % 2])
        };
        let priority = [Priority::Low, Priority::Urgent][index % 2].into();
        ada.task_of(
            &web,
            Task {
                due,
                priority,
                ..titled(["b", "A", "ä", "B"][index % 4])
            },
        )
        .await;
    }
    let all = list(&ada, request(&web)).await.tasks;
    let day = |task: &Task| match task.due.as_ref().and_then(|due| due.value.as_ref()) {
        Some(Value::Date(day)) => day.clone(),
        _ => "none: last".to_owned(),
    };
    let time = |time: &Option<prost_types::Timestamp>| time.as_ref().expect("a time").seconds;
    let sorted = |compare: &dyn Fn(&Task, &Task) -> std::cmp::Ordering| {
        let mut sorted = all.clone();
        sorted.sort_by(compare);
        sorted
    };
    let orders = [
        ("", sorted(&|a, b| a.rank.cmp(&b.rank))),
        ("rank desc", sorted(&|a, b| b.rank.cmp(&a.rank))),
        ("number desc", sorted(&|a, b| b.number.cmp(&a.number))),
        ("due", sorted(&|a, b| (day(a), &a.id).cmp(&(day(b), &b.id)))),
        (
            "due desc, number",
            sorted(&|a, b| {
                let last = |task: &Task| task.due.is_none();
                (last(a), day(b), a.number).cmp(&(last(b), day(a), b.number))
            }),
        ),
        (
            "createTime desc",
            sorted(&|a, b| (time(&b.create_time), &b.id).cmp(&(time(&a.create_time), &a.id))),
        ),
        (
            "update_time, rank",
            sorted(&|a, b| (time(&a.update_time), &a.rank).cmp(&(time(&b.update_time), &b.rank))),
        ),
        (
            "priority desc, title",
            sorted(&|a, b| (b.priority, a.title.to_lowercase(), &a.id).cmp(&(a.priority, b.title.to_lowercase(), &b.id))),
        ),
        (
            "title desc, due",
            sorted(&|a, b| (b.title.to_lowercase(), day(a), &a.id).cmp(&(a.title.to_lowercase(), day(b), &b.id))),
        ),
    ];
    for (order_by, expected) in orders {
        for page_size in [1, 3, 12, 13, 14] {
            let request = ListTasksRequest {
                order_by: order_by.to_owned(),
                page_size,
                ..request(&web)
            };
            let met = walk(&ada, &request).await;
            assert_eq!(titles(&met), titles(&expected), "{order_by:?} by {page_size}");
            assert_eq!(met, expected, "{order_by:?} by {page_size}");
        }
    }
}

#[tokio::test]
async fn pages_stay_right_while_tasks_come_and_move() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let mut before = BTreeSet::new();
    for index in 0..40 {
        before.insert(ada.task(&web, &format!("old {index}")).await.id);
    }
    for order_by in ["", "number desc", "create_time desc", "title"] {
        let writer = async {
            for index in 0..30 {
                let new = ada.task(&web, &format!("new {index}")).await;
                if index % 2 == 0 {
                    move_first(&ada, &new).await;
                }
            }
        };
        let request = ListTasksRequest {
            order_by: order_by.to_owned(),
            page_size: 3,
            ..request(&web)
        };
        let (met, ()) = futures_util::future::join(walk(&ada, &request), writer).await;
        let ids: BTreeSet<String> = met.iter().map(|task| task.id.clone()).collect();
        assert_eq!(ids.len(), met.len(), "{order_by:?}: none twice");
        assert!(ids.is_superset(&before), "{order_by:?}: none left out");
        before = walk(&ada, &request).await.into_iter().map(|task| task.id).collect();
    }
}

#[tokio::test]
async fn page_sizes() {
    let world = World::still().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    for index in 0..205 {
        ada.task(&web, &index.to_string()).await;
    }
    for (page_size, expected) in [(0, 50), (1, 1), (200, 200), (201, 200), (1_000_000_000, 200), (i32::MAX, 200)] {
        let reads = world.system.core.db.counts().reads;
        let page = list(
            &ada,
            ListTasksRequest {
                page_size,
                ..request(&web)
            },
        )
        .await;
        assert_eq!(world.system.core.db.counts().reads - reads, 1, "one statement for {page_size}");
        assert_eq!(page.tasks.len(), expected);
        let page = list(
            &ada,
            ListTasksRequest {
                page_size: 7,
                page_token: page.next_page_token,
                ..request(&web)
            },
        )
        .await;
        assert_eq!(page.tasks.len(), 7.min(205 - expected), "another page may have another size");
        assert_eq!(page.tasks[0].title, expected.to_string());
    }
    let refused = problem(
        ada.tasks()
            .list_tasks(ListTasksRequest {
                page_size: -1,
                ..request(&web)
            })
            .await,
    );
    assert_eq!((refused.reason.as_str(), refused.fields()), ("INVALID_FIELDS", vec!["page_size"]));
}

#[tokio::test]
async fn a_token_is_of_one_list_filter_order_and_caller() {
    let world = World::start().await;
    let (ada, tim) = (world.user("ada").await, world.user("tim").await);
    let (web, ops) = (ada.project("WEB").await, ada.project("OPS").await);
    ada.member(&web, &tim, "viewer").await;
    for title in ["a", "b", "c"] {
        ada.task(&web, title).await;
    }
    let page_token = list(
        &ada,
        ListTasksRequest {
            page_size: 1,
            ..request(&web)
        },
    )
    .await
    .next_page_token;
    let again = |project: &Project| ListTasksRequest {
        page_token: page_token.clone(),
        ..request(project)
    };
    assert_eq!(titles(&list(&ada, again(&web)).await.tasks), ["b", "c"]);

    let mut damaged = page_token.clone();
    damaged.replace_range(10..11, if &damaged[10..11] == "A" { "B" } else { "A" });
    let others = [
        (&tim, again(&web)),
        (&ada, again(&ops)),
        (
            &ada,
            ListTasksRequest {
                filter: "a".to_owned(),
                ..again(&web)
            },
        ),
        (
            &ada,
            ListTasksRequest {
                order_by: "rank desc".to_owned(),
                ..again(&web)
            },
        ),
        (
            &ada,
            ListTasksRequest {
                show_deleted: true,
                ..again(&web)
            },
        ),
        (
            &ada,
            ListTasksRequest {
                page_token: damaged,
                ..request(&web)
            },
        ),
        (
            &ada,
            ListTasksRequest {
                page_token: "nonsense".to_owned(),
                ..request(&web)
            },
        ),
        (
            &ada,
            ListTasksRequest {
                page_token: page_token[..20].to_owned(),
                ..request(&web)
            },
        ),
    ];
    for (user, request) in others {
        let refused = problem(user.tasks().list_tasks(request).await);
        assert_eq!(
            (refused.reason.as_str(), refused.fields()),
            ("INVALID_PAGE_TOKEN", vec!["page_token"])
        );
    }
    let refused = problem(
        ada.tasks()
            .list_my_tasks(ListMyTasksRequest {
                page_token,
                ..ListMyTasksRequest::default()
            })
            .await,
    );
    assert_eq!(refused.reason, "INVALID_PAGE_TOKEN");
}

#[tokio::test]
async fn the_longest_titles_fit_into_a_token() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    for letter in ["😀", "\"", "\\"] {
        for _ in 0..2 {
            ada.task(&web, &letter.repeat(500)).await;
        }
    }
    for order_by in ["title", "title desc, priority, due"] {
        let request = ListTasksRequest {
            order_by: order_by.to_owned(),
            page_size: 1,
            ..request(&web)
        };
        assert_eq!(walk(&ada, &request).await.len(), 6, "{order_by}");
    }
}

#[tokio::test]
async fn filters_choose() {
    let world = World::start().await;
    let (ada, tim) = (world.user("ada").await, world.user("tim").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &tim, "contributor").await;
    let done = ada.status(&web, "Done").await;
    let plain = ada.task(&web, "Plain 100%").await;
    ada.task_of(
        &web,
        Task {
            priority: Priority::High.into(),
            r#type: TaskType::Bug.into(),
            ..titled("BUG in the Größe_Rechner")
        },
    )
    .await;
    let mine = Task {
        assignee_ids: vec![ada.id.clone(), tim.id.clone()],
        due: due_on("2026-04-30"),
        parent_id: plain.id.clone(),
        ..titled("late")
    };
    ada.task_of(&web, mine).await;
    world.clock.advance(Duration::from_secs(60));
    let last = Task {
        status_id: done.id.clone(),
        due: due_on("2026-04-30"),
        estimate_points: Some(2.5),
        start_date: "2026-04-29".to_owned(),
        ..titled("done")
    };
    tim.task_of(&web, last).await;

    let all = ["Plain 100%", "BUG in the Größe_Rechner", "late", "done"];
    let but = |left_out: &[usize]| (0..4).filter(|index| !left_out.contains(index)).collect::<Vec<_>>();
    let cases: Vec<(String, Vec<usize>)> = [
        ("bug", vec![1]),
        ("GRÖSSE", vec![]),
        ("GRÖße", vec![1]),
        ("\"100%\"", vec![0]),
        ("\"0_\" OR \"e_r\"", vec![1]),
        ("title:\"PLAIN\" -late", vec![0]),
        ("title = \"late\"", vec![2]),
        ("title != late", but(&[2])),
        ("key = web-3 OR number = 4", vec![2, 3]),
        ("key:eb-2", vec![1]),
        ("number >= 2 number < 4", vec![1, 2]),
        ("statusCategory = COMPLETED", vec![3]),
        ("status_category != STATUS_CATEGORY_COMPLETED", but(&[3])),
        ("priority >= HIGH", vec![1]),
        ("priority = NONE type = TASK", vec![0, 2, 3]),
        ("assignee_ids:me", vec![2]),
        ("assignee_ids != me", but(&[2])),
        ("assignee_ids = none", but(&[2])),
        ("creator_id = me", but(&[3])),
        ("parent_id = none", but(&[2])),
        ("parent_id:*", vec![2]),
        ("due:*", vec![2, 3]),
        ("due < \"2026-05-01\"", vec![2, 3]),
        ("due != 2026-04-30", vec![0, 1]),
        ("due <= 2026-05-01T00:00:00Z", vec![2, 3]),
        ("due < 2026-05-01T00:00:00Z", vec![]),
        ("overdue = true", vec![2]),
        ("overdue = false", but(&[2])),
        ("estimate_points > 2", vec![3]),
        ("NOT estimate_points > 2", but(&[3])),
        ("start_date = 2026-04-29", vec![3]),
        ("create_time > 2026-05-01T12:00:30Z", vec![3]),
        ("create_time = 2026-05-01", but(&[])),
        ("complete_time = none", but(&[3])),
        ("update_time < 2026-05-01", vec![]),
        ("(late OR done) AND NOT (assignee_ids:me)", vec![3]),
    ]
    .into_iter()
    .map(|(filter, expected)| (filter.to_owned(), expected))
    .chain([
        (format!("assignee_ids:{}", tim.id), vec![2]),
        (format!("creator_id = {}", tim.id.to_uppercase()), vec![3]),
        (format!("parent_id = {}", plain.id), vec![2]),
        (format!("status_id = {}", done.id), vec![3]),
    ])
    .collect();
    for (filter, expected) in cases {
        let expected: Vec<&str> = expected.into_iter().map(|index| all[index]).collect();
        let request = ListTasksRequest {
            filter: filter.clone(),
            page_size: 2,
            ..request(&web)
        };
        assert_eq!(titles(&walk(&ada, &request).await), expected, "{filter}");
    }
    assert_eq!(
        titles(
            &list(
                &tim,
                ListTasksRequest {
                    filter: "creator_id = me".to_owned(),
                    ..request(&web)
                }
            )
            .await
            .tasks
        ),
        ["done"]
    );
}

#[tokio::test]
async fn a_day_of_a_filter_is_a_day_where_the_project_is() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let project = Project {
        key: "TOK".to_owned(),
        name: "Tokyo".to_owned(),
        time_zone: "Asia/Tokyo".to_owned(),
        ..Project::default()
    };
    let tokyo = ada
        .projects()
        .create_project(CreateProjectRequest {
            project: Some(project),
            request_id: String::new(),
        })
        .await
        .expect("makes");
    let tokyo = tokyo.into_inner().project.expect("a project");
    ada.task(&tokyo, "on the first").await;
    // In Tokyo May 2nd begins at 15:00 UTC.
    world.advance(Duration::from_secs(3 * 3600)).await;
    ada.task(&tokyo, "on the second").await;
    for (filter, expected) in [
        ("create_time = 2026-05-01", vec!["on the first"]),
        ("create_time >= 2026-05-02", vec!["on the second"]),
        ("create_time <= 2026-05-02", vec!["on the first", "on the second"]),
        ("-create_time = 2026-05-02", vec!["on the first"]),
        ("create_time > 2026-05-01T14:59:59Z", vec!["on the second"]),
    ] {
        let request = ListTasksRequest {
            filter: filter.to_owned(),
            page_size: 1,
            ..request(&tokyo)
        };
        assert_eq!(titles(&walk(&ada, &request).await), expected, "{filter}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_shown_with_its_place() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let filtered = |filter: &str| ListTasksRequest {
        filter: filter.to_owned(),
        ..request(&web)
    };
    for (filter, expected) in [
        ("a AND prio = HIGH", "at character 7: unknown field \"prio\""),
        ("priority > TOP", "at character 12: expected one of NONE"),
        ("(a", "at character 1: this parenthesis"),
        ("project_id = x", "at character 1: unknown field"),
        (&format!("{}=1", "\u{1}".repeat(4000)), "at character 1: unknown field"),
    ] {
        let refused = problem(ada.tasks().list_tasks(filtered(filter)).await);
        assert_eq!((refused.reason.as_str(), refused.fields()), ("INVALID_FIELDS", vec!["filter"]));
        assert!(
            refused.violations[0].1.starts_with(expected) && refused.violations[0].1.len() < 600,
            "{refused}"
        );
    }
    assert_eq!(
        problem(ada.tasks().list_tasks(filtered(&"a".repeat(4097))).await).fields(),
        ["filter"]
    );
    for order_by in [
        "assignee",
        "rank down",
        "rank, rank",
        "number, title, due, priority",
        "rank,",
        &"rank ".repeat(50),
    ] {
        let refused = problem(
            ada.tasks()
                .list_tasks(ListTasksRequest {
                    order_by: order_by.to_owned(),
                    ..request(&web)
                })
                .await,
        );
        assert_eq!(
            (refused.reason.as_str(), refused.fields()),
            ("INVALID_FIELDS", vec!["order_by"]),
            "{order_by}"
        );
    }
}

#[tokio::test]
async fn deleted_tasks_are_shown_to_those_who_may_restore_them() {
    let world = World::start().await;
    let (ada, linus) = (world.user("ada").await, world.user("linus").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &linus, "contributor").await;
    let gone = ada.task(&web, "gone").await;
    ada.task(&web, "here").await;
    ada.tasks()
        .delete_task(DeleteTaskRequest {
            task_id: gone.id,
            ..DeleteTaskRequest::default()
        })
        .await
        .expect("deletes");
    let with_deleted = ListTasksRequest {
        show_deleted: true,
        ..request(&web)
    };
    assert_eq!(titles(&list(&ada, request(&web)).await.tasks), ["here"]);
    let shown = list(&ada, with_deleted.clone()).await.tasks;
    assert_eq!(titles(&shown), ["gone", "here"]);
    assert!(shown[0].delete_time.is_some() && shown[1].delete_time.is_none());
    assert_eq!(titles(&list(&linus, with_deleted).await.tasks), ["here"]);
}

#[tokio::test]
async fn a_project_that_is_hidden_deleted_or_missing_is_not_found() {
    let world = World::start().await;
    let (ada, eve, tim) = (world.user("ada").await, world.user("eve").await, world.user("tim").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &tim, "viewer").await;
    ada.task(&web, "secret").await;
    let ask = async |user: &User, id: &str| {
        problem(
            user.tasks()
                .list_tasks(ListTasksRequest {
                    project_id: id.to_owned(),
                    ..ListTasksRequest::default()
                })
                .await,
        )
    };
    let missing = ask(&eve, MISSING).await;
    assert_eq!(missing.to_string(), "NOT_FOUND NOT_FOUND");
    assert_eq!(ask(&eve, &web.id).await, missing);
    let damaged = ListTasksRequest {
        filter: "((".to_owned(),
        page_token: "x".to_owned(),
        ..request(&web)
    };
    assert_eq!(problem(eve.tasks().list_tasks(damaged).await), missing, "whatever else is wrong");
    assert_eq!(
        ask(&world.stranger(), &web.id).await.to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    assert_eq!(ask(&ada, "WEB").await.fields(), ["project_id"]);

    ada.projects()
        .archive_project(ArchiveProjectRequest {
            project_id: web.id.clone(),
            ..ArchiveProjectRequest::default()
        })
        .await
        .expect("archives");
    assert_eq!(
        titles(&list(&tim, request(&web)).await.tasks),
        ["secret"],
        "archived projects can be read"
    );
    ada.projects()
        .delete_project(DeleteProjectRequest {
            project_id: web.id.clone(),
            ..DeleteProjectRequest::default()
        })
        .await
        .expect("deletes");
    for user in [&ada, &tim] {
        assert_eq!(ask(user, &web.id).await, missing);
    }
}

#[tokio::test]
async fn rest_takes_the_same_words() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    for title in ["one", "two", "three"] {
        ada.task(&web, title).await;
    }
    let path = format!(
        "/v1/projects/{}/tasks?filter=number%20%3C%203&order_by=number%20desc&page_size=1",
        web.id
    );
    let (status, page) = ada.rest("GET", &path, None).await;
    assert_eq!((status, &page["tasks"][0]["title"]), (200, &"two".into()));
    let token = page["nextPageToken"].as_str().expect("a next page");
    let (status, page) = ada.rest("GET", &format!("{path}&page_token={token}"), None).await;
    assert_eq!(
        (status, &page["tasks"][0]["title"], &page["nextPageToken"]),
        (200, &"one".into(), &"".into())
    );
}
