//! B21: whoever gets hold of the files of an instance finds no credential in them that works.

use std::path::Path;

use serde_json::json;
use tasktracker_proto::auth::v1::RefreshSessionRequest;
use tasktracker_testing::{PASSWORD, World, postgres};

/// Every file below a folder.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).expect("a file")));
        }
    }
    found
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn no_file_holds_a_password_or_a_token_that_works() {
    if postgres::server().is_some() {
        eprintln!("skipped on PostgreSQL: it looks into the files of the databases");
        return;
    }
    let world = World::start().await;
    let setup_token = world.system.auth.setup_token().expect("nobody yet");
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    ada.task(&web, "a-title-that-is-no-secret").await;
    let pair = ada
        .sessions()
        .refresh_session(RefreshSessionRequest {
            refresh_token: ada.refresh_token.clone(),
        })
        .await
        .expect("refreshes")
        .into_inner();
    let wish = json!({"email": "ada@example.com", "password": PASSWORD, "sessionKind": "SESSION_KIND_BROWSER"});
    let request = reqwest::Client::new()
        .post(format!("http://{}/v1/sessions:signIn", world.address))
        .header("sec-fetch-site", "same-origin");
    let response = request.json(&wish).send().await.expect("an answer");
    let cookie = response.headers()["set-cookie"]
        .to_str()
        .expect("text")
        .split(['=', ';'])
        .nth(1)
        .expect("a secret")
        .to_owned();
    assert!(cookie.len() > 30);

    let secrets = [
        ("password", PASSWORD.to_owned()),
        ("set-up token", setup_token.clone()),
        ("set-up token's body", setup_token.trim_start_matches("tt-setup-").to_owned()),
        ("access token", ada.token()),
        (
            "access token's signature",
            ada.token().rsplit('.').next().expect("a signature").to_owned(),
        ),
        ("newer access token", pair.access_token),
        ("spent refresh token", ada.refresh_token.clone()),
        ("refresh token", pair.refresh_token.clone()),
        // The part that is random, without the prefix and the checksum.
        ("refresh token's body", pair.refresh_token[8..40].to_owned()),
        ("cookie", cookie.clone()),
        ("cookie's body", cookie[8..40].to_owned()),
    ];
    let look = |when: &str| {
        let files = files(&world.data_dir());
        assert!(
            files.iter().any(|(_, bytes)| contains(bytes, b"a-title-that-is-no-secret")),
            "{when}: the search finds what is there"
        );
        for (name, secret) in &secrets {
            let hexadecimal: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            for (file, bytes) in &files {
                assert!(!contains(bytes, secret.as_bytes()), "{when}: the {name} is in {file}");
                assert!(
                    !contains(bytes, hexadecimal.as_bytes()),
                    "{when}: the {name} is in {file}, in hexadecimal"
                );
            }
        }
        for (file, bytes) in &files {
            // RFC 8410: what stands before the 32 secret bytes of an Ed25519 key in PKCS#8.
            assert!(
                !contains(bytes, b"\x06\x03\x2b\x65\x70\x04\x22\x04\x20"),
                "{when}: a signing key lies open in {file}"
            );
            assert!(
                !contains(bytes, b"MC4CAQAwBQYDK2Vw") && !contains(bytes, b"PRIVATE KEY"),
                "{when}: a signing key lies open in {file}"
            );
        }
    };
    look("while it runs");
    world.stop().await;
    look("after it stopped");
}
