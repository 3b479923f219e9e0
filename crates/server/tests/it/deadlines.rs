//! Deadlines (H10): the caller's and our own, said as DEADLINE_EXCEEDED, and the work behind them ended.

use std::time::Duration;

use tasktracker_server::stack::UNARY_DEADLINE;
use tokio::time::Instant;
use tonic::Code;
use tonic_types::StatusExt;

use crate::raw::{KEYS, call, frame, ours, refused};
use crate::things::{Things, please};

#[tokio::test(start_paused = true)]
async fn the_callers_deadline_ends_the_work() {
    let things = Things::default();
    let mut request = please("hang");
    request.set_timeout(Duration::from_millis(50));
    let began = Instant::now();
    let outcome = things.keys().get_key_set(request).await;
    assert_eq!(refused(outcome), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED".to_owned()));
    assert_eq!(began.elapsed().as_millis(), 50);
    assert_eq!(things.dropped(), 1, "nobody works on");
}

#[tokio::test(start_paused = true)]
async fn our_own_deadline_holds_where_the_caller_has_none_or_a_longer_one() {
    let things = Things::default();
    for asked in [None, Some(Duration::from_secs(3600))] {
        let mut request = please("hang");
        if let Some(asked) = asked {
            request.set_timeout(asked);
        }
        let began = Instant::now();
        let (code, _) = refused(things.keys().get_key_set(request).await);
        assert_eq!(
            (code, began.elapsed().as_secs()),
            (Code::DeadlineExceeded, UNARY_DEADLINE.as_secs())
        );
    }
    things.keys().get_key_set(please("sleep 8 s")).await.expect("in time");
    assert_eq!(things.dropped(), 2);
}

#[tokio::test(start_paused = true)]
async fn no_time_at_all_is_a_deadline_too() {
    let things = Things::default();
    for timeout in ["0n", "0H", "00000000m", "1n", "1u"] {
        let headers = [("grpc-timeout", timeout.as_bytes()), ("x-do", b"hang")];
        let answer = call(&things.service(), KEYS, &headers, frame(0, b"")).await;
        let (code, reason, _) = ours(&answer.status.expect("a status"));
        assert_eq!((code, reason.as_str()), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"), "{timeout}");
    }
}

#[tokio::test]
async fn a_deadline_that_is_none_is_refused() {
    let things = Things::default();
    for timeout in [
        "",
        "S",
        "5",
        "5s",
        "-1S",
        "+1S",
        "1.5S",
        "123456789S",
        " 1S",
        "1 S",
        "1S ",
        "\u{e9}S",
        "1\u{e9}",
        "0x1S",
        "NaNS",
    ] {
        let headers = [("grpc-timeout", timeout.as_bytes())];
        // HTTP knows no blanks around a value; only a call within this process can have them.
        let answer = call(&things.service(), KEYS, &headers, frame(0, b"")).await;
        let status = answer.status.expect("a status");
        let (code, reason, _) = ours(&status);
        assert_eq!((code, reason.as_str()), (Code::InvalidArgument, "INVALID_FIELDS"), "{timeout:?}");
        assert_eq!(status.get_details_bad_request().unwrap().field_violations[0].field, "grpc-timeout");
    }
    for timeout in ["99999999H", "99999999M", "1S", "1000m"] {
        let headers = [("grpc-timeout", timeout.as_bytes())];
        let answer = call(&things.service(), KEYS, &headers, frame(0, b"")).await;
        assert_eq!(answer.status.expect("a status").code(), Code::Ok, "{timeout:?}");
    }
}
