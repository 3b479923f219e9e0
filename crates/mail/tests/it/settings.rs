//! From the section of the configuration to a mailer.

use std::path::Path;

use tasktracker_mail::{DEFAULTS, Settings};

use crate::sample;

/// The defaults, with these lines instead of those of the same key.
fn settings(lines: &[&str]) -> Settings {
    let mut table: toml::Table = toml::from_str(DEFAULTS).expect("TOML");
    let mut mail = table.remove("mail").expect("a section");
    for line in lines {
        let (path, value) = line.split_once(" = ").expect("key = value");
        let value: toml::Table = toml::from_str(&format!("x = {value}")).expect("TOML");
        let (section, key) = path.rsplit_once('.').unwrap_or(("", path));
        let table = if section.is_empty() { &mut mail } else { &mut mail[section] };
        table.as_table_mut().expect("a section").insert(key.to_owned(), value["x"].clone());
    }
    mail.try_into().expect("fits")
}

async fn problem(lines: &[&str]) -> String {
    settings(lines)
        .mailer(Path::new("/nowhere"))
        .await
        .expect_err("refused")
        .to_string()
}

#[tokio::test]
async fn by_default_mails_are_files_in_the_data_directory() {
    let folder = tempfile::tempdir().expect("a folder");
    let (usual, own) = (folder.path().join("mail"), folder.path().join("own"));
    settings(&[])
        .mailer(&usual)
        .await
        .expect("fits")
        .send(&sample::message())
        .await
        .expect("taken");
    assert_eq!(std::fs::read_dir(&usual).expect("made").count(), 1);
    let named = settings(&[&format!("directory = {own:?}")]);
    named
        .mailer(&usual)
        .await
        .expect("fits")
        .send(&sample::message())
        .await
        .expect("taken");
    assert_eq!(std::fs::read_dir(&own).expect("made").count(), 1);
}

#[tokio::test]
async fn what_does_not_fit_is_named() {
    for (line, expected) in [
        ("concurrency = 0", "mail.concurrency"),
        ("timeout_seconds = 0", "mail.timeout_seconds"),
        ("timeout_seconds = 3000", "mail.timeout_seconds"),
    ] {
        assert!(problem(&[line]).await.starts_with(expected), "{line}");
    }
}

#[tokio::test]
async fn secrets_do_not_print() {
    let settings = settings(&[
        "smtp.password = \"hush\"",
        "ses.secret_access_key = \"hush\"",
        "ses.access_key_id = \"hush\"",
    ]);
    assert!(!format!("{settings:?}").contains("hush"));
}

#[cfg(not(feature = "smtp"))]
#[tokio::test]
async fn what_is_not_built_in_says_where_it_is() {
    let said = problem(&["transport = \"smtp\""]).await;
    assert!(said.contains("smtp") && said.contains("built without"), "{said}");
}

#[cfg(not(feature = "ses"))]
#[tokio::test]
async fn what_is_not_built_in_says_where_it_is_too() {
    let said = problem(&["transport = \"ses\""]).await;
    assert!(said.contains("ses") && said.contains("built without"), "{said}");
}

#[cfg(feature = "smtp")]
#[tokio::test]
async fn a_mail_server_needs_a_host_and_a_safe_way_to_it() {
    let smtp = "transport = \"smtp\"";
    let host = "smtp.host = \"mail.example.com\"";
    for (lines, expected) in [
        (&[smtp] as &[&str], "mail.smtp.host"),
        (&[smtp, "smtp.host = \"smtp://mail.example.com\""], "mail.smtp.host"),
        (&[smtp, host, "smtp.tls = \"none\""], "mail.smtp.tls"),
        (&[smtp, host, "smtp.user = \"me\""], "mail.smtp.password"),
        (&[smtp, host, "smtp.ca_file = \"/nowhere/ca.pem\""], "mail.smtp.ca_file"),
        (&[smtp, host, "smtp.hello = \"a b\""], "mail.smtp.hello"),
        (&[smtp, host, "from = \"nobody\""], "mail.from"),
    ] {
        let said = problem(lines).await;
        assert!(said.starts_with(expected), "{lines:?}: {said}");
    }
    for lines in [
        &[smtp, host] as &[&str],
        &[smtp, host, "smtp.tls = \"none\"", "smtp.allow_plaintext = true"],
        &[smtp, "smtp.host = \"::1\"", "smtp.tls = \"none\""],
    ] {
        settings(lines)
            .mailer(Path::new("/nowhere"))
            .await
            .expect("fits, although nobody is there");
    }
}

#[cfg(feature = "ses")]
#[tokio::test]
async fn ses_takes_a_whole_key_or_none() {
    let ses = ["transport = \"ses\"", "ses.region = \"eu-west-1\""];
    for (line, expected) in [
        ("ses.access_key_id = \"id\"", "mail.ses.secret_access_key"),
        ("ses.secret_access_key = \"hush\"", "mail.ses.secret_access_key"),
        ("ses.endpoint = \"localhost\"", "mail.ses.endpoint"),
    ] {
        let said = problem(&[ses[0], ses[1], line]).await;
        assert!(said.starts_with(expected) && !said.contains("hush"), "{line}: {said}");
    }
    settings(&ses).mailer(Path::new("/nowhere")).await.expect("fits");
}
