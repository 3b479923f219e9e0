//! Mails that their carrier refuses, and addresses that get none any more.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tasktracker_core::admin;
use tasktracker_mail::{MailError, Mailer, Message};

use super::*;

/// How a mail is refused.
type Refusal = fn(anyhow::Error) -> MailError;

/// A carrier that refuses as it is told, and keeps what it takes.
#[derive(Debug, Default)]
struct Carrier {
    refusal: Mutex<Option<Refusal>>,
    asked: Mutex<Vec<String>>,
    taken: Mutex<Vec<Message>>,
}

impl Carrier {
    fn refuse(&self, refusal: Option<Refusal>) {
        *self.refusal.lock().expect("whole") = refusal;
    }

    /// How often it was asked to carry something to this person.
    fn asked(&self, user: &User) -> usize {
        self.asked
            .lock()
            .expect("whole")
            .iter()
            .filter(|address| **address == user.email)
            .count()
    }

    fn subjects(&self) -> Vec<String> {
        let taken = self.taken.lock().expect("whole");
        taken.iter().map(|message| message.subject.to_string()).collect()
    }
}

impl Mailer for Carrier {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<(), MailError>> {
        self.asked.lock().expect("whole").push(message.to.address.as_str().to_owned());
        let refusal = *self.refusal.lock().expect("whole");
        Box::pin(async move {
            if let Some(refusal) = refusal {
                return Err(refusal(anyhow::anyhow!("it says so")));
            }
            self.taken.lock().expect("whole").push(message.clone());
            Ok(())
        })
    }
}

async fn scene() -> (World, Arc<Carrier>, User, User, Project) {
    let carrier = Arc::new(Carrier::default());
    let mailer = carrier.clone();
    let world = Box::pin(World::start_with(|settings| {
        settings.core.mail_delay_ms = 0;
        settings.outside.mailer = Some(mailer);
    }))
    .await;
    let (ada, linus) = (world.user("ada").await, world.user("linus").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &linus, "contributor").await;
    eventually("the welcome", || async { (carrier.subjects().len() == 1).then_some(()) }).await;
    (world, carrier, ada, linus, web)
}

#[tokio::test]
async fn an_address_that_was_refused_for_good_is_not_written_to_again() {
    let (world, carrier, ada, linus, web) = scene().await;
    carrier.refuse(Some(MailError::Rejected));
    ada.task_of(&web, task("First", &[&linus])).await;
    eventually("the end of mails", || async {
        admin::suppressed(&world.system.core, &linus.email).await.expect("an answer")
    })
    .await;
    assert_eq!(carrier.asked(&linus), 2);
    carrier.refuse(None);
    ada.task_of(&web, task("Second", &[&linus])).await;
    wait_for(
        &linus,
        &[
            NotificationReason::MemberAdded,
            NotificationReason::Assigned,
            NotificationReason::Assigned,
        ],
    )
    .await;
    world.settled().await;
    assert_eq!(carrier.asked(&linus), 2, "the inbox fills, no mail goes");

    admin::unsuppress(&world.system.core, &linus.email).await.expect("begins");
    ada.task_of(&web, task("Third", &[&linus])).await;
    eventually("the third", || async {
        carrier.subjects().contains(&"WEB-3: Third".to_owned()).then_some(())
    })
    .await;
    assert_eq!(carrier.asked(&linus), 3, "what was left out stays out");
}

#[tokio::test]
async fn what_an_operator_must_set_right_is_sent_afterwards() {
    for refusal in [MailError::Misconfigured as Refusal, MailError::Transient] {
        let (world, carrier, ada, linus, web) = scene().await;
        carrier.refuse(Some(refusal));
        ada.task_of(&web, task("Plan", &[&linus])).await;
        eventually("several attempts", || async {
            world.clock.advance(Duration::from_secs(60));
            (carrier.asked(&linus) >= 4).then_some(())
        })
        .await;
        assert_eq!(admin::suppressed(&world.system.core, &linus.email).await.expect("an answer"), None);
        carrier.refuse(None);
        eventually("the mail", || async {
            world.clock.advance(Duration::from_secs(60));
            carrier.subjects().contains(&"WEB-1: Plan".to_owned()).then_some(())
        })
        .await;
        let ids: Vec<String> = carrier
            .taken
            .lock()
            .expect("whole")
            .iter()
            .map(|message| message.id.to_string())
            .collect();
        assert_eq!(ids.len(), 2, "once each: {ids:?}");
    }
}

#[tokio::test]
async fn a_message_that_is_refused_is_given_up_and_the_next_one_goes() {
    let (world, carrier, ada, linus, web) = scene().await;
    carrier.refuse(Some(MailError::Permanent));
    ada.task_of(&web, task("Unfit", &[&linus])).await;
    eventually("an attempt", || async { (carrier.asked(&linus) == 2).then_some(()) }).await;
    carrier.refuse(None);
    ada.task_of(&web, task("Fit", &[&linus])).await;
    eventually("the next one", || async {
        world.clock.advance(Duration::from_secs(60));
        carrier.subjects().contains(&"WEB-2: Fit".to_owned()).then_some(())
    })
    .await;
    assert_eq!(carrier.asked(&linus), 3, "the unfit one was not tried again");
}
