//! Work in flight is bounded: what cannot be taken is refused at once, and room comes back however a call ends.

use std::time::Duration;

use futures_util::future::{join_all, select_all};
use futures_util::{FutureExt, poll};
use tasktracker_server::stack::IN_FLIGHT;
use tonic::{Code, Request};
use tonic_types::StatusExt;

use crate::raw::ours;
use crate::things::{Things, please};

#[tokio::test(start_paused = true)]
async fn one_call_too_many_is_refused_at_once_and_streams_are_not_counted() {
    let things = Things::default();
    let (keys, mut watch) = (things.keys(), things.watch());
    let hang = || {
        let mut keys = keys.clone();
        async move { keys.get_key_set(please("hang")).await }.boxed()
    };
    let mut hanging: Vec<_> = (0..IN_FLIGHT).map(|_| hang()).collect();
    for call in &mut hanging {
        assert!(poll!(call).is_pending());
    }
    let status = keys.clone().get_key_set(please("")).await.unwrap_err();
    let (code, reason, _) = ours(&status);
    assert_eq!((code, reason.as_str()), (Code::ResourceExhausted, "OVERLOADED"));
    assert_eq!(status.get_details_retry_info().unwrap().retry_delay, Some(Duration::from_secs(1)));
    let mut stream = watch.watch(please("")).await.expect("streams have no part in this").into_inner();
    assert!(stream.message().await.unwrap().is_some());

    drop(stream);

    // A caller goes away: there is room for one.
    let before = things.dropped();
    drop(hanging.pop());
    keys.clone().get_key_set(please("")).await.expect("room for one");
    assert_eq!(things.dropped(), before + 1);
    // A panic and a refusal give their room back too.
    for what in ["panic", "refuse", ""] {
        let _ = keys.clone().get_key_set(please(what)).await;
    }
    keys.clone().get_key_set(please("")).await.expect("room for one");

    // At the deadline all are over.
    let (first, _, rest) = select_all(hanging).await;
    assert_eq!(first.unwrap_err().code(), Code::DeadlineExceeded);
    join_all(rest).await;
    assert_eq!(things.dropped(), before + IN_FLIGHT);
    let answers = join_all((0..IN_FLIGHT).map(|_| {
        let mut keys = keys.clone();
        async move { keys.get_key_set(please("")).await }
    }));
    assert!(answers.await.iter().all(Result::is_ok), "all the room is back");
}

/// Room is taken until the answer's last byte, not only until its first.
#[tokio::test]
async fn an_answer_that_nobody_reads_holds_its_room_until_it_is_dropped() {
    use tower::ServiceExt;
    let service = Things::default().service();
    let ask = || {
        let body = tonic::body::Body::new(http_body_util::Full::new(crate::raw::frame(0, b"")));
        service.clone().oneshot(http::Request::post(crate::raw::KEYS).body(body).unwrap())
    };
    let mut unread = Vec::new();
    for _ in 0..IN_FLIGHT {
        unread.push(ask().await.unwrap());
    }
    assert_eq!(ask().await.unwrap().headers()["grpc-status"], "8");
    unread.pop();
    assert!(ask().await.unwrap().headers().get("grpc-status").is_none());
}

#[tokio::test]
async fn each_service_has_its_own_bound() {
    let (busy, idle) = (Things::default(), Things::default());
    let keys = busy.keys();
    let mut hanging: Vec<_> = (0..IN_FLIGHT)
        .map(|_| {
            let mut keys = keys.clone();
            async move { keys.get_key_set(please("hang")).await }.boxed()
        })
        .collect();
    for call in &mut hanging {
        assert!(poll!(call).is_pending());
    }
    assert!(keys.clone().get_key_set(Request::new(Default::default())).await.is_err());
    idle.keys().get_key_set(please("")).await.expect("another service is not concerned");
}
