//! What only contents in a directory promise.

use std::io::ErrorKind;

use tasktracker_files::blob::{Area, BlobError};

use super::*;
use crate::scene::noise;

#[tokio::test]
async fn a_reader_keeps_what_is_removed_and_a_cut_file_is_no_end() {
    let site = InDirectory::start();
    let store = site.store();
    let content = noise(1_000_000, 2);
    store.create(ID).await.unwrap();
    append(&*store, b"", &content, 1_000_000).await;
    finish(&*store, &content).await.unwrap();
    let mut reading = store.read(ID, 1_000_000, 0..1_000_000, None).await.unwrap();
    let first = reading.next().await.unwrap().unwrap();
    store.remove(Area::Objects, ID).await.unwrap();
    let mut rest = first.len();
    while let Some(piece) = reading.next().await.unwrap() {
        rest += piece.len();
    }
    assert_eq!(rest, 1_000_000);
    assert!(reading.hash().is_none());

    store.create(ID).await.unwrap();
    append(&*store, b"", &content, 1_000_000).await;
    finish(&*store, &content).await.unwrap();
    let mut reading = store.read(ID, 1_000_000, 0..1_000_000, None).await.unwrap();
    let path = site.folder.path().join("blobs/objects/57").join(ID.to_string());
    std::fs::File::options().write(true).open(path).unwrap().set_len(200_000).unwrap();
    let mut outcome = reading.next().await;
    while let Ok(Some(_)) = outcome {
        outcome = reading.next().await;
    }
    assert!(matches!(outcome, Err(BlobError::Io(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_full_or_locked_disk_is_told_from_other_failures() {
    let kinds = [
        (ErrorKind::StorageFull, "Full"),
        (ErrorKind::ReadOnlyFilesystem, "Full"),
        (ErrorKind::NotFound, "Missing"),
        (ErrorKind::PermissionDenied, "Io"),
    ];
    for (kind, name) in kinds {
        let error = BlobError::from(std::io::Error::from(kind));
        assert!(format!("{error:?}").starts_with(name), "{error:?}");
    }
}
