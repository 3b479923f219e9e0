//! Adding an RPC changes nothing here: it is reachable on every protocol, and in the documents, because it is in the descriptor set.

use serde_json::{Value, json};

use crate::world::{World, compile, error, frame, unframe};

#[tokio::test]
async fn an_rpc_that_is_added_is_reachable_at_once() {
    let before = World::start().await;
    assert_eq!(error(before.rest("GET", "/v1/greetings/ada").send().await.unwrap()).await.0, 404);

    let world = World::of(&compile(&["things.proto", "later.proto"]), |_| {}, true).await;
    let answer: Value = world
        .bare("GET", "/v1/greetings/ada?color=COLOR_RED")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(answer, json!({"text": "hello ada"}));
    let request = world.message("GreetRequest", json!({"name": "ada"}));
    let native = world
        .grpc("/tasktracker.trial.v1.LaterService/Greet", &[], std::slice::from_ref(&request))
        .await;
    assert_eq!(world.read("GreetResponse", native.messages[0].clone()), answer);
    let web = world
        .grpc_web(
            "/tasktracker.trial.v1.LaterService/Greet",
            "application/grpc-web+proto",
            &[],
            frame(&request),
        )
        .await;
    assert_eq!(
        world.read("GreetResponse", unframe(&web.bytes().await.unwrap())[0].1.clone()),
        answer
    );
    assert!(world.gateway.routes_txt().contains("GET /v1/greetings/{name} "));
    assert!(world.gateway.openapi_json().contains("/v1/greetings/{name}"));
}
