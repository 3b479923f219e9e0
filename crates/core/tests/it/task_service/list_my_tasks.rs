//! ListMyTasks.

use std::pin::Pin;
use std::time::Duration;

use tasktracker_proto::auth::v1::RemoveProjectMemberRequest;
use tasktracker_proto::core::v1::due::Value;
use tasktracker_proto::core::v1::*;
use tasktracker_testing::{User, World, problem};

use TaskRelation::{Assigned, Created, Watched};

async fn list(user: &User, request: ListMyTasksRequest) -> ListMyTasksResponse {
    user.tasks().list_my_tasks(request).await.expect("lists").into_inner()
}

fn related(relations: &[TaskRelation]) -> ListMyTasksRequest {
    ListMyTasksRequest {
        relations: relations.iter().map(|relation| (*relation).into()).collect(),
        ..ListMyTasksRequest::default()
    }
}

async fn titles(user: &User, request: ListMyTasksRequest) -> Vec<String> {
    list(user, request).await.tasks.into_iter().map(|task| task.title).collect()
}

fn task(title: &str, assignees: &[&User], due: Option<&str>) -> Task {
    Task {
        title: title.to_owned(),
        assignee_ids: assignees.iter().map(|user| user.id.clone()).collect(),
        due: due.map(|day| Due {
            value: Some(Value::Date(day.to_owned())),
        }),
        ..Task::default()
    }
}

struct Scene {
    world: World,
    ada: User,
    tim: User,
    web: Project,
    ops: Project,
}

/// Two projects of Ada, with tasks that concern Tim in all ways and in none.
fn scene() -> Pin<Box<impl Future<Output = Scene>>> {
    Box::pin(async {
        let world = World::start().await;
        let (ada, tim) = (world.user("ada").await, world.user("tim").await);
        let (web, ops) = (ada.project("WEB").await, ada.project("OPS").await);
        for project in [&web, &ops] {
            ada.member(project, &tim, "contributor").await;
        }
        ada.task_of(&web, task("nothing to Tim", &[&ada], None)).await;
        ada.task_of(&web, task("assigned", &[&tim], Some("2026-05-09"))).await;
        ada.task_of(&ops, task("assigned early", &[&tim, &ada], Some("2026-05-08"))).await;
        tim.task_of(&ops, task("made", &[], None)).await;
        world.clock.advance(Duration::from_secs(1));
        let followed = ada.task_of(&web, task("followed", &[], None)).await;
        tim.tasks()
            .follow_task(FollowTaskRequest { task_id: followed.id })
            .await
            .expect("follows");
        let made = tim.task_of(&web, task("made and left", &[], Some("2026-05-10"))).await;
        tim.tasks()
            .unfollow_task(UnfollowTaskRequest { task_id: made.id })
            .await
            .expect("unfollows");
        Scene { world, ada, tim, web, ops }
    })
}

#[tokio::test]
async fn what_concerns_the_caller_the_most_urgent_first() {
    let Scene { world, ada, tim, .. } = scene().await;
    assert_eq!(titles(&tim, related(&[Assigned])).await, ["assigned early", "assigned"]);
    assert_eq!(titles(&tim, related(&[Created])).await, ["made and left", "made"]);
    assert_eq!(
        titles(&tim, related(&[Watched])).await,
        ["assigned early", "assigned", "made", "followed"]
    );
    assert_eq!(
        titles(&tim, related(&[Created, Assigned, Created])).await,
        ["assigned early", "assigned", "made and left", "made"]
    );
    let all = ["assigned early", "assigned", "made and left", "made", "followed"];
    assert_eq!(titles(&tim, related(&[])).await, all);
    assert_eq!(titles(&tim, related(&[Assigned, Created, Watched])).await, all);
    assert_eq!(titles(&ada, related(&[Assigned])).await, ["assigned early", "nothing to Tim"]);
    assert_eq!(
        titles(&world.user("eve").await, related(&[])).await,
        [""; 0],
        "nothing is no mistake"
    );

    // Others look at the database, too, now and then: the fewest of several tries are its own.
    let mut fewest = u64::MAX;
    for _ in 0..20 {
        let before = world.system.core.db.counts().reads;
        list(&tim, related(&[])).await;
        fewest = fewest.min(world.system.core.db.counts().reads - before);
    }
    assert_eq!(fewest, 1);
    let listed = list(&tim, related(&[])).await.tasks;
    for task in listed {
        let read = tim
            .tasks()
            .get_task(GetTaskRequest { task_id: task.id.clone() })
            .await
            .expect("reads")
            .into_inner()
            .task;
        assert_eq!(read, Some(task));
    }
}

#[tokio::test]
async fn filters_and_orders() {
    let Scene {
        world: _world,
        tim,
        web,
        ops,
        ..
    } = scene().await;
    let filtered = |filter: &str| ListMyTasksRequest {
        filter: filter.to_owned(),
        ..related(&[])
    };
    assert_eq!(
        titles(&tim, filtered(&format!("project_id = {}", ops.id))).await,
        ["assigned early", "made"]
    );
    assert_eq!(
        titles(&tim, filtered(&format!("project_id != {} assigned", ops.id))).await,
        ["assigned"]
    );
    assert_eq!(titles(&tim, filtered("key:web due:*")).await, ["assigned", "made and left"]);
    assert_eq!(titles(&tim, filtered("creator_id = me due = none")).await, ["made"]);
    let ordered = |order_by: &str| ListMyTasksRequest {
        order_by: order_by.to_owned(),
        filter: format!("project_id = {}", web.id),
        ..related(&[])
    };
    assert_eq!(titles(&tim, ordered("title desc")).await, ["made and left", "followed", "assigned"]);
    assert_eq!(titles(&tim, ordered("number")).await, ["assigned", "followed", "made and left"]);
    for (request, field) in [
        (ordered("rank"), "order_by"),
        (filtered("rank = x"), "filter"),
        (filtered("a ("), "filter"),
    ] {
        let refused = problem(tim.tasks().list_my_tasks(request).await);
        assert_eq!((refused.reason.as_str(), refused.fields()), ("INVALID_FIELDS", vec![field]));
    }
}

#[tokio::test]
async fn pages() {
    let Scene {
        world: _world, ada, tim, ..
    } = scene().await;
    let whole = list(&tim, related(&[])).await.tasks;
    for page_size in [1, 2, 4, 5] {
        let (mut met, mut page_token) = (Vec::new(), String::new());
        loop {
            let page = list(
                &tim,
                ListMyTasksRequest {
                    page_size,
                    page_token,
                    ..related(&[])
                },
            )
            .await;
            met.extend(page.tasks);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!(met, whole, "by {page_size}");
    }
    let page_token = list(
        &tim,
        ListMyTasksRequest {
            page_size: 2,
            ..related(&[])
        },
    )
    .await
    .next_page_token;
    let again = || ListMyTasksRequest {
        page_token: page_token.clone(),
        ..related(&[])
    };
    for (user, request) in [
        (&ada, again()),
        (
            &tim,
            ListMyTasksRequest {
                relations: vec![Assigned.into()],
                ..again()
            },
        ),
        (
            &tim,
            ListMyTasksRequest {
                filter: "a".to_owned(),
                ..again()
            },
        ),
        (
            &tim,
            ListMyTasksRequest {
                order_by: "due".to_owned(),
                ..again()
            },
        ),
        (
            &tim,
            ListMyTasksRequest {
                page_token: format!("{page_token}A"),
                ..related(&[])
            },
        ),
    ] {
        assert_eq!(problem(user.tasks().list_my_tasks(request).await).reason, "INVALID_PAGE_TOKEN");
    }
}

#[tokio::test]
async fn only_of_live_tasks_in_projects_that_the_caller_sees() {
    let Scene { world, ada, tim, web, ops } = scene().await;
    let assigned = list(
        &tim,
        ListMyTasksRequest {
            filter: "title = \"assigned\"".to_owned(),
            ..related(&[])
        },
    )
    .await
    .tasks
    .remove(0);
    ada.tasks()
        .delete_task(DeleteTaskRequest {
            task_id: assigned.id,
            ..DeleteTaskRequest::default()
        })
        .await
        .expect("deletes");
    assert_eq!(titles(&tim, related(&[Assigned])).await, ["assigned early"]);
    ada.projects()
        .delete_project(DeleteProjectRequest {
            project_id: ops.id,
            ..DeleteProjectRequest::default()
        })
        .await
        .expect("deletes");
    assert_eq!(titles(&tim, related(&[])).await, ["made and left", "followed"]);
    assert_eq!(
        titles(&ada, related(&[])).await,
        ["nothing to Tim", "followed"],
        "not even to those who may restore the project"
    );

    let members = tasktracker_proto::auth::v1::ListProjectMembersRequest {
        project_id: web.id.clone(),
        ..Default::default()
    };
    let members = ada
        .access()
        .list_project_members(members)
        .await
        .expect("lists")
        .into_inner()
        .members;
    let member_id = members.into_iter().find(|member| member.user_id == tim.id).expect("a member").id;
    let remove = RemoveProjectMemberRequest {
        project_id: web.id,
        member_id,
        ..RemoveProjectMemberRequest::default()
    };
    ada.access().remove_project_member(remove).await.expect("removes");
    world.clock.advance(Duration::from_secs(6));
    assert_eq!(titles(&tim, related(&[])).await, [""; 0]);
}

#[tokio::test]
async fn refusals() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    assert_eq!(
        problem(world.stranger().tasks().list_my_tasks(related(&[])).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    for (request, field) in [
        (
            ListMyTasksRequest {
                page_size: -1,
                ..related(&[])
            },
            "page_size",
        ),
        (related(&[TaskRelation::Unspecified]), "relations"),
        (
            ListMyTasksRequest {
                relations: vec![99],
                ..related(&[])
            },
            "relations",
        ),
        (related(&[Assigned, Assigned, Assigned, Assigned]), "relations"),
    ] {
        let refused = problem(ada.tasks().list_my_tasks(request).await);
        assert_eq!(refused.reason, "INVALID_FIELDS");
        assert!(refused.fields().iter().all(|named| named.starts_with(field)), "{refused}");
    }
    for page_size in [0, 1_000_000_000] {
        assert_eq!(
            list(&ada, ListMyTasksRequest { page_size, ..related(&[]) }).await,
            ListMyTasksResponse::default()
        );
    }
}
