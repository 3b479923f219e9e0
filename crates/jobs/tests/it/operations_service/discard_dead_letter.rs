//! DiscardDeadLetter.

use tasktracker_proto::operations::v1::DiscardDeadLetterRequest;
use tonic::Status;
use uuid::Uuid;

use super::letters::GROUP;
use super::{ADA, INVALID, Office, UNKNOWN, for_operators_only, refusal};

fn request(id: impl ToString) -> DiscardDeadLetterRequest {
    DiscardDeadLetterRequest {
        dead_letter_id: id.to_string(),
    }
}

impl Office {
    async fn discard(&self, id: impl ToString) -> Result<(), Status> {
        self.client().discard_dead_letter(self.of(ADA, request(id))).await.map(drop)
    }
}

#[tokio::test]
async fn it_is_gone_for_good() {
    let office = Office::open().await;
    let first = office.letter(1, GROUP, b"bad").await;
    office.letter(2, GROUP, b"bad").await;
    office.discard(&first).await.unwrap();
    assert_eq!(office.letters().await, 1);
    assert_eq!(refusal(office.discard(&first).await), UNKNOWN);
}

#[tokio::test]
async fn refusals() {
    let office = Office::open().await;
    let letter = office.letter(1, GROUP, b"bad").await;
    for_operators_only!(office, discard_dead_letter, request(&letter));
    assert_eq!(office.letters().await, 1);
    assert_eq!(refusal(office.discard(Uuid::from_u128(1)).await), UNKNOWN);
    for bad in ["", "7"] {
        assert_eq!(refusal(office.discard(bad).await), INVALID);
    }
}
