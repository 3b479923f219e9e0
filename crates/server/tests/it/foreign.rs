//! What the gRPC library says by itself: in our form, with the code that fits, and never as a defect of ours (F16, H1, H13).

use bytes::Bytes;
use tonic::Code;

use crate::raw::{KEYS, call, frame, ours};
use crate::things::{LONGEST, SECRET, Things, please};

async fn says(path: &str, headers: &[(&str, &[u8])], body: Bytes) -> (Code, String) {
    let answer = call(&Things::default().service(), path, headers, body).await;
    let status = answer.status.expect("a status");
    let (code, reason, id) = ours(&status);
    assert_eq!(answer.headers["x-request-id"], id.as_str());
    assert_eq!(answer.headers["content-type"], "application/grpc");
    (code, reason)
}

fn malformed() -> (Code, String) {
    (Code::InvalidArgument, "MALFORMED_REQUEST".to_owned())
}

#[tokio::test]
async fn bytes_that_are_no_message_are_the_callers_fault() {
    let wrong: [&[u8]; 6] = [
        &[0xff],                                                                   // a key that never ends
        &[0x0a, 0x05, b'a'],                                                       // a length beyond the end
        &[0x07],                                                                   // a wire type that does not exist
        &[0x00, 0x00],                                                             // field number 0
        &[0x08],                                                                   // a value that is missing
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], // a number too long
    ];
    for message in wrong {
        assert_eq!(says(KEYS, &[], frame(0, message)).await, malformed(), "{message:?}");
    }
    // Groups that nest deeper than any message of ours.
    assert_eq!(says(KEYS, &[], frame(0, &[0x0b; 500])).await, malformed());
}

#[tokio::test]
async fn frames_that_are_none_are_the_callers_fault() {
    let bodies: [Bytes; 7] = [
        Bytes::new(),
        Bytes::from_static(&[0]),
        Bytes::from_static(&[0, 0, 0, 0]),
        Bytes::from_static(&[0, 0, 0, 0, 9, 1]),
        frame(1, b"compressed, it says"),
        frame(2, b""),
        frame(0xff, b"flags that do not exist"),
    ];
    for body in bodies {
        assert_eq!(says(KEYS, &[], body.clone()).await, malformed(), "{body:?}");
    }
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_before_it_is_read() {
    let too_large = (Code::ResourceExhausted, "PAYLOAD_TOO_LARGE".to_owned());
    let message = [&[0x7a, 0x81, 0x08], vec![b'x'; LONGEST + 1].as_slice()].concat();
    assert_eq!(says(KEYS, &[], frame(0, &message)).await, too_large);
    // Four gigabytes that are only announced.
    assert_eq!(
        says(KEYS, &[], Bytes::from_static(&[0, 0xff, 0xff, 0xff, 0xff, 1])).await,
        too_large
    );
}

#[tokio::test]
async fn what_does_not_exist_is_unimplemented() {
    let unimplemented = (Code::Unimplemented, "UNIMPLEMENTED".to_owned());
    for path in [
        "/tasktracker.auth.v1.KeyService/Nothing",
        "/tasktracker.core.v1.TaskService/GetTask",
        "/no.such.Service/Method",
        "/",
        "/a/b/c/d",
        "/%00",
    ] {
        assert_eq!(says(path, &[], frame(0, b"")).await, unimplemented, "{path}");
    }
    assert_eq!(
        says(KEYS, &[("grpc-encoding", b"gzip")], frame(1, b"x")).await,
        unimplemented,
        "compression is not offered"
    );
}

#[tokio::test]
async fn a_bare_status_of_another_library_says_nothing_of_its_cause() {
    let things = Things::default();
    let status = things.keys().get_key_set(please("fail foreign")).await.unwrap_err();
    assert!(!format!("{status:?}").contains(SECRET));
    assert_eq!(ours(&status).0, Code::Internal);
}
