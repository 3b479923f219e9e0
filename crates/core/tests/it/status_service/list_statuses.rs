//! ListStatuses.

use tasktracker_proto::core::v1::*;
use tasktracker_testing::{User, World, problem};

fn request(project: &Project) -> ListStatusesRequest {
    ListStatusesRequest {
        project_id: project.id.clone(),
        ..ListStatusesRequest::default()
    }
}

async fn list(user: &User, request: ListStatusesRequest) -> ListStatusesResponse {
    user.statuses().list_statuses(request).await.expect("lists").into_inner()
}

#[tokio::test]
async fn the_workflow_comes_by_position_whole_or_in_pages() {
    let world = World::start().await;
    let (ada, tim) = (world.user("ada").await, world.user("tim").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &tim, "viewer").await;
    let whole = list(&tim, request(&web)).await;
    assert_eq!((whole.statuses.len(), whole.next_page_token.as_str()), (6, ""));
    assert!(
        whole
            .statuses
            .iter()
            .all(|status| status.project_id == web.id && status.color.len() == 7)
    );

    for page_size in [1, 4, 5, 6, 7] {
        let (mut seen, mut page_token) = (Vec::new(), String::new());
        loop {
            let page = list(
                &tim,
                ListStatusesRequest {
                    page_size,
                    page_token,
                    ..request(&web)
                },
            )
            .await;
            seen.extend(page.statuses);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, whole.statuses, "pages of {page_size}");
    }
}

#[tokio::test]
async fn refusals() {
    let world = World::start().await;
    let (ada, eve) = (world.user("ada").await, world.user("eve").await);
    let (web, ops) = (ada.project("WEB").await, ada.project("OPS").await);
    let missing = Project {
        id: "01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
        ..Project::default()
    };
    let hidden = problem(eve.statuses().list_statuses(request(&web)).await);
    assert_eq!(hidden.to_string(), "NOT_FOUND NOT_FOUND");
    assert_eq!(problem(eve.statuses().list_statuses(request(&missing)).await), hidden);
    assert_eq!(
        problem(world.stranger().statuses().list_statuses(request(&web)).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    assert_eq!(
        problem(
            ada.statuses()
                .list_statuses(ListStatusesRequest {
                    page_size: -1,
                    ..request(&web)
                })
                .await
        )
        .fields(),
        ["page_size"]
    );
    assert_eq!(
        problem(ada.statuses().list_statuses(ListStatusesRequest::default()).await).fields(),
        ["project_id"]
    );

    let page_token = list(
        &ada,
        ListStatusesRequest {
            page_size: 1,
            ..request(&web)
        },
    )
    .await
    .next_page_token;
    for (project, page_token) in [
        (&ops, page_token.clone()),
        (&web, format!("{page_token}x")),
        (&web, "nonsense".to_owned()),
    ] {
        let refused = problem(
            ada.statuses()
                .list_statuses(ListStatusesRequest {
                    page_token,
                    ..request(project)
                })
                .await,
        );
        assert_eq!(
            (refused.reason.as_str(), refused.fields()),
            ("INVALID_PAGE_TOKEN", vec!["page_token"])
        );
    }
}
