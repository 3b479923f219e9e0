//! A browser (C14-C16): one cookie that no script sees, that counts from the own pages only, and that is dead once it is signed out.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tasktracker_testing::{PASSWORD, World};

const COOKIE: &str = "__Host-tt_session";
const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

/// A browser in front of the system, and what it holds.
struct Browser {
    client: Client,
    base: String,
    cookie: String,
}

impl Browser {
    fn new(world: &World) -> Self {
        Self {
            client: Client::new(),
            base: format!("http://{}", world.address),
            cookie: String::new(),
        }
    }

    fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let request = self
            .client
            .request(method.parse().expect("a method"), format!("{}{path}", self.base));
        if self.cookie.is_empty() {
            request
        } else {
            request.header("cookie", format!("theme=dark; {}", self.cookie))
        }
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Response {
        let mut request = self.request(method, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.expect("the gateway answers")
    }

    async fn sign_in(&mut self) -> String {
        let response = self.send("POST", "/v1/sessions:signIn", &[OWN], Some(wish())).await;
        assert_eq!(response.status(), 200);
        let cookies: Vec<_> = response
            .headers()
            .get_all("set-cookie")
            .iter()
            .map(|value| value.to_str().expect("text").to_owned())
            .collect();
        let [cookie] = cookies.as_slice() else {
            panic!("one cookie, not {cookies:?}")
        };
        let mut parts = cookie.split("; ");
        self.cookie = parts.next().expect("a value").to_owned();
        let secret = self.cookie.strip_prefix("__Host-tt_session=").expect("its name").to_owned();
        let mut attributes: Vec<_> = parts.filter(|part| !part.starts_with("Max-Age=")).collect();
        attributes.sort_unstable();
        assert_eq!(attributes, ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"], "and no Domain");
        assert!(secret.len() >= 32, "enough to be unguessable");
        // Nothing else of the answer holds it, or a token.
        for (name, value) in response.headers() {
            assert!(
                name == "set-cookie" || !value.to_str().unwrap_or_default().contains(&secret),
                "{name}"
            );
            assert!(!name.as_str().starts_with("x-session"), "{name}");
        }
        assert_eq!(response.headers()["cache-control"], "no-store");
        let body = response.text().await.expect("a body");
        assert!(!body.contains(&secret));
        let body: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!((&body["accessToken"], &body["refreshToken"]), (&json!(""), &json!("")));
        assert_eq!(body["session"]["kind"], "SESSION_KIND_BROWSER");
        secret
    }
}

fn wish() -> Value {
    json!({"email": "ada@example.com", "password": PASSWORD, "sessionKind": "SESSION_KIND_BROWSER"})
}

/// `STATUS REASON` of a refusal.
async fn refusal(response: Response) -> String {
    let status = response.status().as_u16();
    let body: Value = response.json().await.expect("JSON");
    let details = body["error"]["details"].as_array().expect("details");
    let reason = details.iter().find_map(|detail| detail["reason"].as_str()).unwrap_or_default();
    format!("{status} {reason}")
}

#[tokio::test]
async fn a_cookie_serves_the_own_pages_and_nobody_else() {
    let world = World::start().await;
    world.user("ada").await;
    let mut browser = Browser::new(&world);
    browser.sign_in().await;

    let session: Value = browser.send("GET", "/v1/session", &[OWN], None).await.json().await.expect("JSON");
    assert_eq!(session["user"]["email"], "ada@example.com");
    assert_eq!(
        browser
            .send("GET", "/v1/session", &[("sec-fetch-site", "none")], None)
            .await
            .status(),
        200,
        "typed or bookmarked"
    );
    let project = Some(json!({"key": "WEB", "name": "Website"}));
    let made = browser.send("POST", "/v1/projects", &[OWN], project.clone()).await;
    assert_eq!(made.status(), 201);

    let wish = Some(json!({"key": "OPS", "name": "x"}));
    let own_origin = format!("http://{}", world.address);
    let lookalike = format!("http://{}.evil.example", world.address);
    for foreign in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "Same-Origin")],
        &[("sec-fetch-site", "cross-site"), ("origin", own_origin.as_str())],
        &[("origin", "http://evil.example")],
        &[("origin", lookalike.as_str())],
        &[("origin", "null")],
        &[("referer", own_origin.as_str())],
        &[],
    ] {
        assert_eq!(
            refusal(browser.send("POST", "/v1/projects", foreign, wish.clone()).await).await,
            "403 CROSS_SITE_REQUEST",
            "{foreign:?}"
        );
    }
    // What an HTML form could send.
    for kind in [
        "text/plain",
        "text/plain; charset=utf-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
        "application",
    ] {
        let form = browser
            .request("POST", "/v1/projects")
            .header(OWN.0, OWN.1)
            .header("content-type", kind);
        let form = form.body(r#"{"key":"OPS","name":"x"}"#).send().await.expect("an answer");
        assert_eq!(refusal(form).await, "403 CROSS_SITE_REQUEST", "{kind:?}");
    }
    // C15: nothing changes by reading.
    let project = made.json::<Value>().await.expect("JSON")["id"].as_str().expect("an id").to_owned();
    for method in ["GET", "HEAD", "PUT", "TRACE"] {
        for path in ["/v1/sessions:signOut".to_owned(), format!("/v1/projects/{project}:archive")] {
            assert_eq!(browser.send(method, &path, &[OWN], None).await.status(), 405, "{method} {path}");
        }
    }
    let listed: Value = browser.send("GET", "/v1/projects", &[OWN], None).await.json().await.expect("JSON");
    let keys: Vec<_> = listed["projects"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|project| project["key"].clone())
        .collect();
    assert_eq!(keys, ["WEB"], "none of the refused calls did anything");
}

#[tokio::test]
async fn signing_in_must_come_from_an_own_page_too() {
    let world = World::start().await;
    world.user("ada").await;
    let browser = Browser::new(&world);
    for foreign in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "none")],
        &[("origin", "http://evil.example")],
        &[],
    ] {
        let response = browser.send("POST", "/v1/sessions:signIn", foreign, Some(wish())).await;
        assert!(response.headers().get("set-cookie").is_none());
        assert_eq!(refusal(response).await, "403 CROSS_SITE_REQUEST", "{foreign:?}");
    }
    let form = browser
        .request("POST", "/v1/sessions:signIn")
        .header(OWN.0, OWN.1)
        .header("content-type", "text/plain");
    let response = form.body(wish().to_string()).send().await.expect("an answer");
    assert!(response.headers().get("set-cookie").is_none());
    assert!(!response.status().is_success());
    // A wrong password says nothing else, and sets nothing.
    let mut wrong = wish();
    wrong["password"] = json!("correct horse battery stable");
    let response = browser.send("POST", "/v1/sessions:signIn", &[OWN], Some(wrong)).await;
    assert!(response.headers().get("set-cookie").is_none());
    assert_eq!(refusal(response).await, "401 INVALID_CREDENTIALS");
}

/// B22: what a browser brings along is not what it leaves with.
#[tokio::test]
async fn signing_in_always_makes_a_new_session() {
    let world = World::start().await;
    world.user("ada").await;
    let mut browser = Browser::new(&world);
    browser.cookie = format!("{COOKIE}=chosen-by-an-attacker");
    let first = browser.sign_in().await;
    let second = browser.sign_in().await;
    assert_ne!(first, second);
    assert!(!first.contains("attacker"));
}

#[tokio::test]
async fn signing_out_takes_the_cookie_and_kills_it_wherever_it_is() {
    let world = World::start().await;
    world.user("ada").await;
    let mut browser = Browser::new(&world);
    for _ in 0..10 {
        browser.sign_in().await;
        let thief = Browser {
            client: Client::new(),
            base: browser.base.clone(),
            cookie: browser.cookie.clone(),
        };
        assert_eq!(
            thief.send("GET", "/v1/session", &[OWN], None).await.status(),
            200,
            "the session is warm"
        );
        let response = browser.send("POST", "/v1/sessions:signOut", &[OWN], Some(json!({}))).await;
        assert_eq!(response.status(), 204);
        let cleared = response.headers()["set-cookie"].to_str().expect("text");
        assert!(
            cleared.starts_with("__Host-tt_session=;") && cleared.contains("Max-Age=0"),
            "{cleared}"
        );
        for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
            assert!(cleared.contains(attribute), "a browser would keep the old one: {cleared}");
        }
        // At once, and for good: also as a replay by somebody who copied it.
        for _ in 0..3 {
            let response = thief.send("GET", "/v1/session", &[OWN], None).await;
            let cleared = response.headers()["set-cookie"].to_str().expect("text").to_owned();
            assert!(cleared.contains("Max-Age=0"));
            assert_eq!(refusal(response).await, "401 CREDENTIAL_INVALID");
        }
    }
}

#[tokio::test]
async fn a_session_ends_by_its_age_and_by_idleness() {
    let world = World::start().await;
    world.user("ada").await;
    let mut browser = Browser::new(&world);
    browser.sign_in().await;
    for (days, expected) in [(13, 200), (13, 200), (15, 401)] {
        world.clock.advance(Duration::from_secs(days * 86_400));
        let response = browser.send("GET", "/v1/session", &[OWN], None).await;
        assert_eq!(response.status(), expected, "after {days} days more");
    }
}

#[tokio::test]
async fn a_cookie_that_is_none_of_ours_is_refused() {
    let world = World::start().await;
    let mut browser = Browser::new(&world);
    let long = "x".repeat(5_000);
    for value in ["", "x", "\"quoted\"", long.as_str(), "tt-setup-abcdef", "eyJhbGciOiJub25lIn0.e30."] {
        browser.cookie = format!("{COOKIE}={value}");
        assert_eq!(
            refusal(browser.send("GET", "/v1/session", &[OWN], None).await).await,
            "401 CREDENTIAL_INVALID",
            "{value:?}"
        );
    }
}
