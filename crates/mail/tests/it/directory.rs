//! Mail as files.

use std::fs;
use std::path::{Path, PathBuf};

use tasktracker_mail::{Directory, MailError, Mailer, Message};

use crate::sample;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("reads")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn a_message_is_a_file_and_the_same_message_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail");
    let mailer = Directory::new(&path);
    let message = sample::message();
    mailer.send(&message).await.unwrap();
    let again = Message {
        text: "again".to_owned(),
        ..message.clone()
    };
    mailer.send(&again).await.unwrap();
    assert_eq!(files(&path), [path.join("0190-job@tracker.example.com.eml")]);
    let kept = fs::read(&files(&path)[0]).unwrap();
    assert!(String::from_utf8(kept).unwrap().contains("again"), "the newest");
    let other = Message {
        id: "0191-job@tracker.example.com".parse().unwrap(),
        ..message
    };
    mailer.send(&other).await.unwrap();
    assert_eq!(files(&path).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_message_sent_by_many_at_once_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mailer = Directory::new(folder.path());
    let message = sample::message();
    futures_util::future::join_all((0..16).map(|_| mailer.send(&message)))
        .await
        .into_iter()
        .for_each(|sent| sent.unwrap());
    let [file] = files(folder.path()).try_into().unwrap();
    let bytes = fs::read(file).unwrap();
    assert_eq!(mailparse::parse_mail(&bytes).unwrap().subparts.len(), 2);
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_is_worth_another_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail");
    // A file stands where the directory should be: root, too, cannot write there.
    fs::write(&path, "in the way").unwrap();
    let mailer = Directory::new(&path);
    let error = mailer.send(&sample::message()).await.unwrap_err();
    assert!(matches!(error, MailError::Transient(_)), "{error}");
    assert!(error.to_string().contains("cannot be written"), "{error}");
    fs::remove_file(&path).unwrap();
    mailer.send(&sample::message()).await.unwrap();
    assert_eq!(files(&path).len(), 1);
}

#[tokio::test]
async fn half_files_of_a_killed_process_are_cleared_away() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".x@y.eml.7.half"), "half").unwrap();
    fs::write(folder.path().join("whole@y.eml"), "whole").unwrap();
    let mailer = Directory::new(folder.path());
    assert_eq!(files(mailer.path()), [folder.path().join("whole@y.eml")]);
}
