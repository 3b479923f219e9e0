//! UpdateProject.

use tasktracker_proto::core::v1::*;
use tasktracker_testing::{World, problem};

use super::{MISSING, archive, change, delete, get, update};

#[tokio::test]
async fn named_fields_change_and_others_stay() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let sent = Project {
        id: web.id.clone(),
        name: " Shop ".to_owned(),
        description: "ignored".to_owned(),
        ..Project::default()
    };
    let updated = update(&ada, change(sent, &["name"])).await;
    assert_eq!((updated.name.as_str(), updated.description.as_str()), ("Shop", ""));
    assert_ne!(updated.etag, web.etag);
    assert_eq!(get(&ada, &web).await, updated);

    // Without a mask what is set changes; what was read may be sent back whole.
    let sent = Project {
        description: "new".to_owned(),
        ..updated.clone()
    };
    let updated = update(
        &ada,
        UpdateProjectRequest {
            project: Some(sent),
            ..UpdateProjectRequest::default()
        },
    )
    .await;
    assert_eq!((updated.name.as_str(), updated.description.as_str()), ("Shop", "new"));
    // What is masked and empty becomes empty, or the default.
    let sent = Project {
        name: "Shop".to_owned(),
        id: web.id.clone(),
        ..Project::default()
    };
    let updated = update(&ada, change(sent, &["*"])).await;
    assert_eq!(
        (updated.description.as_str(), updated.time_zone.as_str(), updated.visibility()),
        ("", "UTC", Visibility::Private)
    );
}

#[tokio::test]
async fn an_update_that_changes_nothing_writes_nothing() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    assert_eq!(update(&ada, change(web.clone(), &["*"])).await, web);
    assert_eq!(
        update(
            &ada,
            change(
                Project {
                    id: web.id.clone(),
                    ..Project::default()
                },
                &[]
            )
        )
        .await,
        web
    );
}

#[tokio::test]
async fn edits_of_different_fields_merge_and_of_the_same_field_conflict() {
    let world = World::start().await;
    let (ada, grace) = (world.user("ada").await, world.user("grace").await);
    let base = ada.project("WEB").await;
    ada.member(&base, &grace, "maintainer").await;
    update(
        &ada,
        change(
            Project {
                name: "Ada's".to_owned(),
                ..base.clone()
            },
            &["name"],
        ),
    )
    .await;
    ada.task(&base, "history of tasks is none of the project").await;

    let merged = update(
        &grace,
        change(
            Project {
                description: "d".to_owned(),
                ..base.clone()
            },
            &["description"],
        ),
    )
    .await;
    assert_eq!((merged.name.as_str(), merged.description.as_str()), ("Ada's", "d"));

    let sent = Project {
        name: "Grace's".to_owned(),
        time_zone: "Asia/Tokyo".to_owned(),
        ..base.clone()
    };
    let refused = problem(grace.projects().update_project(change(sent, &["name", "time_zone"])).await);
    assert_eq!((refused.code, refused.reason.as_str()), (tonic::Code::Aborted, "EDIT_CONFLICT"));
    assert_eq!(refused.metadata["fields"], "name");
    assert_eq!(
        (refused.metadata["name.theirs"].as_str(), refused.metadata["name.yours"].as_str()),
        (r#""Ada's""#, r#""Grace's""#)
    );
    assert_eq!(refused.metadata["etag"], merged.etag);
    assert_eq!(get(&ada, &base).await, merged, "nothing of a refused update is kept");

    let agreed = update(
        &grace,
        change(
            Project {
                name: "Ada's".to_owned(),
                ..base.clone()
            },
            &["name"],
        ),
    )
    .await;
    assert_eq!(agreed, merged);
}

#[tokio::test]
async fn if_match_is_strict() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let base = ada.project("WEB").await;
    let now = update(
        &ada,
        change(
            Project {
                name: "Now".to_owned(),
                ..base.clone()
            },
            &["name"],
        ),
    )
    .await;
    let sent = change(
        Project {
            id: base.id.clone(),
            description: "d".to_owned(),
            ..Project::default()
        },
        &["description"],
    );
    let refused = problem(ada.with("if-match", &base.etag).projects().update_project(sent.clone()).await);
    assert_eq!(refused.to_string(), format!("ABORTED ETAG_MISMATCH etag={}", now.etag));
    update(&ada.with("if-match", &now.etag), sent).await;
}

#[tokio::test]
async fn bad_masks_etags_and_values_are_refused() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    for path in [
        "id",
        "creator_id",
        "create_time",
        "archive_time",
        "delete_time",
        "nonsense",
        "name.first",
    ] {
        assert_eq!(
            problem(ada.projects().update_project(change(web.clone(), &[path])).await).fields(),
            ["update_mask"],
            "{path}"
        );
    }
    for (sent, paths, fields) in [
        (
            Project {
                name: String::new(),
                ..web.clone()
            },
            vec!["name"],
            vec!["project.name"],
        ),
        (
            Project {
                name: "x".repeat(201),
                time_zone: "Nowhere".to_owned(),
                ..web.clone()
            },
            vec!["*"],
            vec!["project.time_zone", "project.name"],
        ),
        (
            Project {
                description: "x".repeat(65_537),
                ..web.clone()
            },
            vec!["description"],
            vec!["project.description"],
        ),
        (
            Project {
                visibility: 3,
                ..web.clone()
            },
            vec!["visibility"],
            vec!["project.visibility"],
        ),
        (
            Project {
                key: "OTHER".to_owned(),
                ..web.clone()
            },
            vec!["name"],
            vec!["project.key"],
        ),
        (
            Project {
                key: "OTHER".to_owned(),
                ..web.clone()
            },
            vec!["key"],
            vec!["project.key"],
        ),
        (
            Project {
                etag: "nonsense".to_owned(),
                ..web.clone()
            },
            vec!["name"],
            vec!["project.etag"],
        ),
        (
            Project {
                id: "no id".to_owned(),
                ..web.clone()
            },
            vec!["name"],
            vec!["project.id"],
        ),
    ] {
        assert_eq!(problem(ada.projects().update_project(change(sent, &paths)).await).fields(), fields);
    }
    assert_eq!(
        problem(ada.projects().update_project(UpdateProjectRequest::default()).await).fields(),
        ["project"]
    );
    let future = Project {
        etag: "\"zz\"".to_owned(),
        ..web.clone()
    };
    assert_eq!(
        problem(ada.projects().update_project(change(future, &["name"])).await).reason,
        "ETAG_MISMATCH"
    );
    assert_eq!(get(&ada, &web).await, web);
}

#[tokio::test]
async fn who_may_not_is_told_so_and_who_may_not_see_is_told_nothing() {
    let world = World::start().await;
    let (ada, carl, eve) = (world.user("ada").await, world.user("carl").await, world.user("eve").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &carl, "contributor").await;
    let sent = change(
        Project {
            id: web.id.clone(),
            name: "x".to_owned(),
            ..Project::default()
        },
        &["name"],
    );
    let missing = change(
        Project {
            id: MISSING.to_owned(),
            name: "x".to_owned(),
            ..Project::default()
        },
        &["name"],
    );
    let refused = problem(carl.projects().update_project(sent.clone()).await);
    assert_eq!(
        refused.to_string(),
        "PERMISSION_DENIED PERMISSION_MISSING permission=project.update"
    );
    let hidden = problem(eve.projects().update_project(sent.clone()).await);
    assert_eq!(hidden, problem(eve.projects().update_project(missing).await));
    assert_eq!(hidden.to_string(), "NOT_FOUND NOT_FOUND");
    assert_eq!(
        problem(world.stranger().projects().update_project(sent).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
}

#[tokio::test]
async fn archived_and_deleted_projects_stay_as_they_are() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let (web, ops) = (ada.project("WEB").await, ada.project("OPS").await);
    archive(&ada, &web).await;
    delete(&ada, &ops).await;
    let rename = |project: &Project| {
        change(
            Project {
                id: project.id.clone(),
                name: "x".to_owned(),
                ..Project::default()
            },
            &["name"],
        )
    };
    assert_eq!(
        problem(ada.projects().update_project(rename(&web)).await).to_string(),
        "FAILED_PRECONDITION PROJECT_ARCHIVED"
    );
    assert_eq!(
        problem(ada.projects().update_project(rename(&ops)).await).to_string(),
        "NOT_FOUND NOT_FOUND"
    );
}

#[tokio::test]
async fn a_repeated_update_is_applied_once() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let rename = |name: &str| {
        change(
            Project {
                id: web.id.clone(),
                name: name.to_owned(),
                ..Project::default()
            },
            &["name"],
        )
    };
    let once = UpdateProjectRequest {
        request_id: "once".to_owned(),
        ..rename("once")
    };
    update(&ada, once.clone()).await;
    let later = update(&ada, rename("later")).await;
    assert_eq!(
        update(&ada, once).await,
        later,
        "a repeat answers the present state and changes nothing"
    );
    let other = UpdateProjectRequest {
        request_id: "once".to_owned(),
        ..rename("other")
    };
    assert_eq!(problem(ada.projects().update_project(other).await).reason, "IDEMPOTENCY_KEY_REUSED");
}
