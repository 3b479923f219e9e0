//! What the verifier must refuse, case by case (numbers of the project's list of negative tests).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tasktracker_server::clock::{Clock, ManualClock};

use super::*;

#[derive(Default)]
struct Source {
    keys: std::sync::Mutex<Vec<JsonWebKey>>,
    fetches: AtomicUsize,
}

impl KeySource for Source {
    fn fetch(&self) -> BoxFuture<'_, Result<Vec<JsonWebKey>, RpcError>> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let keys = self.keys.lock().unwrap().clone();
        Box::pin(async move { Ok(keys) })
    }
}

struct World {
    pkcs8: Vec<u8>,
    signer: Signer,
    source: Arc<Source>,
    clock: Arc<ManualClock>,
    verifier: Verifier,
}

fn world() -> World {
    let pkcs8 = Signer::generate().unwrap();
    let signer = Signer::new(&pkcs8).unwrap();
    let source = Arc::new(Source::default());
    source.keys.lock().unwrap().push(signer.public().clone());
    let clock = Arc::new(ManualClock::new("2026-05-01T12:00:00Z".parse().unwrap()));
    let verifier = Verifier::new(source.clone(), clock.clone());
    World {
        pkcs8,
        signer,
        source,
        clock,
        verifier,
    }
}

impl World {
    fn good(&self) -> String {
        self.signer
            .sign_user(
                Uuid::from_u128(1),
                Uuid::from_u128(2),
                self.clock.now(),
                Uuid::from_u128(3),
                self.clock.now(),
            )
            .unwrap()
    }

    fn claims(&self) -> Value {
        let now = self.clock.now().as_second();
        json!({"iss": ISSUER, "aud": ISSUER, "sub": format!("user:{}", Uuid::from_u128(1)), "sid": Uuid::from_u128(2), "jti": Uuid::from_u128(3),
            "iat": now, "nbf": now, "exp": now + 300, "auth_time": now})
    }

    /// A token with any header and claims, signed with the right key.
    fn forge(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let pair = Ed25519KeyPair::from_pkcs8(&self.pkcs8).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(pair.sign(signed.as_bytes()).as_ref()))
    }

    fn header(&self) -> Value {
        json!({"alg": "EdDSA", "typ": TYPE, "kid": self.signer.public().kid})
    }

    async fn refuses(&self, token: &str, what: &str) {
        let error = self.verifier.verify(token).await.expect_err(what);
        assert_eq!(error.reason(), ErrorReason::CredentialInvalid, "{what}");
    }
}

#[tokio::test]
async fn a_good_token_names_its_user_and_session() {
    let world = world();
    let caller = world.verifier.verify(&world.good()).await.unwrap();
    assert_eq!(
        caller.kind,
        CallerKind::User {
            user_id: Uuid::from_u128(1),
            session_id: Uuid::from_u128(2)
        }
    );
    let forged = world.forge(&world.header(), &world.claims());
    world
        .verifier
        .verify(&forged)
        .await
        .expect("the forge makes good tokens, so that the refusals below mean something");
}

#[tokio::test]
async fn a2_to_a4_other_algorithms_are_refused() {
    let world = world();
    for alg in ["none", "None", "nOnE", "HS256", "ES256", "RS256", ""] {
        let mut header = world.header();
        header["alg"] = json!(alg);
        world.refuses(&world.forge(&header, &world.claims()), alg).await;
    }
    let unsigned = format!("{}.", world.good().rsplit_once('.').unwrap().0);
    world.refuses(&unsigned, "no signature").await;
    // HS256 keyed with the public key's text.
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some(TYPE.to_owned());
    header.kid = Some(world.signer.public().kid.clone());
    let key = EncodingKey::from_secret(world.signer.public().x.as_bytes());
    world
        .refuses(
            &jsonwebtoken::encode(&header, &world.claims(), &key).unwrap(),
            "HS256 with the public key",
        )
        .await;
}

#[tokio::test]
async fn a5_and_a6_strange_key_ids_are_refused_with_one_fetch_a_minute() {
    let world = world();
    world.verifier.verify(&world.good()).await.unwrap();
    for kid in [
        json!("../../etc/passwd"),
        json!("' OR 1=1--"),
        json!("x".repeat(8192)),
        json!("\0"),
        json!(""),
        Value::Null,
        json!(["a"]),
    ] {
        let mut header = world.header();
        header["kid"] = kid;
        world.refuses(&world.forge(&header, &world.claims()), "strange kid").await;
    }
    for _ in 0..100 {
        let mut header = world.header();
        header["kid"] = json!("unknown");
        world.refuses(&world.forge(&header, &world.claims()), "unknown kid").await;
    }
    assert_eq!(world.source.fetches.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a7_to_a9_headers_that_ask_for_trust_are_refused() {
    let world = world();
    let additions = [
        ("jku", json!("https://attacker")),
        ("x5u", json!("https://attacker")),
        ("x5c", json!(["AAAA"])),
        ("crit", json!(["foo"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("typ", json!("JWT")),
        ("typ", json!("id_token")),
        ("typ", Value::Null),
    ];
    for (name, value) in additions {
        let mut header = world.header();
        header[name] = value;
        world.refuses(&world.forge(&header, &world.claims()), name).await;
    }
}

#[tokio::test]
async fn a10_to_a14_claims_of_another_time_place_or_person_are_refused() {
    let world = world();
    let now = world.clock.now().as_second();
    let changes = [
        ("exp", json!(now - 31)),
        ("exp", json!("soon")),
        ("exp", Value::Null),
        ("nbf", json!(now + 60)),
        ("iat", json!(now + 600)),
        ("aud", json!("other")),
        ("aud", json!(["strangers"])),
        ("aud", Value::Null),
        ("iss", json!("tasktracker/")),
        ("iss", Value::Null),
        ("sub", Value::Null),
        ("sub", json!(Uuid::from_u128(1))),
        ("sub", json!("root:1")),
        ("sub", json!("svc:core")),
        ("sid", Value::Null),
        ("jti", Value::Null),
    ];
    for (name, value) in changes {
        let mut claims = world.claims();
        claims[name] = value;
        world.refuses(&world.forge(&world.header(), &claims), name).await;
    }
}

#[tokio::test]
async fn a15_and_a18_damaged_and_huge_tokens_are_refused() {
    let world = world();
    let good = world.good();
    for index in (0..good.len()).step_by(7) {
        let mut bytes = good.clone().into_bytes();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        let damaged = String::from_utf8(bytes).unwrap();
        if damaged != good {
            world.refuses(&damaged, "damaged").await;
        }
    }
    for damaged in [
        format!("{good}.x"),
        format!(" {good}"),
        format!("{good}="),
        good[..good.len() - 4].to_owned(),
        String::new(),
        "a".repeat(5000),
    ] {
        world.refuses(&damaged, "damaged").await;
    }
}

#[tokio::test]
async fn a_token_ends_by_our_clock_also_when_it_was_verified_before() {
    let world = world();
    let token = world.good();
    world.verifier.verify(&token).await.unwrap();
    world.clock.advance(LIFETIME + Duration::from_secs(31));
    world.refuses(&token, "expired").await;
}

#[tokio::test]
async fn a16_a_key_that_left_the_set_verifies_nothing_after_the_keys_are_old() {
    let world = world();
    let token = world.good();
    world.source.keys.lock().unwrap().clear();
    world.refuses(&token, "signed by a removed key").await;
}
