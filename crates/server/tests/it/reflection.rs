//! Reflection, v1 and v1alpha, and health: for exactly the services that can be called, with every option of their protos.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use prost_reflect::DescriptorPool;
use prost_types::FileDescriptorProto;
use tasktracker_server::ids::Ids;
use tasktracker_server::stack::Stack;
use tasktracker_server::{Upstream, standard};
use tonic::Code;
use tonic::service::RoutesBuilder;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::things::clock;

const SERVICES: [&str; 2] = ["tasktracker.auth.v1.KeyService", "tasktracker.core.v1.TaskService"];

async fn upstream() -> Upstream {
    let mut routes = RoutesBuilder::default();
    standard::add(&mut routes, &SERVICES).await.unwrap();
    Upstream::local(Stack::around(routes.routes(), Ids::seeded(1, clock())))
}

/// The same questions in both versions of the protocol, whose messages are alike.
macro_rules! client {
    ($version:ident) => {
        mod $version {
            use super::*;
            use tonic_reflection::pb::$version::server_reflection_client::ServerReflectionClient;
            use tonic_reflection::pb::$version::server_reflection_request::MessageRequest;
            use tonic_reflection::pb::$version::server_reflection_response::MessageResponse;
            use tonic_reflection::pb::$version::{ExtensionRequest, ServerReflectionRequest};

            async fn ask(question: MessageRequest) -> Result<MessageResponse, tonic::Status> {
                let question = ServerReflectionRequest { host: String::new(), message_request: Some(question) };
                let mut client = ServerReflectionClient::new(upstream().await);
                let mut answers = client.server_reflection_info(stream::iter([question]).boxed()).await?.into_inner();
                let answer = answers.message().await?.expect("an answer");
                Ok(answer.message_response.expect("something in it"))
            }

            async fn files(question: MessageRequest) -> Vec<Vec<u8>> {
                match ask(question).await.unwrap() {
                    MessageResponse::FileDescriptorResponse(answer) => answer.file_descriptor_proto,
                    other => panic!("{other:?}"),
                }
            }

            #[tokio::test]
            async fn the_services_are_those_that_can_be_called() {
                let MessageResponse::ListServicesResponse(list) = ask(MessageRequest::ListServices(String::new())).await.unwrap() else {
                    panic!("a list");
                };
                let mut names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
                names.sort();
                assert_eq!(names, ["grpc.health.v1.Health", SERVICES[0], SERVICES[1]]);
            }

            #[tokio::test]
            async fn a_tool_can_read_everything_it_needs_to_call_them() {
                let mut known: BTreeMap<String, Vec<u8>> = BTreeMap::new();
                let mut wanted = Vec::new();
                for symbol in [SERVICES[0], "tasktracker.core.v1.TaskService.MoveTask", "tasktracker.core.v1.Task", "grpc.health.v1.Health"] {
                    wanted.extend(files(MessageRequest::FileContainingSymbol(symbol.to_owned())).await);
                }
                while let Some(bytes) = wanted.pop() {
                    let file: FileDescriptorProto = prost::Message::decode(bytes.as_slice()).unwrap();
                    for import in file.dependency {
                        if !known.contains_key(&import) {
                            wanted.extend(files(MessageRequest::FileByFilename(import)).await);
                        }
                    }
                    known.insert(file.name.unwrap(), bytes);
                }
                check(known);
            }

            #[tokio::test]
            async fn what_is_not_there_is_refused() {
                for question in [
                    MessageRequest::FileContainingSymbol("tasktracker.auth.v1.Nothing".to_owned()),
                    MessageRequest::FileByFilename("../../etc/passwd".to_owned()),
                    // A service of the project that this process does not offer.
                    MessageRequest::FileContainingSymbol("tasktracker.auth.v1.SessionService".to_owned()),
                ] {
                    let refused = match ask(question.clone()).await {
                        Ok(MessageResponse::ErrorResponse(error)) => error.error_code,
                        Ok(other) => panic!("{question:?}: {other:?}"),
                        Err(status) => status.code() as i32,
                    };
                    assert_eq!(refused, Code::NotFound as i32, "{question:?}");
                }
                let extension = ExtensionRequest { containing_type: "google.protobuf.MethodOptions".to_owned(), extension_number: 1 };
                let refused = ask(MessageRequest::FileContainingExtension(extension)).await;
                assert!(!matches!(&refused, Err(status) if matches!(status.code(), Code::Internal | Code::Unknown)), "{refused:?}");
            }
        }
    };
}

client!(v1);
client!(v1alpha);

/// The files make a whole, and the options that no ordinary library knows are still in them.
fn check(files: BTreeMap<String, Vec<u8>>) {
    let mut set = Vec::new();
    for bytes in files.values() {
        prost::encoding::encode_key(1, prost::encoding::WireType::LengthDelimited, &mut set);
        prost::encoding::encode_varint(bytes.len() as u64, &mut set);
        set.extend_from_slice(bytes);
    }
    let pool = DescriptorPool::decode(set.as_slice()).expect("a whole set");
    let service = pool.get_service_by_name("tasktracker.core.v1.TaskService").unwrap();
    let method = service.methods().find(|method| method.name() == "MoveTask").unwrap();
    for option in ["tasktracker.options.v1.policy", "google.api.http"] {
        let extension = pool.get_extension_by_name(option).unwrap();
        assert!(method.options().has_extension(&extension), "{option} was lost");
    }
    let request = pool.get_message_by_name("tasktracker.core.v1.MoveTaskRequest").unwrap();
    let rules = pool.get_extension_by_name("buf.validate.field").unwrap();
    assert!(
        request.get_field_by_name("status_id").unwrap().options().has_extension(&rules),
        "rules were lost"
    );
    // What a tool reads is what this process itself decides by.
    let own = DescriptorPool::decode(tasktracker_proto::DESCRIPTORS).unwrap();
    for (name, bytes) in files.iter().filter(|(name, _)| name.starts_with("tasktracker/")) {
        assert_eq!(&own.get_file_by_name(name).unwrap().encode_to_vec(), bytes, "{name}");
    }
}

#[tokio::test]
async fn health_is_known_for_the_services_and_for_the_whole() {
    let mut health = HealthClient::new(upstream().await);
    for service in SERVICES.into_iter().chain([""]) {
        let answer = health
            .check(HealthCheckRequest {
                service: service.to_owned(),
            })
            .await
            .unwrap()
            .into_inner();
        assert_eq!(answer.status, 1, "{service:?} is serving");
    }
    let status = health
        .check(HealthCheckRequest {
            service: "tasktracker.auth.v1.SessionService".to_owned(),
        })
        .await
        .unwrap_err();
    assert_eq!(crate::raw::ours(&status).0, Code::NotFound);
}

#[tokio::test]
async fn a_service_without_a_proto_is_a_defect_that_is_told_at_the_start() {
    let mut routes = RoutesBuilder::default();
    let error = standard::add(&mut routes, &["tasktracker.core.v1.NoSuchService"])
        .await
        .unwrap_err();
    assert!(error.to_string().contains("NoSuchService"), "{error}");
}
