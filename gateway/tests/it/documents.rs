//! What the gateway says of itself: documents, state, and the UI's place.

use serde_json::Value;

use crate::world::{World, error};

#[tokio::test]
async fn state_is_told_plainly() {
    let world = World::start().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(world.bare("GET", path).send().await.unwrap().status(), 200);
    }
    world.gateway.set_serving(false).await;
    assert_eq!(world.bare("GET", "/readyz").send().await.unwrap().status(), 503);
    assert_eq!(world.bare("GET", "/healthz").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn unknown_places_are_errors_in_json_whoever_asks() {
    let world = World::start().await;
    for path in [
        "/nothing.txt",
        "/assets/missing.js",
        "/v1/nothing",
        "/tasktracker.trial.v1.ThingService/GetThing",
        "/docs/missing",
        "/.well-known/x",
        "/../Cargo.toml",
        "/..%2fCargo.toml",
    ] {
        let response = world.bare("GET", path).header("accept", "text/html").send().await.unwrap();
        assert_eq!(error(response).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn the_documents_answer_and_are_kept_by_version() {
    let world = World::start().await;
    let response = world.bare("GET", "/openapi.json").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    let etag = response.headers()["etag"].clone();
    let document: Value = response.json().await.unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(world.gateway.openapi_json(), World::start().await.gateway.openapi_json());
    assert_eq!(
        world
            .bare("GET", "/openapi.json")
            .header("if-none-match", etag)
            .send()
            .await
            .unwrap()
            .status(),
        304
    );

    let docs = world.bare("GET", "/docs").send().await.unwrap();
    assert_eq!(docs.headers()["content-type"], "text/html; charset=utf-8");
    let page = docs.text().await.unwrap();
    assert!(page.contains("ThingService") && page.contains("/v1/things/{thing_id}") && !page.contains("Purge"));
    assert!(
        !page.contains("http://") && !page.contains("https://") && !page.contains("<script") && !page.contains("style="),
        "nothing from elsewhere, nothing inline"
    );
    let style = world.bare("GET", "/docs/style.css").send().await.unwrap();
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
}

#[tokio::test]
async fn the_first_page_is_a_page() {
    let world = World::start().await;
    let response = world.bare("GET", "/").send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()),
        (200, "text/html; charset=utf-8")
    );
    assert!(
        response.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("frame-ancestors 'none'")
    );
    assert_eq!(world.bare("POST", "/").send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn the_document_says_what_the_protos_say() {
    let world = World::start().await;
    let document: Value = serde_json::from_str(world.gateway.openapi_json()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    // Two routes of one shape share one path, whatever their variables are called in the protos.
    let thing = &paths["/v1/things/{thing_id}"];
    assert!(["get", "patch", "delete"].iter().all(|method| thing[method].is_object()), "{thing}");
    assert_eq!(thing["get"]["operationId"], "ThingService_GetThing");
    assert_eq!(
        (&thing["get"]["x-permission"], &thing["get"]["summary"]),
        (&"thing.view".into(), &"Answers one thing".into())
    );
    assert!(thing["delete"]["responses"]["204"]["content"].is_null());
    assert!(thing["patch"]["requestBody"]["content"]["application/json"]["schema"]["required"].is_null());
    assert_eq!(
        paths["/v1/folders/{folder}/things"]["post"]["responses"]["201"]["content"]["application/json"]["schema"]["$ref"],
        "#/components/schemas/tasktracker.trial.v1.Thing"
    );
    let moved = &paths["/v1/things/{thing_id}:move"]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"];
    assert!(moved["position"].is_object() && moved["thingId"].is_null(), "{moved}");
    let watch = &paths["/v1/watch"]["get"]["responses"]["200"]["content"];
    assert!(watch["application/x-ndjson"].is_object() && watch["text/event-stream"].is_object());
    assert_eq!(paths["/v1/sessions:signIn"]["post"]["security"], serde_json::json!([]));
    let names: Vec<_> = paths["/v1/things"]["get"]["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| parameter["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"filter.color") && names.contains(&"filter.box.label") && !names.contains(&"words") && !names.contains(&"boxes"),
        "{names:?}"
    );

    let schema = &document["components"]["schemas"]["tasktracker.trial.v1.Thing"];
    assert_eq!(
        (&schema["required"], &schema["properties"]["id"]["readOnly"]),
        (&serde_json::json!(["displayName"]), &true.into())
    );
    assert_eq!(
        schema["properties"]["weight"],
        serde_json::json!({"type": "string", "format": "int64"})
    );
    assert_eq!(schema["oneOf"].as_array().unwrap().len(), 3);
    for internal in ["Purge", "Poke", "Cellar"] {
        assert!(!world.gateway.openapi_json().contains(internal), "{internal}");
    }
    let text = document.to_string();
    for reference in text
        .split("\"#/components/schemas/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
    {
        assert!(
            document["components"]["schemas"][reference].is_object(),
            "{reference} leads nowhere"
        );
    }
}
