//! How a request message comes out of path, query, body and headers, and what is refused on the way.

use crate::world::{World, error, reason, violated};
use proptest::prelude::*;
use serde_json::{Value, json};

async fn refused(world: &World, request: reqwest::RequestBuilder) -> (u16, Value) {
    let before = world.backend.calls();
    let answer = error(request.send().await.unwrap()).await;
    assert_eq!(world.backend.calls(), before, "a refused request must not reach the service");
    answer
}

#[tokio::test]
async fn path_body_and_query_may_agree_but_not_contradict() {
    let world = World::start().await;
    // Path and body: the hole of Envoy, where the body changed another resource than the path named.
    let patch = |id: &str| world.rest("PATCH", "/v1/things/t1").json(&json!({"id": id, "displayName": "x"}));
    assert_eq!(patch("t1").send().await.unwrap().status(), 200);
    for other in ["t2", ""] {
        let (status, error) = refused(&world, patch(other)).await;
        assert_eq!((status, violated(&error)), (400, vec!["thing.id"]), "{other:?}");
    }
    // Path and query.
    let response = world.rest("GET", "/v1/things/t1?thing_id=t1&thingId").send().await.unwrap();
    assert_eq!(response.status(), 400, "twice, in two spellings");
    assert_eq!(world.rest("GET", "/v1/things/t1?thing_id=t1").send().await.unwrap().status(), 200);
    let (_, error) = refused(&world, world.rest("GET", "/v1/things/t1?thingId=t2")).await;
    assert_eq!(violated(&error), ["thing_id"]);
    // Body and query.
    let make = |query: &str| {
        world
            .rest("POST", &format!("/v1/things/t1:move?{query}"))
            .json(&json!({"position": 5}))
    };
    assert_eq!(make("position=5&before_id=b").send().await.unwrap().status(), 200);
    assert_eq!(
        world.backend.last_message(),
        json!({"thingId": "t1", "position": 5, "beforeId": "b"})
    );
    let (_, error) = refused(&world, make("position=6")).await;
    assert_eq!(violated(&error), ["position"]);
    let named = world
        .rest("POST", "/v1/folders/f/things?thing.displayName=other")
        .json(&json!({"displayName": "x"}));
    assert_eq!(violated(&refused(&world, named).await.1), ["thing.display_name"]);
    // A body in the place of a message that the path goes into.
    let (status, error) = refused(&world, world.rest("PATCH", "/v1/things/t1").json(&json!("text"))).await;
    assert_eq!(status, 400, "{error}");
}

#[tokio::test]
async fn queries_carry_every_simple_type_in_both_spellings() {
    let world = World::start().await;
    let query = "page_size=5&pageToken=p&filter.color=COLOR_RED&filter.sizes=1&filter.sizes=2&tags=a+b&tags=c%2Bd&since_time=2026-01-02T03:04:05Z\
        &wait=1.5s&read_mask=display_name,createTime&open=false&ratio=-0.5&weight=-9007199254740993&color=2&blob=AAE%3D&count=7";
    let response = world.rest("GET", &format!("/v1/things?{query}")).send().await.unwrap();
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    let expected = json!({
        "pageSize": 5, "pageToken": "p", "filter": {"color": "COLOR_RED", "sizes": [1, 2]}, "tags": ["a b", "c+d"],
        "sinceTime": "2026-01-02T03:04:05Z", "wait": "1.500s", "readMask": "displayName,createTime", "open": false, "ratio": -0.5,
        "weight": "-9007199254740993", "color": "COLOR_BLUE", "blob": "AAE=", "count": 7,
    });
    assert_eq!(world.backend.last_message(), expected);
}

#[tokio::test]
async fn queries_that_cannot_be_meant_are_refused() {
    let world = World::start().await;
    for (query, field) in [
        ("nonsense=1", "nonsense"),
        ("filter.nonsense=1", "filter.nonsense"),
        ("filter=x", "filter"),
        ("page_size=x", "page_size"),
        ("page_size=1.5", "page_size"),
        ("page_size=", "page_size"),
        ("page_size=3000000000", "page_size"),
        ("count=-1", "count"),
        ("page_size=1&page_size=1", "page_size"),
        ("page_size=1&pageSize=1", "page_size"),
        ("open=yes", "open"),
        ("open", "open"),
        ("color=RED", "color"),
        ("since_time=yesterday", "since_time"),
        ("wait=1", "wait"),
        ("ratio=NaN", "ratio"),
        ("ratio=1e999", "ratio"),
        ("words=x", "words"),
        ("boxes=x", "boxes"),
        ("boxes.label=x", "boxes.label"),
        ("filter.box=x", "filter.box"),
        ("page_token=%ff", "query"),
        ("access_token=x", "access_token"),
        ("page_token.x=1", "page_token.x"),
    ] {
        let (status, error) = refused(&world, world.rest("GET", &format!("/v1/things?{query}"))).await;
        assert_eq!(
            (status, reason(&error), violated(&error)),
            (400, "INVALID_FIELDS", vec![field]),
            "{query}"
        );
    }
}

#[tokio::test]
async fn bodies_are_taken_in_either_spelling_but_not_in_both() {
    let world = World::start().await;
    let post = |body: Value| world.rest("POST", "/v1/folders/f/things").json(&body);
    for body in [
        json!({"display_name": "x", "by_name": {"k": {"label": "l"}}}),
        json!({"displayName": "x", "byName": {"k": {"label": "l"}}}),
    ] {
        assert_eq!(post(body).send().await.unwrap().status(), 201);
        assert_eq!(world.backend.last_message()["thing"]["displayName"], "x");
    }
    let (_, error) = refused(&world, post(json!({"display_name": "x", "displayName": "x"}))).await;
    assert_eq!(violated(&error), ["thing.display_name"]);
}

#[tokio::test]
async fn every_wrong_field_of_a_body_is_named() {
    let world = World::start().await;
    let post = |body: Value| world.rest("POST", "/v1/folders/f/things").json(&body);
    let (_, error) = refused(
        &world,
        post(json!({"nope": 1, "boxes": [{"label": "a"}, {"lable": "b"}], "byName": {"k": {"x": 1}}, "__proto__": {}})),
    )
    .await;
    let mut fields = violated(&error);
    fields.sort_unstable();
    assert_eq!(
        fields,
        ["thing.__proto__", "thing.boxes[1].lable", "thing.by_name[\"k\"].x", "thing.nope"]
    );

    for (body, field) in [
        (json!({"displayName": 5}), "thing.display_name"),
        (json!({"size": "large"}), "thing.size"),
        (json!({"size": 1.5}), "thing.size"),
        (json!({"size": 5_000_000_000_i64}), "thing.size"),
        (json!({"color": "RED"}), "thing.color"),
        (json!({"labels": "one"}), "thing.labels"),
        (json!({"labels": ["a", 2]}), "thing.labels[1]"),
        (json!({"labels": [null]}), "thing.labels[0]"),
        (
            json!({"boxes": [{"label": "a"}, {"inner": {"depth": true}}]}),
            "thing.boxes[1].inner.depth",
        ),
        (json!({"box": [1]}), "thing.box"),
        (json!({"box": {"label": "l"}, "shelf": "s"}), "thing"),
        (json!({"blob": "***"}), "thing.blob"),
        (json!({"createTime": "never"}), "thing.create_time"),
        (json!([]), "thing"),
        (json!("x"), "thing"),
        (Value::Null, "thing"),
    ] {
        let (status, error) = refused(&world, post(body.clone())).await;
        assert_eq!(
            (status, reason(&error), violated(&error)),
            (400, "INVALID_FIELDS", vec![field]),
            "{body}"
        );
    }
    let move_with = |body: Value| world.rest("POST", "/v1/things/7:move").json(&body);
    for body in [json!([]), json!(5), Value::Null] {
        let (_, error) = refused(&world, move_with(body)).await;
        assert_eq!(violated(&error), ["body"]);
    }
}

#[tokio::test]
async fn json_is_strict() {
    let world = World::start().await;
    let post = |body: Vec<u8>| {
        world
            .rest("POST", "/v1/folders/f/things")
            .header("content-type", "application/json; charset=utf-8")
            .body(body)
    };
    let deep = format!("{{\"box\":{}1{}}}", "{\"inner\":".repeat(1000), "}".repeat(1000));
    for body in [
        br#"{"displayName":"a","displayName":"b"}"#.as_slice(),
        br#"{"box":{"label":"a","label":"b"}}"#,
        br#"{"displayName":"a"} {}"#,
        br#"{"displayName":"a"}x"#,
        br#"{"displayName":"a",}"#,
        br#"{displayName:"a"}"#,
        b"{\"displayName\":\"\xff\"}",
        br#"{"ratio":NaN}"#,
        br#"{"ratio":1e400}"#,
        b"{",
        b"\xef\xbb\xbf{}",
        deep.as_bytes(),
    ] {
        let (status, error) = refused(&world, post(body.to_vec())).await;
        assert_eq!(
            (status, reason(&error)),
            (400, "MALFORMED_REQUEST"),
            "{}",
            String::from_utf8_lossy(&body[..body.len().min(60)])
        );
    }
    assert_eq!(
        post(br#"{"weight":"9007199254740993","size":null}"#.to_vec())
            .send()
            .await
            .unwrap()
            .status(),
        201
    );
    assert_eq!(world.backend.last_message()["thing"]["weight"], "9007199254740993");
    assert_eq!(post(br#"{"weight":9007199254740993}"#.to_vec()).send().await.unwrap().status(), 201);
    assert_eq!(world.backend.last_message()["thing"]["weight"], "9007199254740993");
}

#[tokio::test]
async fn only_json_is_taken_and_only_where_a_body_belongs() {
    let world = World::start().await;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
        "application/xml",
    ] {
        let (status, _) = refused(
            &world,
            world
                .rest("POST", "/v1/things/7:move")
                .header("content-type", content_type)
                .body("{}"),
        )
        .await;
        assert_eq!(status, 415, "{content_type}");
    }
    assert_eq!(refused(&world, world.rest("POST", "/v1/things/7:move").body("{}")).await.0, 415);
    for coding in ["gzip", "br", "deflate"] {
        let request = world
            .rest("POST", "/v1/things/7:move")
            .header("content-encoding", coding)
            .json(&json!({}));
        assert_eq!(refused(&world, request).await.0, 415, "{coding}");
    }
    assert_eq!(refused(&world, world.rest("GET", "/v1/things/7").json(&json!({}))).await.0, 400);
    assert_eq!(refused(&world, world.rest("DELETE", "/v1/things/7").json(&json!({}))).await.0, 400);
    // No body is an empty message.
    assert_eq!(world.rest("POST", "/v1/things/7:move").send().await.unwrap().status(), 200);
    assert_eq!(world.rest("POST", "/v1/folders/f/things").send().await.unwrap().status(), 201);
    assert_eq!(world.backend.last_message(), json!({"folder": "f", "thing": {}}));
}

#[tokio::test]
async fn bodies_are_bounded() {
    let world = World::start().await;
    let big = json!({"displayName": "x".repeat(10 << 20)});
    assert_eq!(refused(&world, world.rest("POST", "/v1/folders/f/things").json(&big)).await.0, 413);
    // Without a length in front, as a stream.
    let chunks = futures_util::stream::iter((0..80).map(|_| Ok::<_, std::io::Error>(bytes::Bytes::from(vec![b' '; 64 * 1024]))));
    let request = world
        .rest("POST", "/v1/folders/f/things")
        .header("content-type", "application/json")
        .body(reqwest::Body::wrap_stream(chunks));
    // The gateway answers and closes while the client still writes; what the client sees of it depends on timing.
    if let Ok(response) = request.send().await {
        assert_eq!(response.status(), 413);
    }
    let within = json!({"displayName": "x".repeat(1_000_000)});
    assert_eq!(
        world
            .rest("POST", "/v1/folders/f/things")
            .json(&within)
            .send()
            .await
            .unwrap()
            .status(),
        201
    );
}

#[tokio::test]
async fn a_patch_without_a_mask_changes_what_it_names() {
    let world = World::start().await;
    let patch = |query: &str, body: Value| world.rest("PATCH", &format!("/v1/things/t1{query}")).json(&body);
    let body =
        json!({"id": "t1", "display_name": "x", "note": null, "createTime": "2026-01-02T03:04:05Z", "etag": "e", "box": {"depth": 2}});
    assert_eq!(patch("", body).send().await.unwrap().status(), 200);
    let seen = world.backend.last_message();
    assert_eq!(seen["updateMask"], "box,displayName,note");
    assert_eq!(seen["thing"]["etag"], "e");

    assert_eq!(
        patch("?update_mask=display_name,box.label", json!({"displayName": "x", "size": 3}))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(world.backend.last_message()["updateMask"], "displayName,box.label");
    assert_eq!(
        patch("?updateMask=*", json!({"displayName": "x"})).send().await.unwrap().status(),
        200
    );
    for mask in ["id", "createTime", "nope", "display_name.x", "display_name,id"] {
        let (status, error) = refused(&world, patch(&format!("?updateMask={mask}"), json!({}))).await;
        assert_eq!((status, violated(&error)), (400, vec!["update_mask"]), "{mask}");
    }
}

#[tokio::test]
async fn an_idempotency_key_is_the_request_id() {
    let world = World::start().await;
    let post = |path: &str, key: &str| {
        world
            .rest("POST", path)
            .header("idempotency-key", key)
            .json(&json!({"displayName": "x"}))
    };
    assert_eq!(post("/v1/folders/f/things", "k-1").send().await.unwrap().status(), 201);
    assert_eq!(world.backend.last_message()["requestId"], "k-1");
    let (_, error) = refused(&world, post("/v1/folders/f/things?request_id=k-2", "k-1")).await;
    assert_eq!(violated(&error), ["request_id"]);
    // Where the RPC knows no request id, the header means nothing.
    assert_eq!(
        world
            .rest("GET", "/v1/things/7")
            .header("idempotency-key", "k")
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    // Any text in the path arrives as it was, however it is spelled, and nothing makes the gateway fail.
    #[test]
    fn whatever_is_in_the_path_arrives(id in "[^\\x00]{1,20}", garbage in prop::collection::vec(any::<u8>(), 0..200)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::start().await;
            let encoded = percent_encoding::utf8_percent_encode(&id, percent_encoding::NON_ALPHANUMERIC);
            let response = world.rest("GET", &format!("/v1/things/x{encoded}")).send().await.unwrap();
            assert_eq!(response.status(), 200);
            assert_eq!(world.backend.last_message()["thingId"], format!("x{id}"));
            let request = world.rest("POST", "/v1/folders/f/things").header("content-type", "application/json").body(garbage);
            assert!(request.send().await.unwrap().status().as_u16() < 500);
        });
    }
}
