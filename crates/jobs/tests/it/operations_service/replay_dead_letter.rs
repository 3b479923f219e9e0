//! ReplayDeadLetter.

use tasktracker_proto::operations::v1::ReplayDeadLetterRequest;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;
use tonic::Status;
use uuid::Uuid;

use super::letters::GROUP;
use super::{ADA, INVALID, Office, UNKNOWN, for_operators_only, refusal};

fn request(id: impl ToString) -> ReplayDeadLetterRequest {
    ReplayDeadLetterRequest {
        dead_letter_id: id.to_string(),
    }
}

impl Office {
    async fn replay(&self, id: impl ToString) -> Result<(), Status> {
        self.client().replay_dead_letter(self.of(ADA, request(id))).await.map(drop)
    }
}

#[tokio::test]
async fn what_works_now_is_gone() {
    let office = Office::open().await;
    let fine = office.letter(1, GROUP, b"fine").await;
    office.letter(2, GROUP, b"bad").await;
    office.replay(&fine).await.unwrap();
    assert_eq!(office.letters().await, 1);
    // Again there is nothing to handle.
    assert_eq!(refusal(office.replay(&fine).await), UNKNOWN);
}

#[tokio::test]
async fn what_fails_again_stays_with_its_error() {
    let office = Office::open().await;
    let bad = office.letter(1, GROUP, b"bad").await;
    let status = office.replay(&bad).await.unwrap_err();
    assert_eq!(status.message(), "it failed again: still not fine");
    assert_eq!(
        refusal::<()>(Err(status)),
        (Code::FailedPrecondition, ErrorReason::DeadLetterFailed)
    );
    let kept = office.letters.list(None, None, 10).await.unwrap();
    assert_eq!((kept[0].error.as_str(), kept[0].attempts), ("still not fine", 6));
    // A group that this process does not have.
    let foreign = office.letter(2, "core.nobody", b"fine").await;
    assert_eq!(
        refusal(office.replay(&foreign).await),
        (Code::FailedPrecondition, ErrorReason::DeadLetterFailed)
    );
    assert_eq!(office.letters().await, 2);
}

#[tokio::test]
async fn refusals() {
    let office = Office::open().await;
    let fine = office.letter(1, GROUP, b"fine").await;
    for_operators_only!(office, replay_dead_letter, request(&fine));
    assert_eq!(office.letters().await, 1);
    assert_eq!(refusal(office.replay(Uuid::from_u128(1)).await), UNKNOWN);
    for bad in ["", "7"] {
        assert_eq!(refusal(office.replay(bad).await), INVALID);
    }
}
