//! Cookies, the own origin, and other origins.

use std::sync::atomic::Ordering;

use serde_json::json;

use crate::world::{World, error, frame, reason};

const COOKIE: (&str, &str) = ("cookie", "theme=dark; __Host-tt_session=good");
const SAME: (&str, &str) = ("sec-fetch-site", "same-origin");

fn with(mut request: reqwest::RequestBuilder, headers: &[(&str, &str)]) -> reqwest::RequestBuilder {
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request
}

#[tokio::test]
async fn a_cookie_becomes_a_token_and_goes_no_further() {
    let world = World::start().await;
    for _ in 0..3 {
        assert_eq!(
            with(world.bare("GET", "/v1/things/7"), &[COOKIE, SAME])
                .send()
                .await
                .unwrap()
                .status(),
            200
        );
        let headers = world.backend.last().headers;
        assert_eq!(headers["authorization"], "Bearer token-of-good");
        assert!(!headers.contains_key("cookie"));
    }
    assert_eq!(world.auth.exchanges.load(Ordering::SeqCst), 1);
    let web = world
        .grpc_web(
            "/tasktracker.trial.v1.ThingService/GetThing",
            "application/grpc-web+proto",
            &[COOKIE, SAME],
            frame(&[]),
        )
        .await;
    assert_eq!(web.status(), 200);
    assert_eq!(world.backend.last().headers["authorization"], "Bearer token-of-good");
    world.gateway.forget_session("session-of-good").await;
    with(world.bare("GET", "/v1/things/7"), &[COOKIE, SAME]).send().await.unwrap();
    assert_eq!(world.auth.exchanges.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_bearer_token_makes_the_cookie_irrelevant() {
    let world = World::start().await;
    let response = with(world.rest("GET", "/v1/things/7"), &[COOKIE, ("sec-fetch-site", "cross-site")])
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(world.backend.last().headers["authorization"], "Bearer token");
    assert_eq!(world.auth.exchanges.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_dead_cookie_is_cleared() {
    let world = World::start().await;
    for dead in ["__Host-tt_session=gone", "__Host-tt_session=", "__Host-tt_session=a%00b\u{7f}"] {
        let response = with(
            world.bare("GET", "/v1/things/7"),
            &[("cookie", dead.trim_end_matches('\u{7f}')), SAME],
        )
        .send()
        .await
        .unwrap();
        assert_eq!(
            response.headers()["set-cookie"],
            "__Host-tt_session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
        );
        let (status, error) = error(response).await;
        assert_eq!((status, reason(&error)), (401, "CREDENTIAL_INVALID"));
    }
    // Not while Auth is away: the session may live.
    let response = with(world.bare("GET", "/v1/things/7"), &[("cookie", "__Host-tt_session=down"), SAME])
        .send()
        .await
        .unwrap();
    assert!(!response.headers().contains_key("set-cookie"));
    let (status, error) = error(response).await;
    assert_eq!((status, reason(&error)), (503, "DEPENDENCY_UNAVAILABLE"));
    assert!(!error.to_string().contains("10.9.8.7"), "{error}");
    let web = world
        .grpc_web(
            "/tasktracker.trial.v1.ThingService/GetThing",
            "application/grpc-web+proto",
            &[("cookie", "__Host-tt_session=gone"), SAME],
            frame(&[]),
        )
        .await;
    assert_eq!(web.headers()["grpc-status"], "16");
    assert!(web.headers()["set-cookie"].to_str().unwrap().ends_with("Max-Age=0"));
}

#[tokio::test]
async fn only_the_own_pages_may_use_a_cookie() {
    let world = World::start().await;
    let json_type = ("content-type", "application/json");
    let own = ("origin", "https://tasks.example.com");
    type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'static str, u16);
    let cases: &[Case<'_>] = &[
        ("POST", "/v1/things/7:move", &[SAME, json_type], "{}", 200),
        ("POST", "/v1/things/7:move", &[own, json_type], "{}", 200),
        ("POST", "/v1/things/7:move", &[SAME], "", 200),
        ("GET", "/v1/things/7", &[("sec-fetch-site", "none")], "", 200),
        ("GET", "/v1/watch", &[SAME], "", 200),
        ("POST", "/v1/things/7:move", &[("sec-fetch-site", "none"), json_type], "{}", 403),
        (
            "POST",
            "/v1/things/7:move",
            &[("sec-fetch-site", "cross-site"), json_type],
            "{}",
            403,
        ),
        (
            "POST",
            "/v1/things/7:move",
            &[("sec-fetch-site", "same-site"), json_type],
            "{}",
            403,
        ),
        (
            "POST",
            "/v1/things/7:move",
            &[("sec-fetch-site", "cross-site"), own, json_type],
            "{}",
            403,
        ),
        (
            "POST",
            "/v1/things/7:move",
            &[("origin", "https://tasks.example.com.evil"), json_type],
            "{}",
            403,
        ),
        ("POST", "/v1/things/7:move", &[("origin", "null"), json_type], "{}", 403),
        ("POST", "/v1/things/7:move", &[json_type], "{}", 403),
        ("POST", "/v1/things/7:move", &[SAME, ("content-type", "text/plain")], "{}", 403),
        (
            "POST",
            "/v1/things/7:move",
            &[SAME, ("content-type", "multipart/form-data; boundary=x")],
            "{}",
            403,
        ),
        ("POST", "/v1/things/7:move", &[SAME], "{}", 403),
        ("GET", "/v1/things/7", &[("sec-fetch-site", "cross-site")], "", 403),
        ("GET", "/v1/things/7", &[], "", 403),
        (
            "GET",
            "/v1/watch",
            &[("sec-fetch-site", "cross-site"), ("accept", "text/event-stream")],
            "",
            403,
        ),
        ("DELETE", "/v1/things/7", &[("origin", "https://evil.example")], "", 403),
    ];
    for (method, path, headers, body, expected) in cases {
        let before = world.backend.calls();
        let mut request = with(world.bare(method, path), headers).header(COOKIE.0, COOKIE.1);
        if !body.is_empty() {
            request = request.body(*body);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), *expected, "{method} {path} {headers:?} {body}");
        assert_eq!(world.backend.calls() - before, usize::from(*expected == 200));
        if *expected == 403 {
            assert_eq!(reason(&error(response).await.1), "CROSS_SITE_REQUEST");
        }
    }
    for headers in [&[COOKIE, ("sec-fetch-site", "cross-site")][..], &[COOKIE]] {
        let web = world
            .grpc_web(
                "/tasktracker.trial.v1.ThingService/GetThing",
                "application/grpc-web+proto",
                headers,
                frame(&[]),
            )
            .await;
        assert_eq!(web.headers()["grpc-status"], "7");
        let native = world
            .grpc("/tasktracker.trial.v1.ThingService/GetThing", headers, &[bytes::Bytes::new()])
            .await;
        assert_eq!((native.code(), native.reason().as_str()), (7, "CROSS_SITE_REQUEST"));
    }
}

#[tokio::test]
async fn a_sign_in_sets_the_cookie_and_shows_the_secret_to_nobody() {
    let world = World::start().await;
    let cookie = "__Host-tt_session=fresh-secret; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600";
    let body = json!({"email": "a@b.c", "sessionKind": "BROWSER"});
    let response = with(world.bare("POST", "/v1/sessions:signIn"), &[SAME])
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers().get_all("set-cookie").iter().collect::<Vec<_>>(), [cookie]);
    assert!(!response.headers().contains_key("x-session-cookie") && !response.headers().contains_key("x-session-expire"));
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert!(!response.text().await.unwrap().contains("fresh-secret"));

    let request = world.message("SignInRequest", body);
    let path = "/tasktracker.trial.v1.DoorService/SignIn";
    let web = world.grpc_web(path, "application/grpc-web+proto", &[SAME], frame(&request)).await;
    assert_eq!(web.headers()["set-cookie"], cookie);
    assert!(!web.headers().contains_key("x-session-cookie"));
    assert!(!String::from_utf8_lossy(&web.bytes().await.unwrap()).contains("secret"));
    let native = world.grpc(path, &[SAME], &[request]).await;
    assert_eq!((native.code(), &native.headers["set-cookie"]), (0, &cookie.parse().unwrap()));
    assert!(!native.headers.contains_key("x-session-cookie") && !native.trailers.contains_key("x-session-cookie"));
}

#[tokio::test]
async fn nobody_signs_a_visitor_in_from_another_page() {
    let world = World::start().await;
    let browser = json!({"email": "evil@b.c", "sessionKind": "BROWSER"});
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
    ] {
        let response = with(world.bare("POST", "/v1/sessions:signIn"), headers)
            .json(&browser)
            .send()
            .await
            .unwrap();
        assert!(!response.headers().contains_key("set-cookie"));
        assert_eq!(reason(&error(response).await.1), "CROSS_SITE_REQUEST");
    }
    assert_eq!(world.backend.calls(), 0);
    // Without any proof the cookie is withheld, whatever Auth says.
    let response = world.bare("POST", "/v1/sessions:signIn").json(&browser).send().await.unwrap();
    assert!(!response.headers().contains_key("set-cookie"));
    assert_eq!(error(response).await.0, 403);
    let native = world
        .grpc(
            "/tasktracker.trial.v1.DoorService/SignIn",
            &[],
            &[world.message("SignInRequest", browser)],
        )
        .await;
    assert_eq!((native.code(), native.messages.len()), (7, 0));
    // Programs need no such proof, and a stale token does not stand in their way.
    let response = world
        .rest("POST", "/v1/sessions:signIn")
        .json(&json!({"email": "a@b.c", "sessionKind": "NATIVE"}))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert!(!world.backend.last().headers.contains_key("authorization"));
    let response = world
        .bare("POST", "/v1/sessions:signIn")
        .json(&json!({"email": "a@b.c", "sessionKind": "NATIVE"}))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn a_sign_out_clears_the_cookie_and_its_token() {
    let world = World::start().await;
    let response = with(world.bare("POST", "/v1/sessions:signOut"), &[COOKIE, SAME])
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 204);
    assert_eq!(
        response.headers()["set-cookie"],
        "__Host-tt_session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
    );
    with(world.bare("GET", "/v1/things/7"), &[COOKIE, SAME]).send().await.unwrap();
    assert_eq!(world.auth.exchanges.load(Ordering::SeqCst), 2, "the kept token is forgotten");
}

#[tokio::test]
async fn other_origins_get_nothing_by_default() {
    let world = World::start().await;
    let preflight = [("origin", "https://app.example.com"), ("access-control-request-method", "POST")];
    for path in ["/v1/things/7:move", "/tasktracker.trial.v1.ThingService/GetThing", "/nothing"] {
        let response = with(world.bare("OPTIONS", path), &preflight).send().await.unwrap();
        assert_eq!(response.status(), 204);
        assert!(
            !response.headers().keys().any(|name| name.as_str().starts_with("access-control")),
            "{path}"
        );
    }
    let response = with(world.rest("GET", "/v1/things/7"), &preflight[..1]).send().await.unwrap();
    assert!(!response.headers().keys().any(|name| name.as_str().starts_with("access-control")));
    assert_eq!(world.backend.calls(), 1);
}

#[tokio::test]
async fn listed_origins_may_call_with_a_token_and_never_with_a_cookie() {
    let world = World::with(|config| config.cors_origins = vec!["https://app.example.com".to_owned()]).await;
    let origin = ("origin", "https://app.example.com");
    let response = with(
        world.bare("OPTIONS", "/v1/things/7"),
        &[origin, ("access-control-request-method", "PATCH")],
    )
    .send()
    .await
    .unwrap();
    let headers = response.headers();
    assert_eq!(
        (
            headers["access-control-allow-origin"].to_str().unwrap(),
            headers["access-control-max-age"].to_str().unwrap()
        ),
        ("https://app.example.com", "7200")
    );
    assert!(headers["access-control-allow-headers"].to_str().unwrap().contains("x-grpc-web"));
    assert!(!headers.contains_key("access-control-allow-credentials"));
    assert!(headers["vary"].to_str().unwrap().contains("origin"));

    // Errors carry the headers too, or a page could not read them.
    for path in ["/v1/things/7", "/v1/things/missing", "/v1/nothing"] {
        let response = with(world.rest("GET", path), &[origin]).send().await.unwrap();
        assert_eq!(
            response.headers()["access-control-allow-origin"],
            "https://app.example.com",
            "{path}"
        );
        assert!(
            response.headers()["access-control-expose-headers"]
                .to_str()
                .unwrap()
                .contains("grpc-status")
        );
    }
    let web = world
        .grpc_web(
            "/tasktracker.trial.v1.ThingService/GetThing",
            "application/grpc-web+proto",
            &[origin, ("authorization", "Bearer token")],
            frame(&[]),
        )
        .await;
    assert_eq!(web.headers()["access-control-allow-origin"], "https://app.example.com");

    let cookie = with(
        world.bare("GET", "/v1/things/7"),
        &[origin, COOKIE, ("sec-fetch-site", "cross-site")],
    )
    .send()
    .await
    .unwrap();
    assert_eq!(cookie.status(), 403);
    for foreign in ["https://app.example.com.evil", "http://app.example.com", "null"] {
        let response = with(world.rest("GET", "/v1/things/7"), &[("origin", foreign)])
            .send()
            .await
            .unwrap();
        assert!(!response.headers().contains_key("access-control-allow-origin"), "{foreign}");
    }
    // A listed page may sign in a program's session.
    let response = with(
        world.bare("POST", "/v1/sessions:signIn"),
        &[origin, ("sec-fetch-site", "cross-site")],
    )
    .json(&json!({"sessionKind": "NATIVE"}))
    .send()
    .await
    .unwrap();
    assert_eq!(response.status(), 200);
}
