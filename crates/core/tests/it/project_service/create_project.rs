//! CreateProject.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use tasktracker_proto::auth::v1::GetMyPermissionsRequest;
use tasktracker_proto::core::v1::*;
use tasktracker_testing::{World, problem};

use super::{delete, get};

fn request(project: Project) -> CreateProjectRequest {
    CreateProjectRequest {
        project: Some(project),
        request_id: String::new(),
    }
}

fn keyed(key: &str) -> Project {
    Project {
        key: key.to_owned(),
        name: "A name".to_owned(),
        ..Project::default()
    }
}

#[tokio::test]
async fn a_project_gets_an_owner_a_workflow_and_its_defaults() {
    let world = World::start().await;
    world.user("ada").await;
    // Not the instance's owner: any member makes projects.
    let grace = world.user("grace").await;
    let sent = Project {
        name: "  Web shop ".to_owned(),
        description: "*Markdown*".to_owned(),
        ..keyed("WEB2")
    };
    let response = grace.projects().create_project(request(sent)).await.expect("makes a project");
    let revision = response
        .metadata()
        .get("x-authz-revision")
        .expect("a revision")
        .to_str()
        .expect("text")
        .to_owned();
    let made = response.into_inner().project.expect("a project");

    assert_eq!(
        (made.key.as_str(), made.name.as_str(), made.description.as_str()),
        ("WEB2", "Web shop", "*Markdown*")
    );
    assert_eq!((made.time_zone.as_str(), made.visibility()), ("UTC", Visibility::Private));
    assert_eq!(
        (&made.creator_id, made.create_time, made.archive_time, made.delete_time),
        (&grace.id, made.update_time, None, None)
    );
    assert!(!made.etag.is_empty());

    let sure = grace.with("x-authz-min-revision", &revision);
    assert_eq!(get(&sure, &made).await, made);
    let mine = GetMyPermissionsRequest {
        project_id: made.id.clone(),
    };
    let permissions = sure
        .access()
        .get_my_permissions(mine)
        .await
        .expect("answers")
        .into_inner()
        .permissions;
    assert!(
        permissions.iter().any(|permission| permission == "project.delete"),
        "{permissions:?}"
    );

    let list = ListStatusesRequest {
        project_id: made.id.clone(),
        ..ListStatusesRequest::default()
    };
    let statuses = grace.statuses().list_statuses(list).await.expect("lists").into_inner().statuses;
    let shown: Vec<_> = statuses
        .iter()
        .map(|status| (status.position, status.name.as_str(), status.category()))
        .collect();
    assert_eq!(
        shown,
        [
            (0, "Backlog", StatusCategory::Backlog),
            (1, "To do", StatusCategory::Unstarted),
            (2, "In progress", StatusCategory::Started),
            (3, "In review", StatusCategory::Started),
            (4, "Done", StatusCategory::Completed),
            (5, "Canceled", StatusCategory::Canceled),
        ]
    );
}

#[tokio::test]
async fn zones_and_visibilities_are_kept() {
    let world = World::start().await;
    let (ada, eve) = (world.user("ada").await, world.user("eve").await);
    let sent = Project {
        time_zone: "europe/berlin".to_owned(),
        visibility: Visibility::Internal.into(),
        ..keyed("WEB")
    };
    let made = ada
        .projects()
        .create_project(request(sent))
        .await
        .expect("makes a project")
        .into_inner()
        .project
        .expect("a project");
    assert_eq!(
        (made.time_zone.as_str(), made.visibility()),
        ("Europe/Berlin", Visibility::Internal)
    );
    assert_eq!(get(&eve, &made).await, made, "every member of the instance sees it");
}

#[tokio::test]
async fn everything_wrong_is_told_at_once_and_nothing_is_made() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let sent = Project {
        key: "web".to_owned(),
        name: " ".to_owned(),
        description: "x".repeat(65_537),
        time_zone: "Mars/Olympus".to_owned(),
        visibility: 7,
        ..Project::default()
    };
    let refused = problem(ada.projects().create_project(request(sent)).await);
    assert_eq!(
        refused.to_string(),
        "INVALID_ARGUMENT INVALID_FIELDS \
        [project.key: must be a capital letter followed by 1 to 9 capital letters or digits] \
        [project.time_zone: must be an IANA time zone such as Europe/Berlin] \
        [project.visibility: must be one of its values] \
        [project.name: must have 1 to 200 characters] \
        [project.description: must have at most 65536 bytes]"
    );
    for key in ["", "W", "1WEB", "WEB-1", "WÉB", "ABCDEFGHIJK", " WEB"] {
        assert_eq!(
            problem(ada.projects().create_project(request(keyed(key))).await).fields(),
            ["project.key"],
            "{key:?}"
        );
    }
    for name in ["", "\n", "two\nlines", &"ü".repeat(201)] {
        let sent = Project {
            name: name.to_owned(),
            ..keyed("WEB")
        };
        assert_eq!(
            problem(ada.projects().create_project(request(sent)).await).fields(),
            ["project.name"],
            "{name:?}"
        );
    }
    assert_eq!(
        problem(ada.projects().create_project(CreateProjectRequest::default()).await).fields(),
        ["project"]
    );
    let odd = CreateProjectRequest {
        request_id: "x".repeat(65),
        ..request(keyed("WEB"))
    };
    assert_eq!(problem(ada.projects().create_project(odd).await).fields(), ["request_id"]);

    let listed = ada
        .projects()
        .list_projects(ListProjectsRequest::default())
        .await
        .expect("lists")
        .into_inner()
        .projects;
    assert_eq!(listed, []);
}

#[tokio::test]
async fn a_key_is_taken_once_also_by_projects_one_does_not_see() {
    let world = World::start().await;
    let (ada, eve) = (world.user("ada").await, world.user("eve").await);
    let web = ada.project("WEB").await;
    let taken = "ALREADY_EXISTS PROJECT_KEY_TAKEN key=WEB";
    assert_eq!(
        problem(eve.projects().create_project(request(keyed("WEB"))).await).to_string(),
        taken
    );
    delete(&ada, &web).await;
    assert_eq!(
        problem(ada.projects().create_project(request(keyed("WEB"))).await).to_string(),
        taken
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_want_a_key_at_once_one_gets_it() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let makers = (0..8).map(|_| {
        let ada = ada.clone();
        async move { ada.projects().create_project(request(keyed("WEB"))).await }
    });
    let (made, refused): (Vec<_>, Vec<_>) = join_all(makers).await.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for outcome in refused {
        assert_eq!(problem(outcome).reason, "PROJECT_KEY_TAKEN");
    }
    let listed = ada
        .projects()
        .list_projects(ListProjectsRequest::default())
        .await
        .expect("lists")
        .into_inner()
        .projects;
    assert_eq!(listed.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_makes_one_project() {
    let world = World::start().await;
    let (ada, grace) = (world.user("ada").await, world.user("grace").await);
    let once = CreateProjectRequest {
        request_id: "once".to_owned(),
        ..request(keyed("WEB"))
    };
    let makers = (0..6).map(|_| {
        let (ada, once) = (ada.clone(), once.clone());
        async move {
            ada.projects()
                .create_project(once)
                .await
                .expect("makes a project")
                .into_inner()
                .project
                .expect("a project")
                .id
        }
    });
    let made: BTreeSet<String> = join_all(makers).await.into_iter().collect();
    assert_eq!(made.len(), 1);
    let again = ada.projects().create_project(once.clone()).await.expect("answers");
    assert!(again.metadata().contains_key("x-authz-revision"));

    let other = CreateProjectRequest {
        request_id: "once".to_owned(),
        ..request(keyed("OPS"))
    };
    assert_eq!(
        problem(ada.projects().create_project(other.clone()).await).to_string(),
        "INVALID_ARGUMENT IDEMPOTENCY_KEY_REUSED [request_id: must be new]"
    );
    let hers = grace
        .projects()
        .create_project(other)
        .await
        .expect("another caller's request id")
        .into_inner()
        .project
        .expect("a project");
    assert_eq!(hers.key, "OPS");
}

#[tokio::test]
async fn guests_and_strangers_make_none() {
    let world = World::start().await;
    world.user("ada").await;
    let tim = world.user("tim").await;
    let mut txn = world.system.auth.database().begin();
    txn.guarded_update(
        Query::update()
            .table("bindings")
            .value("role_id", "guest")
            .and_where(Expr::col("user_id").eq(tim.id.as_str()))
            .to_owned(),
    );
    txn.commit().await.expect("commits");

    let refused = problem(tim.projects().create_project(request(keyed("WEB"))).await);
    assert_eq!(
        refused.to_string(),
        "PERMISSION_DENIED PERMISSION_MISSING permission=project.create"
    );
    let refused = problem(world.stranger().projects().create_project(request(keyed("WEB"))).await);
    assert_eq!(refused.to_string(), "UNAUTHENTICATED CREDENTIAL_MISSING");
}
