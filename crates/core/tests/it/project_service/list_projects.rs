//! ListProjects.

use std::time::Duration;

use tasktracker_proto::core::v1::*;
use tasktracker_testing::{User, World, problem};

use super::{archive, change, delete, update};

async fn list(user: &User, request: ListProjectsRequest) -> ListProjectsResponse {
    user.projects().list_projects(request).await.expect("lists").into_inner()
}

fn any() -> ListProjectsRequest {
    ListProjectsRequest::default()
}

async fn keys(user: &User, request: ListProjectsRequest) -> Vec<String> {
    list(user, request).await.projects.into_iter().map(|project| project.key).collect()
}

async fn project(user: &User, key: &str, name: &str, visibility: Visibility) -> Project {
    let project = Project {
        key: key.to_owned(),
        name: name.to_owned(),
        visibility: visibility.into(),
        ..Project::default()
    };
    let request = CreateProjectRequest {
        project: Some(project),
        request_id: String::new(),
    };
    user.projects()
        .create_project(request)
        .await
        .expect("makes")
        .into_inner()
        .project
        .expect("a project")
}

#[tokio::test]
async fn those_that_the_caller_sees_by_name() {
    let world = World::still().await;
    let (ada, tim) = (world.user("ada").await, world.user("tim").await);
    assert_eq!(list(&tim, any()).await, ListProjectsResponse::default(), "nothing is no mistake");
    let web = project(&ada, "WEB", "shop", Visibility::Private).await;
    let ops = project(&ada, "OPS", "Machines", Visibility::Private).await;
    let all = project(&ada, "ALL", "attic", Visibility::Internal).await;
    world.clock.advance(Duration::from_secs(6));
    assert_eq!(
        list(&ada, any()).await.projects,
        [all.clone(), ops, web.clone()],
        "case does not matter"
    );
    assert_eq!(list(&tim, any()).await.projects, std::slice::from_ref(&all));
    ada.member(&web, &tim, "viewer").await;
    world.clock.advance(Duration::from_secs(6));
    let before = world.system.core.db.counts().reads;
    assert_eq!(list(&tim, any()).await.projects, [all, web]);
    assert_eq!(world.system.core.db.counts().reads - before, 1);
}

#[tokio::test]
async fn archived_and_deleted_ones_are_shown_when_asked_for() {
    let world = World::start().await;
    let (ada, grace) = (world.user("ada").await, world.user("grace").await);
    let [_live, old, gone, gone_old] = ["LIVE", "OLD", "GONE", "GONEOLD"].map(|key| project(&ada, key, key, Visibility::Private));
    let (_live, old, gone, gone_old) = (_live.await, old.await, gone.await, gone_old.await);
    for project in [&old, &gone, &gone_old] {
        ada.member(project, &grace, "maintainer").await;
    }
    for project in [&old, &gone_old] {
        archive(&ada, project).await;
    }
    for project in [&gone, &gone_old] {
        delete(&ada, project).await;
    }
    world.clock.advance(Duration::from_secs(6));
    let show = |show_archived, show_deleted| ListProjectsRequest {
        show_archived,
        show_deleted,
        ..any()
    };
    assert_eq!(keys(&ada, show(false, false)).await, ["LIVE"]);
    assert_eq!(keys(&ada, show(true, false)).await, ["LIVE", "OLD"]);
    assert_eq!(keys(&ada, show(false, true)).await, ["GONE", "LIVE"]);
    assert_eq!(keys(&ada, show(true, true)).await, ["GONE", "GONEOLD", "LIVE", "OLD"]);
    assert_eq!(keys(&grace, show(true, true)).await, ["OLD"], "a maintainer restores no project");
    let deleted = list(&ada, show(false, true)).await.projects.remove(0);
    assert!(deleted.delete_time.is_some());
}

#[tokio::test]
async fn filters_orders_and_pages() {
    let world = World::start().await;
    let (ada, tim) = (world.user("ada").await, world.user("tim").await);
    for (key, name) in [("CC", "Große Küche"), ("AA", "shop"), ("BB", "Shop"), ("DD", "shop 100%")] {
        let visibility = if key == "AA" { Visibility::Internal } else { Visibility::Private };
        project(&ada, key, name, visibility).await;
        world.advance(Duration::from_secs(3600)).await;
    }
    for (filter, expected) in [
        ("", vec!["CC", "AA", "BB", "DD"]),
        ("name:\"SHOP\"", vec!["AA", "BB", "DD"]),
        ("GROßE", vec!["CC"]),
        ("name = shop", vec!["AA"]),
        ("name != shop", vec!["CC", "BB", "DD"]),
        ("\"0%\"", vec!["DD"]),
        ("key = aa OR key:c", vec!["CC", "AA"]),
        ("visibility = INTERNAL", vec!["AA"]),
        ("create_time < 2026-05-01T13:30:00Z", vec!["CC", "AA"]),
        ("create_time > 2026-05-01", vec![]),
    ] {
        assert_eq!(
            keys(
                &ada,
                ListProjectsRequest {
                    filter: filter.to_owned(),
                    ..any()
                }
            )
            .await,
            expected,
            "{filter}"
        );
    }
    let orders = [
        ("name", ["CC", "AA", "BB", "DD"]),
        ("name desc", ["DD", "BB", "AA", "CC"]),
        ("key", ["AA", "BB", "CC", "DD"]),
        ("create_time desc", ["DD", "BB", "AA", "CC"]),
        ("updateTime", ["CC", "AA", "BB", "DD"]),
    ];
    for (order_by, expected) in orders {
        for page_size in [1, 2, 3, 4, 1_000_000_000] {
            let (mut met, mut page_token) = (Vec::new(), String::new());
            loop {
                let page = list(
                    &ada,
                    ListProjectsRequest {
                        order_by: order_by.to_owned(),
                        page_size,
                        page_token,
                        ..any()
                    },
                )
                .await;
                met.extend(page.projects.into_iter().map(|project| project.key));
                page_token = page.next_page_token;
                if page_token.is_empty() {
                    break;
                }
            }
            assert_eq!(met, expected, "{order_by} by {page_size}");
        }
    }

    let page_token = list(&ada, ListProjectsRequest { page_size: 1, ..any() }).await.next_page_token;
    let again = || ListProjectsRequest {
        page_token: page_token.clone(),
        ..any()
    };
    for (user, request) in [
        (&tim, again()),
        (
            &ada,
            ListProjectsRequest {
                filter: "a".to_owned(),
                ..again()
            },
        ),
        (
            &ada,
            ListProjectsRequest {
                order_by: "key".to_owned(),
                ..again()
            },
        ),
        (
            &ada,
            ListProjectsRequest {
                show_archived: true,
                ..again()
            },
        ),
        (
            &ada,
            ListProjectsRequest {
                show_deleted: true,
                ..again()
            },
        ),
        (
            &ada,
            ListProjectsRequest {
                page_token: "nonsense".to_owned(),
                ..any()
            },
        ),
    ] {
        assert_eq!(problem(user.projects().list_projects(request).await).reason, "INVALID_PAGE_TOKEN");
    }
}

#[tokio::test]
async fn a_new_name_is_found_and_sorted_by() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = project(&ada, "WEB", "Shop", Visibility::Private).await;
    project(&ada, "OPS", "middle", Visibility::Private).await;
    update(
        &ada,
        change(
            Project {
                name: "Attic".to_owned(),
                ..web
            },
            &["name"],
        ),
    )
    .await;
    assert_eq!(keys(&ada, any()).await, ["WEB", "OPS"]);
    assert_eq!(
        keys(
            &ada,
            ListProjectsRequest {
                filter: "attic".to_owned(),
                ..any()
            }
        )
        .await,
        ["WEB"]
    );
    assert_eq!(
        keys(
            &ada,
            ListProjectsRequest {
                filter: "shop".to_owned(),
                ..any()
            }
        )
        .await,
        [""; 0]
    );
}

#[tokio::test]
async fn refusals() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    assert_eq!(
        problem(world.stranger().projects().list_projects(any()).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    for (request, field) in [
        (ListProjectsRequest { page_size: -1, ..any() }, "page_size"),
        (
            ListProjectsRequest {
                filter: "title:x".to_owned(),
                ..any()
            },
            "filter",
        ),
        (
            ListProjectsRequest {
                filter: "name:".to_owned(),
                ..any()
            },
            "filter",
        ),
        (
            ListProjectsRequest {
                order_by: "visibility".to_owned(),
                ..any()
            },
            "order_by",
        ),
    ] {
        let refused = problem(ada.projects().list_projects(request).await);
        assert_eq!((refused.reason.as_str(), refused.fields()), ("INVALID_FIELDS", vec![field]));
    }
}
