//! The sweep: forgets what is over, and only that.

use tasktracker_proto::auth::v1::{AddProjectMemberRequest, RefreshSessionRequest};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;

use crate::world::{World, add_request, refused};

const DAY: u64 = 24 * 60 * 60;

#[tokio::test]
async fn what_is_over_is_forgotten_and_stays_refused() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let project = world.project(&owner, &[]).await;
    let request = AddProjectMemberRequest {
        request_id: "r-1".to_owned(),
        ..add_request(&project, &tim, "viewer")
    };
    world.access().add_project_member(owner.asks(request)).await.unwrap();
    let counts = async || {
        (
            world.count("idempotency").await,
            world.count("access_changes").await,
            world.count("sessions").await,
        )
    };
    assert_eq!(counts().await, (1, 4, 2));
    world.app.sweep().await.unwrap();
    assert_eq!(counts().await, (1, 4, 2), "nothing is over yet");

    world.wait(8 * DAY);
    let later = world.sign_in(&owner.email).await;
    world.app.sweep().await.unwrap();
    assert_eq!(counts().await, (0, 0, 3));
    world.wait(53 * DAY);
    world.app.sweep().await.unwrap();
    assert_eq!((world.count("sessions").await, world.count("refresh_tokens").await), (1, 1));
    for person in [owner, later] {
        let refresh = RefreshSessionRequest {
            refresh_token: person.refresh_token,
        };
        refused(
            world.sessions().refresh_session(refresh).await,
            Code::Unauthenticated,
            ErrorReason::CredentialInvalid,
        );
    }
    assert_eq!(
        world
            .members(&world.sign_in("owner@example.com").await, &project)
            .await
            .unwrap()
            .len(),
        2
    );
}
