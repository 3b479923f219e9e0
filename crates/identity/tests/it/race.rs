//! Answers and changes that cross on their way (E21): what Auth made before a change is never used after it.

use std::pin::pin;
use std::task::Poll;

use futures_util::poll;

use crate::auth::{change, sign_of_life};
use crate::world::*;

/// OpenFGA #3155: the answer is made, the change is told, the answer arrives and would be kept.
#[tokio::test]
async fn an_answer_made_before_a_change_is_not_kept_after_it() {
    let world = World::new();
    world.auth.grant(ADA, Some(WEB), &[VIEW]);
    world.credential.header().await.unwrap();
    let gate = world.auth.hold();
    let mut question = pin!(world.ask(ADA, WEB));
    while world.auth.asked() == 0 {
        assert!(poll!(question.as_mut()).is_pending());
    }
    let revision = world.auth.grant(ADA, Some(WEB), &[]);
    world.changes.apply(&change(revision, Some(ADA), Some(WEB)));
    gate.add_permits(10);
    let answered = question.await.unwrap();
    assert!(!answered.has(VIEW), "the change was known before the answer was used");
    assert!(answered.revision >= revision);
    assert!(!world.sees(ADA, WEB).await, "and nothing stale was kept");
}

#[tokio::test]
async fn a_list_made_before_a_change_is_not_used_after_it() {
    let world = World::new();
    world.auth.grant(ADA, Some(WEB), &[VIEW]);
    world.credential.header().await.unwrap();
    let gate = world.auth.hold();
    let whose = call(ADA);
    let mut question = pin!(world.access.accessible(&whose, VIEW));
    while world.auth.state().listed.is_empty() {
        assert!(poll!(question.as_mut()).is_pending());
    }
    let revision = world.auth.grant(ADA, Some(WEB), &[]);
    world.changes.apply(&change(revision, None, Some(WEB)));
    gate.add_permits(10);
    assert!(question.await.unwrap().project_ids.is_empty());
    assert!(world.list(ADA).await.is_empty());
}

/// A question without a demand may be answered from an old copy of Auth's data.
#[tokio::test]
async fn an_old_copy_of_auths_data_does_not_bring_back_what_was_taken() {
    let world = World::new();
    let old = world.auth.grant(ADA, Some(WEB), &[VIEW]);
    let copy = world.auth.state().grants.clone();
    world.auth.state().lagging = Some((old, copy));
    let revision = world.auth.grant(ADA, Some(WEB), &[]);
    assert!(world.sees(ADA, WEB).await, "nobody told of the change yet");
    world.changes.apply(&change(revision, Some(ADA), Some(WEB)));
    assert!(!world.sees(ADA, WEB).await);
    assert!(world.list(ADA).await.is_empty());
}

/// An Auth that was restored from a backup never reaches the revision again: it is asked twice, and its newest answer is used.
#[tokio::test]
async fn the_newest_answer_is_used_even_if_it_seems_too_old() {
    let world = World::new();
    world.auth.grant(ADA, Some(WEB), &[VIEW]);
    world.changes.apply(&change(1_000, Some(ADA), None));
    assert!(world.sees(ADA, WEB).await);
    assert_eq!(world.auth.asked(), 2);
}

/// The caller goes away while Auth thinks (E22, OpenFGA #3125): that is no answer.
#[tokio::test]
async fn a_question_that_nobody_waits_for_leaves_nothing() {
    let world = World::new();
    world.auth.grant(ADA, Some(WEB), &[VIEW]);
    world.credential.header().await.unwrap();
    let gate = world.auth.hold();
    {
        let mut question = pin!(world.ask(ADA, WEB));
        while world.auth.asked() == 0 {
            assert!(matches!(poll!(question.as_mut()), Poll::Pending));
        }
    }
    world.auth.grant(ADA, Some(WEB), &[VIEW, EDIT]);
    gate.add_permits(10);
    let granted = world.ask(ADA, WEB).await.unwrap();
    assert!(granted.has(EDIT), "asked anew");
    assert_eq!(world.auth.asked(), 2);
}

#[tokio::test]
async fn many_questions_at_once_agree() {
    let world = World::new();
    world.auth.grant(ADA, Some(WEB), &[VIEW]);
    world.changes.apply(&sign_of_life(2));
    let answers = futures_util::future::join_all((0..50).map(|_| world.sees(ADA, WEB))).await;
    assert!(answers.into_iter().all(|sees| sees));
    world.sees(ADA, WEB).await;
    assert!(world.auth.asked() <= 50);
}

/// Who asks the same at the same time waits for one question, and one who gives up holds up nobody.
#[tokio::test]
async fn sixteen_who_ask_the_same_at_once_ask_once() {
    let world = World::new();
    world.auth.grant(ADA, Some(WEB), &[VIEW]);
    world.credential.header().await.unwrap();
    let gate = world.auth.hold();
    let mut questions: Vec<_> = (0..16).map(|_| Box::pin(world.ask(ADA, WEB))).collect();
    let mut gives_up = questions.remove(0);
    while world.auth.asked() == 0 {
        assert!(poll!(gives_up.as_mut()).is_pending());
        for question in &mut questions {
            assert!(poll!(question.as_mut()).is_pending());
        }
    }
    drop(gives_up);
    gate.add_permits(100);
    for answer in futures_util::future::join_all(questions).await {
        assert!(answer.unwrap().has(VIEW));
    }
    assert!(world.auth.asked() <= 2, "{} questions", world.auth.asked());
}
