//! ListDeadLetters.

use std::time::Duration;

use tasktracker_proto::operations::v1::{DeadLetter, ListDeadLettersRequest};
use uuid::Uuid;

use super::letters::GROUP;
use super::{ADA, BAD_TOKEN, EVE, INVALID, Office, for_operators_only, refusal};

fn request(page_size: i32, page_token: &str, group: &str) -> ListDeadLettersRequest {
    ListDeadLettersRequest {
        page_size,
        page_token: page_token.to_owned(),
        group: group.to_owned(),
    }
}

impl Office {
    async fn page_of_letters(&self, request: ListDeadLettersRequest) -> (Vec<DeadLetter>, String) {
        let answer = self.client().list_dead_letters(self.of(ADA, request)).await.unwrap().into_inner();
        (answer.dead_letters, answer.next_page_token)
    }
}

#[tokio::test]
async fn lists_the_newest_first_with_all_there_is_to_know() {
    let office = Office::open().await;
    for number in 1..=5 {
        let group = if number == 3 { "core.other" } else { GROUP };
        office.letter(number, group, b"\x00\xff").await;
        if number % 2 == 0 {
            office.core.clock.advance(Duration::from_secs(1));
        }
    }
    let (all, next) = office.page_of_letters(request(0, "", "")).await;
    assert_eq!(next, "");
    assert_eq!(
        all.iter().map(|letter| letter.position).collect::<Vec<_>>(),
        [5.0, 4.0, 3.0, 2.0, 1.0]
    );
    let wanted = DeadLetter {
        id: Uuid::from_u128(0xde05).to_string(),
        service: "core".to_owned(),
        group: GROUP.to_owned(),
        topic: "tasktracker.core.task.v1".to_owned(),
        position: 5.0,
        key: "a task".to_owned(),
        event_id: Uuid::from_u128(5).to_string(),
        event_type: "tasktracker.events.v1.TaskEvent".to_owned(),
        payload: vec![0, 0xff],
        error: "not fine".to_owned(),
        attempts: 5,
        create_time: all[0].create_time,
        partition: 7,
    };
    assert_eq!(all[0], wanted);
    let (others, _) = office.page_of_letters(request(0, "", "core.other")).await;
    assert_eq!(others.iter().map(|letter| letter.position).collect::<Vec<_>>(), [3.0]);
    for page_size in 1..=6 {
        let (mut paged, mut token) = (Vec::new(), String::new());
        loop {
            let (page, next) = office.page_of_letters(request(page_size, &token, "")).await;
            paged.extend(page);
            if next.is_empty() {
                break;
            }
            token = next;
        }
        assert_eq!(paged, all, "pages of {page_size}");
    }
}

#[tokio::test]
async fn a_page_of_large_events_ends_early() {
    let office = Office::open().await;
    for number in 1..=5 {
        office.letter(number, GROUP, &vec![1; 1024 * 1024]).await;
    }
    let (page, next) = office.page_of_letters(request(0, "", "")).await;
    assert_eq!(page.len(), 2);
    let (rest, _) = office.page_of_letters(request(0, &next, "")).await;
    assert_eq!(rest[0].position, 3.0);
}

#[tokio::test]
async fn refusals() {
    let office = Office::open().await;
    office.letter(1, GROUP, b"").await;
    office.letter(2, GROUP, b"").await;
    for_operators_only!(office, list_dead_letters, ListDeadLettersRequest::default());
    let (_, token) = office.page_of_letters(request(1, "", "")).await;
    for (user, asked) in [
        (ADA, request(0, "x", "")),
        (ADA, request(0, &token, GROUP)),
        (EVE, request(0, &token, "")),
    ] {
        assert_eq!(refusal(office.client().list_dead_letters(office.of(user, asked)).await), BAD_TOKEN);
    }
    for asked in [request(-1, "", ""), request(0, "", &"g".repeat(129))] {
        assert_eq!(refusal(office.client().list_dead_letters(office.of(ADA, asked)).await), INVALID);
    }
}
