//! The same main path through REST alone, as a script with an HTTP library would do it.

use std::time::Duration;

use serde_json::{Value, json};
use tasktracker_testing::{PASSWORD, User, World};

/// A call that must answer this status; the body.
#[track_caller]
fn answered(expected: u16, (status, body): (u16, Value)) -> Value {
    assert_eq!(status, expected, "{body:#}");
    body
}

/// A refusal: `STATUS CODE REASON`.
fn refusal((status, body): (u16, Value)) -> String {
    let error = &body["error"];
    assert_eq!(error["code"], status, "{body:#}");
    let details = error["details"].as_array().expect("details");
    let info = details
        .iter()
        .find(|detail| detail["@type"] == "type.googleapis.com/google.rpc.ErrorInfo")
        .expect("an ErrorInfo");
    assert!(
        details
            .iter()
            .any(|detail| detail["@type"] == "type.googleapis.com/google.rpc.RequestInfo"),
        "{body:#}"
    );
    format!(
        "{status} {} {}",
        error["status"].as_str().unwrap_or_default(),
        info["reason"].as_str().unwrap_or_default()
    )
}

async fn register(world: &World, name: &str, setup_token: &str) -> User {
    let stranger = world.stranger();
    let email = format!("{name}@example.com");
    let wish = json!({"email": email, "displayName": name, "password": PASSWORD, "setupToken": setup_token});
    let user = answered(201, stranger.rest("POST", "/v1/accounts:register", Some(wish)).await);
    assert_eq!(user["displayName"], name);
    let wish = json!({"email": email, "password": PASSWORD, "sessionKind": "SESSION_KIND_NATIVE"});
    let session = answered(200, stranger.rest("POST", "/v1/sessions:signIn", Some(wish)).await);
    assert_eq!(session["user"]["id"], user["id"]);
    let mut person = stranger;
    person.id = user["id"].as_str().expect("an id").to_owned();
    person.set_token(session["accessToken"].as_str().expect("a token").to_owned());
    person
}

#[tokio::test]
async fn a_team_gets_its_work_done_in_json() {
    let world = World::start().await;
    let ada = register(&world, "ada", &world.system.auth.setup_token().expect("nobody yet")).await;
    let linus = register(&world, "linus", "").await;
    let eve = register(&world, "eve", "").await;

    let web = answered(
        201,
        ada.rest(
            "POST",
            "/v1/projects",
            Some(json!({"key": "WEB", "name": "Website", "timeZone": "Europe/Berlin"})),
        )
        .await,
    );
    let project = format!("/v1/projects/{}", web["id"].as_str().expect("an id"));
    assert_eq!(
        (&web["key"], &web["visibility"], &web["archiveTime"]),
        (&json!("WEB"), &json!("VISIBILITY_PRIVATE"), &Value::Null)
    );
    let wish = json!({"userId": linus.id, "roleId": "contributor"});
    let member = answered(201, ada.rest("POST", &format!("{project}/members"), Some(wish.clone())).await);
    assert_eq!(
        refusal(ada.rest("POST", &format!("{project}/members"), Some(wish)).await),
        "409 ALREADY_EXISTS ALREADY_MEMBER"
    );
    let permissions = answered(200, linus.rest("GET", &format!("{project}/permissions"), None).await);
    let permissions = permissions["permissions"].as_array().expect("a list");
    assert!(permissions.contains(&json!("task.create")) && !permissions.contains(&json!("task.delete")));

    let wish = json!({"title": "Draw a map", "due": {"date": "2026-05-08"}, "priority": "PRIORITY_HIGH", "assigneeIds": [linus.id]});
    let task = answered(201, linus.rest("POST", &format!("{project}/tasks"), Some(wish)).await);
    assert_eq!(
        (&task["key"], &task["creatorId"], &task["commentCount"]),
        (&json!("WEB-1"), &json!(linus.id), &json!(0))
    );
    let path = format!("/v1/tasks/{}", task["id"].as_str().expect("an id"));
    let read = answered(200, ada.rest("GET", "/v1/tasks/WEB-1", None).await);
    assert_eq!((&read["id"], &read["etag"]), (&task["id"], &task["etag"]));

    // Edits of different fields merge, the same field does not, and If-Match takes no difference at all.
    let renamed = answered(
        200,
        ada.rest("PATCH", &path, Some(json!({"title": "Draw two maps", "etag": task["etag"]})))
            .await,
    );
    let merged = answered(
        200,
        linus
            .rest("PATCH", &path, Some(json!({"description": "North is up.", "etag": task["etag"]})))
            .await,
    );
    assert_eq!(
        (&merged["title"], &merged["description"]),
        (&json!("Draw two maps"), &json!("North is up."))
    );
    let conflict = linus
        .rest("PATCH", &path, Some(json!({"title": "Draw three maps", "etag": task["etag"]})))
        .await;
    assert_eq!(refusal(conflict), "409 ABORTED EDIT_CONFLICT");
    let strict = linus.with("if-match", renamed["etag"].as_str().expect("an etag"));
    assert_eq!(
        refusal(strict.rest("PATCH", &path, Some(json!({"title": "x"}))).await),
        "412 ABORTED ETAG_MISMATCH"
    );

    let statuses = answered(200, ada.rest("GET", &format!("{project}/statuses"), None).await);
    let status = |category: &str| {
        let statuses = statuses["statuses"].as_array().expect("a list");
        statuses.iter().find(|status| status["category"] == category).expect("a status")["id"].clone()
    };
    let begun = answered(
        200,
        linus
            .rest(
                "POST",
                &format!("{path}:move"),
                Some(json!({"statusId": status("STATUS_CATEGORY_STARTED"), "first": true})),
            )
            .await,
    );
    assert_eq!(begun["statusCategory"], "STATUS_CATEGORY_STARTED");
    let comment = answered(
        201,
        ada.rest("POST", &format!("{path}/comments"), Some(json!({"body": "Nice."}))).await,
    );
    assert_eq!((&comment["body"], &comment["authorId"]), (&json!("Nice."), &json!(ada.id)));
    let done = answered(
        200,
        linus
            .rest(
                "POST",
                &format!("{path}:move"),
                Some(json!({"statusId": status("STATUS_CATEGORY_COMPLETED")})),
            )
            .await,
    );
    assert!(done["completeTime"].is_string() && done["commentCount"] == 1);

    let list = answered(
        200,
        ada.rest(
            "GET",
            &format!("{project}/tasks?filter=status_category%20%3D%20COMPLETED&page_size=1"),
            None,
        )
        .await,
    );
    assert_eq!(list["tasks"].as_array().map(Vec::len), Some(1));
    assert_eq!(list["nextPageToken"], "");
    let mine = answered(200, linus.rest("GET", "/v1/tasks?relations=TASK_RELATION_ASSIGNED", None).await);
    assert_eq!(mine["tasks"][0]["key"], "WEB-1");
    let history = answered(200, linus.rest("GET", &format!("{path}/activity"), None).await);
    let kinds: Vec<_> = history["activities"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| entry["kind"].clone())
        .collect();
    let expected =
        ["MOVED", "COMMENT_CREATED", "MOVED", "UPDATED", "UPDATED", "CREATED"].map(|kind| json!(format!("ACTIVITY_KIND_{kind}")));
    assert_eq!(kinds, expected);

    // The same wish twice is one task; another wish under its name is refused.
    let repeated = linus.with("idempotency-key", "once");
    let wish = json!({"title": "Once"});
    let first = answered(201, repeated.rest("POST", &format!("{project}/tasks"), Some(wish.clone())).await);
    let second = answered(201, repeated.rest("POST", &format!("{project}/tasks"), Some(wish)).await);
    assert_eq!(first["id"], second["id"]);
    let other = repeated
        .rest("POST", &format!("{project}/tasks"), Some(json!({"title": "Twice"})))
        .await;
    assert_eq!(refusal(other), "400 INVALID_ARGUMENT IDEMPOTENCY_KEY_REUSED");

    // Deleting, and who may.
    assert_eq!(
        refusal(linus.rest("DELETE", &path, None).await),
        "403 PERMISSION_DENIED PERMISSION_MISSING"
    );
    let deleted = answered(200, ada.rest("DELETE", &path, None).await);
    assert!(deleted["deleteTime"].is_string());
    assert_eq!(refusal(linus.rest("GET", &path, None).await), "404 NOT_FOUND NOT_FOUND");
    answered(200, ada.rest("POST", &format!("{path}:undelete"), Some(json!({}))).await);
    assert_eq!(answered(200, linus.rest("GET", &path, None).await)["title"], "Draw two maps");

    // Outsiders, leavers and strangers.
    assert_eq!(refusal(eve.rest("GET", &path, None).await), "404 NOT_FOUND NOT_FOUND");
    assert_eq!(refusal(eve.rest("GET", &project, None).await), "404 NOT_FOUND NOT_FOUND");
    assert_eq!(
        refusal(world.stranger().rest("GET", &project, None).await),
        "401 UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    let member = format!("{project}/members/{}", member["id"].as_str().expect("an id"));
    answered(204, ada.rest("DELETE", &member, None).await);
    let gone = async { while linus.rest("GET", &path, None).await.0 == 200 {} };
    tokio::time::timeout(Duration::from_secs(1), gone)
        .await
        .expect("gone within a second");
    assert_eq!(refusal(linus.rest("GET", &path, None).await), "404 NOT_FOUND NOT_FOUND");
    answered(204, ada.rest("POST", "/v1/sessions:signOut", Some(json!({}))).await);
    let ended = async { while ada.rest("GET", &project, None).await.0 == 200 {} };
    tokio::time::timeout(Duration::from_secs(2), ended)
        .await
        .expect("signed out within two seconds");
    assert_eq!(
        refusal(ada.rest("GET", &project, None).await),
        "401 UNAUTHENTICATED CREDENTIAL_INVALID"
    );
}
