//! What holds for each service of a compose file: a version, limits, a question about its health, an order by health, and for those of ours as
//! few rights as they need.

use serde_json::Value;

use super::services_of;

pub fn find(file: &str, model: &Value, version: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for (name, service) in services_of(model) {
        let mut add = |wrong: &str| findings.push(format!("{file}: {name} {wrong}"));
        let is_ours = service["build"]["dockerfile"].as_str().is_some_and(|file| file.contains('/'));
        // What ends by itself is not asked how it is.
        let is_job = service["restart"] == "no";
        let image = service["image"].as_str().unwrap_or_default();
        if !is_pinned(image) {
            add("has no image with a version");
        }
        if is_ours && !image.ends_with(&format!(":{version}")) {
            add(&format!("is ours and not of version {version}, that of Cargo.toml"));
        }
        if !is_job && !is_asked(&service["healthcheck"]) {
            add("has no health check");
        }
        let limits = &service["deploy"]["resources"]["limits"];
        if limits["cpus"].is_null() || limits["memory"].is_null() {
            add("has no limit of cpus and memory");
        }
        if is_ours && !is_confined(service) {
            add("is ours and not confined: read_only, cap_drop ALL, no-new-privileges");
        }
        for port in service["ports"].as_array().into_iter().flatten() {
            if name != "gateway" && port["host_ip"] != "127.0.0.1" {
                add("publishes a port; only the gateway does, others at 127.0.0.1 at most");
            }
        }
        for (other, how) in service["depends_on"].as_object().into_iter().flatten() {
            if how["condition"] == "service_started" {
                add(&format!("does not wait until {other} is healthy"));
            }
        }
    }
    findings
}

/// Whether a tag says a version. `latest` and names such as `alpine` move on.
fn is_pinned(image: &str) -> bool {
    let tag = image
        .rsplit_once('/')
        .map_or(image, |(_, name)| name)
        .split_once(':')
        .map(|(_, tag)| tag);
    image.contains("@sha256:") || tag.is_some_and(|tag| tag.contains(|letter: char| letter.is_ascii_digit()))
}

fn is_asked(health: &Value) -> bool {
    let first = health["test"][0].as_str().unwrap_or("NONE");
    first != "NONE" && health["disable"] != true
}

fn is_confined(service: &Value) -> bool {
    let has = |list: &str, value: &str| service[list].as_array().is_some_and(|list| list.iter().any(|item| item == value));
    service["read_only"] == true && has("cap_drop", "ALL") && has("security_opt", "no-new-privileges:true")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn good() -> Value {
        json!({ "services": { "auth": {
            "image": "tasktracker-auth:0.1.0",
            "build": { "context": ".", "dockerfile": "crates/auth/Dockerfile" },
            "restart": "unless-stopped",
            "read_only": true,
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges:true"],
            "healthcheck": { "test": ["CMD", "tasktracker-auth", "health"] },
            "deploy": { "resources": { "limits": { "cpus": 1, "memory": "1" } } },
            "depends_on": { "postgres": { "condition": "service_healthy" } },
        } } })
    }

    #[test]
    fn each_promise_can_be_broken() {
        assert_eq!(find("f", &good(), "0.1.0"), [""; 0]);
        for (place, value, wrong) in [
            ("/image", json!("tasktracker-auth:latest"), "no image with a version"),
            ("/image", json!("tasktracker-auth"), "no image with a version"),
            ("/image", json!("tasktracker-auth:0.0.9"), "not of version 0.1.0"),
            ("/healthcheck", Value::Null, "no health check"),
            ("/healthcheck/test/0", json!("NONE"), "no health check"),
            ("/deploy/resources/limits/memory", Value::Null, "no limit"),
            ("/read_only", json!(false), "not confined"),
            ("/cap_drop", json!([]), "not confined"),
            (
                "/depends_on/postgres/condition",
                json!("service_started"),
                "until postgres is healthy",
            ),
        ] {
            let mut model = good();
            *model.pointer_mut(&format!("/services/auth{place}")).unwrap() = value;
            let findings = find("f", &model, "0.1.0");
            assert!(findings.iter().any(|finding| finding.contains(wrong)), "{place}: {findings:?}");
        }
    }

    #[test]
    fn only_the_gateway_is_open_to_others() {
        let mut model = good();
        let mut publish = |port: Value| {
            model["services"]["auth"]["ports"] = json!([port]);
            find("f", &model, "0.1.0").len()
        };
        assert_eq!(publish(json!({ "published": "5432" })), 1);
        assert_eq!(publish(json!({ "host_ip": "0.0.0.0", "published": "5432" })), 1);
        assert_eq!(publish(json!({ "host_ip": "127.0.0.1", "published": "5432" })), 0);
    }

    #[test]
    fn versions_are_told_from_names() {
        for image in ["valkey/valkey:8.1.3-alpine", "host:5000/a/b:v2", "mongo@sha256:00"] {
            assert!(is_pinned(image), "{image}");
        }
        for image in ["host:5000/a/b", "mongo:latest", "redis:alpine", "redis", ""] {
            assert!(!is_pinned(image), "{image}");
        }
    }
}
