//! ListUsers: pages, filters and orders, and what guests do not find.

use tasktracker_proto::auth::v1::{ListUsersRequest, ListUsersResponse};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;
use tonic::Status;

use crate::world::{Person, World, invalid, refused};

async fn list(world: &World, by: &Person, request: ListUsersRequest) -> Result<ListUsersResponse, Status> {
    Ok(world.users().list_users(by.asks(request)).await?.into_inner())
}

async fn names(world: &World, by: &Person, filter: &str) -> Vec<String> {
    let request = ListUsersRequest {
        filter: filter.to_owned(),
        ..Default::default()
    };
    list(world, by, request)
        .await
        .unwrap()
        .users
        .into_iter()
        .map(|user| user.display_name)
        .collect()
}

async fn with_people() -> (World, Person) {
    let world = World::empty().await;
    let owner = world.owner().await;
    for name in ["grace", "Ada", "LINUS", "Zoë", "100%_real"] {
        world.wait(1);
        world
            .accounts()
            .register(crate::world::registration(&format!("u{}@x.org", world.new_id()), name))
            .await
            .unwrap();
    }
    (world, owner)
}

#[tokio::test]
async fn people_come_by_name_whatever_their_case_page_by_page() {
    let (world, owner) = with_people().await;
    let all = ["100%_real", "Ada", "grace", "LINUS", "Owner", "Zoë"];
    assert_eq!(names(&world, &owner, "").await, all);
    for size in 1..=7 {
        let (mut seen, mut page_token) = (Vec::new(), String::new());
        loop {
            let page = list(
                &world,
                &owner,
                ListUsersRequest {
                    page_size: size,
                    page_token,
                    ..Default::default()
                },
            )
            .await
            .unwrap();
            assert!(page.users.len() <= usize::try_from(size).unwrap());
            seen.extend(page.users.into_iter().map(|user| user.display_name));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, all, "pages of {size}");
    }
}

#[tokio::test]
async fn orders_and_filters_are_kept() {
    let (world, owner) = with_people().await;
    let by = async |order_by: &str| -> Vec<String> {
        let request = ListUsersRequest {
            order_by: order_by.to_owned(),
            page_size: 2,
            ..Default::default()
        };
        list(&world, &owner, request)
            .await
            .unwrap()
            .users
            .into_iter()
            .map(|user| user.display_name)
            .collect()
    };
    assert_eq!(by("display_name desc").await, ["Zoë", "Owner"]);
    assert_eq!(by("create_time").await, ["Owner", "grace"]);
    assert_eq!(by("create_time desc").await, ["100%_real", "Zoë"]);

    assert_eq!(names(&world, &owner, r#"display_name:"A""#).await, ["100%_real", "Ada", "grace"]);
    assert_eq!(names(&world, &owner, "display_name:ZOË").await, ["Zoë"]);
}

#[tokio::test]
async fn wildcards_are_letters() {
    let (world, owner) = with_people().await;
    assert_eq!(names(&world, &owner, r#"display_name:"%""#).await, ["100%_real"]);
    assert_eq!(names(&world, &owner, r#"display_name:"%_r""#).await, ["100%_real"]);
    assert_eq!(names(&world, &owner, r#"display_name:"_d_""#).await, Vec::<String>::new());
    assert_eq!(names(&world, &owner, r#"display_name:"!""#).await, Vec::<String>::new());
    assert_eq!(names(&world, &owner, r#"display_name:"zOË""#).await, ["Zoë"]);
}

#[tokio::test]
async fn states_and_addresses_can_be_asked_for() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let ada = world.member("Ada").await;
    world.deactivate(&ada).await;
    assert_eq!(names(&world, &owner, "state = ACTIVE").await, ["Owner", "Tim"]);
    assert_eq!(names(&world, &owner, "state = USER_STATE_DEACTIVATED").await, ["Ada"]);
    assert_eq!(names(&world, &owner, r#"email = "TIM@example.com""#).await, ["Tim"]);
    let request = ListUsersRequest {
        filter: r#"email = "ada@example.com""#.to_owned(),
        ..Default::default()
    };
    refused(
        list(&world, &tim, request).await,
        Code::PermissionDenied,
        ErrorReason::PermissionMissing,
    );

    let seen = list(&world, &tim, ListUsersRequest::default()).await.unwrap().users;
    let with_address: Vec<_> = seen
        .iter()
        .filter(|user| user.email.is_some() || user.system_role_id.is_some())
        .collect();
    assert_eq!(with_address.len(), 1);
    assert_eq!(with_address[0].id, tim.id);
    let seen = list(&world, &owner, ListUsersRequest::default()).await.unwrap().users;
    assert!(seen.iter().all(|user| user.email.is_some() && user.system_role_id.is_some()));
}

#[tokio::test]
async fn guests_find_themselves_and_people_of_their_projects() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let (guest, tim) = (world.with_system_role("Gus", "guest").await, world.member("Tim").await);
    world.member("Stranger").await;
    assert_eq!(names(&world, &guest, "").await, ["Gus"]);
    let project = world.project(&owner, &[(&guest, "viewer"), (&tim, "viewer")]).await;
    assert_eq!(names(&world, &guest, "").await, ["Gus", "Owner", "Tim"]);
    assert_eq!(names(&world, &guest, "display_name:t").await, ["Tim"]);

    let request = ListUsersRequest {
        page_size: 2,
        ..Default::default()
    };
    let page = list(&world, &guest, request.clone()).await.unwrap();
    let member = world.member_of(&owner, &project, &guest).await;
    world.remove(&owner, &member).await.unwrap();
    let after = list(
        &world,
        &guest,
        ListUsersRequest {
            page_token: page.next_page_token,
            ..request
        },
    )
    .await
    .unwrap();
    assert!(after.users.is_empty(), "a page token is no pass");
}

#[tokio::test]
async fn what_is_no_list_is_refused() {
    let (world, owner) = with_people().await;
    let tim = world.member("Tim").await;
    let default = ListUsersRequest::default;
    invalid(
        list(
            &world,
            &owner,
            ListUsersRequest {
                page_size: -1,
                ..default()
            },
        )
        .await,
        "page_size",
    );
    for filter in ["password = \"x\"", "ada", "state = ACTIVE OR 1=1", &"x".repeat(5000)] {
        invalid(
            list(
                &world,
                &owner,
                ListUsersRequest {
                    filter: filter.to_owned(),
                    ..default()
                },
            )
            .await,
            "filter",
        );
    }
    for order_by in ["email", "display_name; drop table users", "create_time asc desc"] {
        invalid(
            list(
                &world,
                &owner,
                ListUsersRequest {
                    order_by: order_by.to_owned(),
                    ..default()
                },
            )
            .await,
            "order_by",
        );
    }
    assert_eq!(
        list(
            &world,
            &owner,
            ListUsersRequest {
                page_size: i32::MAX,
                ..default()
            }
        )
        .await
        .unwrap()
        .users
        .len(),
        7
    );

    let token = list(&world, &owner, ListUsersRequest { page_size: 1, ..default() })
        .await
        .unwrap()
        .next_page_token;
    let mut flipped = token.clone().into_bytes();
    flipped[20] = if flipped[20] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    let with = |page_token: &str| ListUsersRequest {
        page_token: page_token.to_owned(),
        ..default()
    };
    for (by, request) in [
        (&owner, with("rubbish")),
        (&owner, with(&flipped)),
        (
            &owner,
            ListUsersRequest {
                order_by: "create_time".to_owned(),
                ..with(&token)
            },
        ),
        (
            &owner,
            ListUsersRequest {
                filter: "state = ACTIVE".to_owned(),
                ..with(&token)
            },
        ),
        (&tim, with(&token)),
    ] {
        refused(
            list(&world, by, request).await,
            Code::InvalidArgument,
            ErrorReason::InvalidPageToken,
        );
    }
    assert!(list(&world, &owner, with(&token)).await.is_ok());
    refused(
        world.users().list_users(default()).await,
        Code::Unauthenticated,
        ErrorReason::CredentialMissing,
    );
}
