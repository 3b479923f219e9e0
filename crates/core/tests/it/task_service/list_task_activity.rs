//! ListTaskActivity.

use std::time::Duration;

use prost_types::FieldMask;
use prost_types::value::Kind;
use tasktracker_proto::core::v1::*;
use tasktracker_testing::{User, World, problem};

fn request(task_id: &str) -> ListTaskActivityRequest {
    ListTaskActivityRequest {
        task_id: task_id.to_owned(),
        ..ListTaskActivityRequest::default()
    }
}

async fn list(user: &User, request: ListTaskActivityRequest) -> ListTaskActivityResponse {
    user.tasks().list_task_activity(request).await.expect("lists").into_inner()
}

async fn update(user: &User, task: Task, paths: &[&str]) {
    let update_mask = Some(FieldMask {
        paths: paths.iter().map(ToString::to_string).collect(),
    });
    user.tasks()
        .update_task(UpdateTaskRequest {
            task: Some(task),
            update_mask,
            request_id: String::new(),
        })
        .await
        .expect("updates");
}

fn change(activity: &Activity, field: &str) -> (Kind, Kind) {
    let change = activity
        .changes
        .iter()
        .find(|change| change.field == field)
        .unwrap_or_else(|| panic!("{field} in {activity:?}"));
    let kind = |value: &Option<prost_types::Value>| value.as_ref().and_then(|value| value.kind.clone()).expect("a value, if only null");
    (kind(&change.before), kind(&change.after))
}

fn text(text: &str) -> Kind {
    Kind::StringValue(text.to_owned())
}

#[tokio::test]
async fn what_happened_the_newest_first() {
    let world = World::start().await;
    let (ada, linus) = (world.user("ada").await, world.user("linus").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &linus, "contributor").await;
    let task = ada.task(&web, "first title").await;
    ada.task(&web, "another task").await;
    world.clock.advance(Duration::from_secs(5));
    let due = Some(Due {
        value: Some(due::Value::Date("2026-06-01".to_owned())),
    });
    let changed = Task {
        id: task.id.clone(),
        title: "second title".to_owned(),
        due,
        estimate_points: Some(0.5),
        ..Task::default()
    };
    update(&linus, changed, &["title", "due", "estimate_points", "priority"]).await;
    let done = ada.status(&web, "Done").await;
    ada.tasks()
        .move_task(MoveTaskRequest {
            task_id: task.id.clone(),
            status_id: done.id.clone(),
            ..MoveTaskRequest::default()
        })
        .await
        .expect("moves");
    let comment = linus.comment(&task, "words").await;
    ada.tasks()
        .delete_task(DeleteTaskRequest {
            task_id: task.id.clone(),
            ..DeleteTaskRequest::default()
        })
        .await
        .expect("deletes");

    let listed = list(&ada, request("web-1")).await;
    assert_eq!(listed.next_page_token, "");
    let activities = listed.activities;
    use ActivityKind::{CommentCreated, Created, Deleted, Moved, Updated};
    assert_eq!(
        activities.iter().map(Activity::kind).collect::<Vec<_>>(),
        [Deleted, CommentCreated, Moved, Updated, Created]
    );
    let actors = [&ada.id, &linus.id, &ada.id, &linus.id, &ada.id];
    assert_eq!(activities.iter().map(|activity| &activity.actor_id).collect::<Vec<_>>(), actors);
    assert!(
        activities
            .iter()
            .all(|activity| activity.task_id == task.id && !activity.id.is_empty())
    );
    assert_eq!(activities[4].create_time, task.create_time);
    assert_eq!(
        activities[3].create_time.as_ref().map(|time| time.seconds),
        task.create_time.as_ref().map(|time| time.seconds + 5)
    );
    assert_eq!(activities[1].comment_id, comment.id);
    assert!(
        activities
            .iter()
            .filter(|activity| activity.kind() != CommentCreated)
            .all(|activity| activity.comment_id.is_empty())
    );
    assert!(activities[4].changes.is_empty());

    let updated = &activities[3];
    assert_eq!(updated.changes.len(), 3, "what stayed as it was is no change: {updated:?}");
    assert_eq!(change(updated, "title"), (text("first title"), text("second title")));
    assert_eq!(change(updated, "estimate_points"), (Kind::NullValue(0), Kind::NumberValue(0.5)));
    let (Kind::NullValue(0), Kind::StructValue(due)) = change(updated, "due") else {
        panic!("{updated:?}")
    };
    assert_eq!(due.fields["date"].kind, Some(text("2026-06-01")));
    assert_eq!(change(&activities[2], "status_id"), (text(&task.status_id), text(&done.id)));
}

#[tokio::test]
async fn pages_go_on_while_more_happens() {
    let world = World::still().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let (task, other) = (ada.task(&web, "0").await, ada.task(&web, "other").await);
    let rename = async |index: usize| {
        update(
            &ada,
            Task {
                id: task.id.clone(),
                title: index.to_string(),
                ..Task::default()
            },
            &["title"],
        )
        .await
    };
    for index in 1..8 {
        rename(index).await;
        ada.comment(&other, "elsewhere").await;
    }
    let whole = list(&ada, request(&task.id)).await.activities;
    assert_eq!(whole.len(), 8);
    for page_size in [1, 3, 7, 8] {
        let (mut met, mut page_token) = (Vec::new(), String::new());
        loop {
            let page = list(
                &ada,
                ListTaskActivityRequest {
                    page_size,
                    page_token,
                    ..request("WEB-1")
                },
            )
            .await;
            met.extend(page.activities);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
            rename(met.len() + 100).await;
        }
        assert!(met.ends_with(&whole), "by {page_size}");
        assert!(
            met.iter().zip(&met[1..]).all(|(newer, older)| newer.id > older.id),
            "by {page_size}: none twice"
        );
    }

    let (reads, page_token) = (
        world.system.core.db.counts().reads,
        list(
            &ada,
            ListTaskActivityRequest {
                page_size: 1,
                ..request(&task.id)
            },
        )
        .await
        .next_page_token,
    );
    assert_eq!(world.system.core.db.counts().reads - reads, 2, "the task, and its log");
    let linus = world.user("linus").await;
    ada.member(&web, &linus, "viewer").await;
    for (user, task, page_token) in [
        (&linus, &task, page_token.clone()),
        (&ada, &other, page_token.clone()),
        (&ada, &task, "x".to_owned()),
    ] {
        let refused = problem(
            user.tasks()
                .list_task_activity(ListTaskActivityRequest {
                    page_token,
                    ..request(&task.id)
                })
                .await,
        );
        assert_eq!(
            (refused.reason.as_str(), refused.fields()),
            ("INVALID_PAGE_TOKEN", vec!["page_token"])
        );
    }
}

#[tokio::test]
async fn refusals() {
    let world = World::start().await;
    let (ada, linus, eve) = (world.user("ada").await, world.user("linus").await, world.user("eve").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &linus, "contributor").await;
    let task = ada.task(&web, "t").await;
    let missing = problem(
        eve.tasks()
            .list_task_activity(request("01890a5d-ac96-774b-bcce-b302099a8057"))
            .await,
    );
    assert_eq!(missing.to_string(), "NOT_FOUND NOT_FOUND");
    for name in [task.id.as_str(), "WEB-1"] {
        assert_eq!(problem(eve.tasks().list_task_activity(request(name)).await), missing);
    }
    assert_eq!(
        problem(world.stranger().tasks().list_task_activity(request("WEB-1")).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    assert_eq!(
        problem(ada.tasks().list_task_activity(request("no id")).await).fields(),
        ["task_id"]
    );
    let negative = ListTaskActivityRequest {
        page_size: -1,
        ..request("WEB-1")
    };
    assert_eq!(problem(ada.tasks().list_task_activity(negative).await).fields(), ["page_size"]);
    let huge = ListTaskActivityRequest {
        page_size: 1_000_000_000,
        ..request("WEB-1")
    };
    assert_eq!(list(&linus, huge).await.activities.len(), 1);

    ada.tasks()
        .delete_task(DeleteTaskRequest {
            task_id: task.id.clone(),
            ..DeleteTaskRequest::default()
        })
        .await
        .expect("deletes");
    assert_eq!(problem(linus.tasks().list_task_activity(request(&task.id)).await), missing);
    assert_eq!(
        list(&ada, request(&task.id)).await.activities.len(),
        2,
        "who may restore the task reads on"
    );
}
