//! Which route a path means, and what is said when there is none.

use crate::world::{World, error, reason};
use serde_json::json;

#[tokio::test]
async fn a_path_variable_is_decoded_once_and_whole() {
    let world = World::start().await;
    for (path, id) in [
        ("plain", "plain"),
        ("a%2Fb", "a/b"),
        ("a%20b+c", "a b+c"),
        ("%C3%A9", "é"),
        ("x%3Amove", "x:move"),
        ("a%252Fb", "a%2Fb"),
    ] {
        let response = world.rest("GET", &format!("/v1/things/{path}")).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(world.backend.last_message()["thingId"], id);
    }
    let (status, error) = error(world.rest("GET", "/v1/things/%FF").send().await.unwrap()).await;
    assert_eq!((status, reason(&error)), (400, "INVALID_FIELDS"));
}

#[tokio::test]
async fn a_variable_of_several_segments_keeps_its_inner_slashes() {
    let world = World::start().await;
    let response = world.rest("GET", "/v1/folders/a%2Fb/things/all").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(world.backend.last_message()["folder"], "a%2Fb/things");
}

#[tokio::test]
async fn verbs_follow_the_last_colon() {
    let world = World::start().await;
    let response = world
        .rest("POST", "/v1/things/7:move")
        .json(&json!({"position": 3}))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(world.backend.last_message(), json!({"thingId": "7", "position": 3}));
    for path in ["/v1/things/7:stop", "/v1/things/7:", "/v1/things/7:move:"] {
        let (status, error) = error(world.rest("POST", path).send().await.unwrap()).await;
        assert!((status, reason(&error)) == (404, "ROUTE_NOT_FOUND"), "{path}: {error}");
    }
}

#[tokio::test]
async fn near_misses_are_not_found() {
    let world = World::start().await;
    for path in [
        "/v1/things/",
        "/v1//things",
        "/v1/things/7/",
        "/v1/Things",
        "/v2/things",
        "/v1",
        "/v1/things/7/8",
        "//v1/things",
    ] {
        let (status, error) = error(world.rest("GET", path).send().await.unwrap()).await;
        assert!((status, reason(&error)) == (404, "ROUTE_NOT_FOUND"), "{path}: {error}");
    }
    assert_eq!(world.backend.calls(), 0);
}

#[tokio::test]
async fn a_wrong_method_is_405_with_the_right_ones() {
    let world = World::start().await;
    for (method, path, allowed) in [
        ("PUT", "/v1/things/7", "DELETE, GET, HEAD, PATCH"),
        ("TRACE", "/v1/things/7", "DELETE, GET, HEAD, PATCH"),
        ("GET", "/v1/things/7:move", "POST"),
        ("OPTIONS", "/v1/things/7:move", "POST"),
        ("POST", "/v1/watch", "GET, HEAD"),
        ("POST", "/healthz", "GET, HEAD"),
    ] {
        let response = world
            .rest(method, path)
            .header("x-http-method-override", "POST")
            .send()
            .await
            .unwrap();
        assert_eq!(response.headers()["allow"], allowed, "{method} {path}");
        assert_eq!(error(response).await.0, 405);
    }
    assert_eq!(world.backend.calls(), 0);
}

#[tokio::test]
async fn the_method_cannot_be_overridden() {
    let world = World::start().await;
    let response = world
        .rest("GET", "/v1/things/7")
        .header("x-http-method-override", "DELETE")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert!(world.backend.last().path.ends_with("/GetThing"));
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let world = World::start().await;
    let response = world.rest("HEAD", "/v1/things/7").send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.headers()["etag"].to_str().unwrap()),
        (200, "\"v1\"")
    );
    assert!(response.bytes().await.unwrap().is_empty());
}

#[tokio::test]
async fn internal_rpcs_do_not_exist() {
    let world = World::start().await;
    let unknown = |path: &'static str| world.rest("POST", path).json(&json!({}));
    for path in ["/v1/things:purge", "/v1/cellar"] {
        for method in ["GET", "POST"] {
            let (status, error) = error(world.rest(method, path).send().await.unwrap()).await;
            assert_eq!((status, reason(&error)), (404, "ROUTE_NOT_FOUND"), "{method} {path}");
        }
    }
    // The same answer as for a path that was never there, but for the request id.
    let mut bodies = Vec::new();
    for path in ["/v1/things:purge", "/v1/things:nothing"] {
        bodies.push(error(unknown(path).send().await.unwrap()).await.1["message"].clone());
    }
    assert_eq!(bodies[0], bodies[1]);
    assert_eq!(world.backend.calls(), 0);
}

#[tokio::test]
async fn a_service_that_is_not_run_here_is_unimplemented() {
    let world = World::start().await;
    let (status, error) = error(world.rest("GET", "/v1/absent").send().await.unwrap()).await;
    assert_eq!((status, &error["status"]), (501, &json!("UNIMPLEMENTED")));
}

#[tokio::test]
async fn the_route_list_says_everything_that_must_not_change() {
    let world = World::start().await;
    let routes = world.gateway.routes_txt();
    for line in [
        "GET /v1/things/{thing_id} body=- answer=thing success=200 policy=user+thing.view@thing_id tasktracker.trial.v1.ThingService/GetThing\n",
        "POST /v1/things/{thing_id}:move body=* answer=* success=200 policy=user tasktracker.trial.v1.ThingService/MoveThing\n",
        "GET /v1/watch body=- answer=* success=200 policy=user tasktracker.trial.v1.ThingService/Watch stream\n",
        "PUT /v1/uploads/{upload_id}/content body=bytes:content answer=* success=200 policy=user tasktracker.trial.v1.ThingService/Upload\n",
        "POST /v1/sessions:signIn body=* answer=* success=200 policy=public tasktracker.trial.v1.DoorService/SignIn\n",
    ] {
        assert!(routes.contains(line), "{line} in\n{routes}");
    }
    assert!(!routes.contains("Purge") && !routes.contains("Cellar"));
    let mut sorted: Vec<_> = routes.lines().collect();
    sorted.sort_by_key(|line| line.split(' ').nth(1));
    assert_eq!(sorted, routes.lines().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_service_in_this_process_answers_alike() {
    let world = World::of(&crate::world::THINGS, |_| {}, false).await;
    let thing: serde_json::Value = world.rest("GET", "/v1/things/7").send().await.unwrap().json().await.unwrap();
    assert_eq!(thing["id"], "7");
    let (status, _) = error(world.rest("GET", "/v1/things/missing").send().await.unwrap()).await;
    assert_eq!(status, 404);
    // A defect of one call stays with that call.
    let (status, panicked) = error(world.rest("GET", "/v1/things/panic").send().await.unwrap()).await;
    assert!(status == 500 && !panicked.to_string().contains("10.0.0.7"), "{panicked}");
    let request = world.message("GetThingRequest", json!({"thingId": "panic"}));
    let answer = world
        .grpc(
            "/tasktracker.trial.v1.ThingService/GetThing",
            &[("authorization", "Bearer x")],
            &[request],
        )
        .await;
    assert_eq!((answer.code(), answer.reason().as_str()), (13, "INTERNAL"));
    assert_eq!(world.rest("GET", "/v1/things/7").send().await.unwrap().status(), 200);
}
