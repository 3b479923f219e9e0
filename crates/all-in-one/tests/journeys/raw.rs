//! Calls of any RPC by its path, with a message that is only bytes.

use bytes::{Buf, BufMut};
use futures_util::stream;
use tasktracker_server::methods::{METHODS, Method};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

/// Messages as they are.
#[derive(Debug, Clone, Copy, Default)]
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut item = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut item);
        Ok(Some(item))
    }
}

/// Calls an RPC with bytes and metadata; of a stream it is the first message that is waited for.
pub async fn call(channel: &Channel, path: &str, metadata: &[(&'static str, &str)], message: Vec<u8>) -> Result<Vec<u8>, Status> {
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.expect("the gateway answers");
    let mut request = Request::new(message);
    for (name, value) in metadata {
        request
            .metadata_mut()
            .insert(*name, MetadataValue::try_from(*value).expect("a header"));
    }
    let route = path.parse().expect("a path");
    if METHODS.get(path).is_some_and(|method| method.server_streaming) {
        let request = request.map(|message| stream::iter([message]));
        let mut answers = grpc.streaming(request, route, Bytes).await?.into_inner();
        return Ok(answers.message().await?.unwrap_or_default());
    }
    Ok(grpc.unary(request, route, Bytes).await?.into_inner())
}

/// The same as somebody with an access token.
pub async fn call_as(channel: &Channel, path: &str, token: &str, message: Vec<u8>) -> Result<Vec<u8>, Status> {
    call(channel, path, &[("authorization", &format!("Bearer {token}"))], message).await
}

/// All RPCs that some callers may call through the gateway, by path: operations are reached on a service's own port.
pub fn rpcs(wanted: impl Fn(&Method) -> bool) -> Vec<(&'static str, &'static Method)> {
    let mut rpcs: Vec<_> = METHODS
        .iter()
        .filter(|(path, method)| !path.starts_with("/tasktracker.operations.") && wanted(method))
        .collect();
    rpcs.sort_by_key(|(path, _)| *path);
    rpcs
}

/// Asserts that a call did not fail by our fault: HTTP would say 5xx.
#[track_caller]
pub fn not_our_fault(what: &str, outcome: &Result<Vec<u8>, Status>) {
    if let Err(status) = outcome {
        let ours = [
            Code::Internal,
            Code::Unknown,
            Code::DataLoss,
            Code::Unavailable,
            Code::DeadlineExceeded,
            Code::Unimplemented,
            Code::Cancelled,
        ];
        assert!(!ours.contains(&status.code()), "{what}: {status:?}");
        assert!(!status.details().is_empty(), "{what}: a refusal without details: {status:?}");
    }
}
