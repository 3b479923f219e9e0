//! Panics (H16) and defects (H17): the caller learns a request id, the process lives, the next call is answered.

use tasktracker_proto::auth::v1::key_service_client::KeyServiceClient;
use tonic::Code;
use tonic_types::StatusExt;

use crate::listen::Server;
use crate::raw::{opaque, ours};
use crate::things::{Things, please};

#[tokio::test]
async fn a_panic_costs_one_call() {
    let things = Things::default();
    let mut keys = things.keys();
    for what in ["panic", "panic with a word", "panic with a number"] {
        let status = keys.get_key_set(please(what)).await.unwrap_err();
        assert_eq!(ours(&status).0, Code::Internal, "{what}");
        assert_eq!(ours(&status).1, "INTERNAL");
        opaque(&status);
        keys.get_key_set(please("")).await.expect("the next call is answered");
    }
}

#[tokio::test]
async fn a_defect_tells_the_caller_nothing_but_a_request_id() {
    let mut keys = Things::default().keys();
    let mut request = please("fail");
    request.metadata_mut().insert("x-request-id", "my-own-id".parse().unwrap());
    let status = keys.get_key_set(request).await.unwrap_err();
    let (code, reason, id) = ours(&status);
    assert_eq!((code, reason.as_str(), id.as_str()), (Code::Internal, "INTERNAL", "my-own-id"));
    opaque(&status);
}

#[tokio::test]
async fn an_outage_names_what_is_away_and_when_to_come_back_but_not_why() {
    let status = Things::default().keys().get_key_set(please("fail upstream")).await.unwrap_err();
    let (code, reason, _) = ours(&status);
    assert_eq!((code, reason.as_str()), (Code::Unavailable, "DEPENDENCY_UNAVAILABLE"));
    assert_eq!(status.message(), "auth does not answer, try again later");
    assert!(status.get_details_retry_info().unwrap().retry_delay.is_some());
    opaque(&status);
}

#[tokio::test]
async fn a_panic_in_a_stream_ends_that_stream() {
    let things = Things::default();
    let mut watch = things.watch();
    let mut stream = watch.watch(please("panic")).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().resume_token, "1");
    assert_eq!(stream.message().await.unwrap().unwrap().resume_token, "2");
    let status = stream.message().await.unwrap_err();
    assert_eq!(ours(&status).0, Code::Internal);
    opaque(&status);
    assert!(stream.message().await.unwrap().is_none(), "and nothing comes after it");
    let status = watch.watch(please("panic at once")).await.unwrap_err();
    assert_eq!(ours(&status).0, Code::Internal);
    opaque(&status);
    watch.watch(please("")).await.expect("the next stream opens");
}

/// Details travel in one header, which many clients take up to 8 KiB of headers at most: the answer must arrive, whatever was sent.
#[tokio::test]
async fn a_refusal_with_very_much_to_say_arrives_all_the_same() {
    let server = Server::start().await;
    let mut keys = KeyServiceClient::new(server.channel().await);
    let status = keys.get_key_set(please("refuse much")).await.unwrap_err();
    let (code, reason, _) = ours(&status);
    assert_eq!((code, reason.as_str()), (Code::InvalidArgument, "INVALID_FIELDS"));
    let violations = status.get_details_bad_request().unwrap().field_violations;
    assert!(violations.len() >= 8, "{}", violations.len());
    let mut headers = http::HeaderMap::new();
    status.add_header(&mut headers).unwrap();
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
    assert!(size <= 8 * 1024, "{size} bytes");
}
