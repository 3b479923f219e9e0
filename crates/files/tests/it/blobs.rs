//! The store of contents by itself.

use bytes::Bytes;
use futures_util::FutureExt;
use tasktracker_files::blob::{Area, BlobError, BlobStore, Directory, Hash};
use tempfile::TempDir;
use uuid::Uuid;

use crate::scene::{noise, sha256};

const ID: Uuid = Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057);

fn store() -> (TempDir, Directory) {
    let folder = tempfile::tempdir().expect("works");
    let store = Directory::open(&folder.path().join("blobs"), 64 * 1024).expect("works");
    (folder, store)
}

async fn append(store: &Directory, before: &[u8], content: &[u8]) {
    let mut hash = Hash::default();
    hash.update(before);
    let mut writing = store.write(ID, before.len() as u64, hash);
    for piece in content.chunks(1000) {
        writing.append(Bytes::copy_from_slice(piece)).await.expect("works");
    }
    for _ in 0..2 {
        let hash = writing.sync().await.expect("works");
        assert_eq!(hash.checksum().to_string(), sha256(&[before, content].concat()));
    }
}

async fn read(store: &Directory, length: usize, range: std::ops::Range<u64>) -> Result<(Vec<u8>, Option<String>), BlobError> {
    let mut reading = store.read(Area::Objects, ID, length as u64, range, Some(Hash::default())).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = reading.next().await? {
        assert!(piece.len() <= 64 * 1024);
        bytes.extend_from_slice(&piece);
    }
    Ok((bytes, reading.hash().map(|hash| hash.checksum().to_string())))
}

#[tokio::test]
async fn a_content_is_seen_when_it_is_whole() {
    let (_folder, store) = store();
    let content = noise(300_000, 1);
    store.create(ID).await.unwrap();
    store.create(ID).await.unwrap();
    append(&store, b"", &content[..200_000]).await;
    append(&store, &content[..200_000], &content[200_000..]).await;
    assert!(matches!(read(&store, 300_000, 0..1).await, Err(BlobError::Missing)));
    assert!(matches!(
        store.finish(ID, 299_999).await,
        Err(BlobError::Length {
            found: 300_000,
            expected: 299_999
        })
    ));
    assert!(matches!(read(&store, 300_000, 0..1).await, Err(BlobError::Missing)));
    store.finish(ID, 300_000).await.unwrap();
    store.finish(ID, 300_000).await.unwrap();
    assert_eq!(
        read(&store, 300_000, 0..300_000).await.unwrap(),
        (content.clone(), Some(sha256(&content)))
    );
    let part = &content[100_000..180_001];
    assert_eq!(
        read(&store, 300_000, 100_000..180_001).await.unwrap(),
        (part.to_vec(), Some(sha256(part)))
    );
    assert_eq!(read(&store, 300_000, 7..7).await.unwrap(), (Vec::new(), Some(sha256(b""))));
    assert!(matches!(read(&store, 300_001, 0..1).await, Err(BlobError::Length { .. })));
}

#[tokio::test]
async fn what_nobody_was_told_of_is_cut_off() {
    let (_folder, store) = store();
    store.create(ID).await.unwrap();
    append(&store, b"", b"0123456789").await;
    append(&store, b"0123", b"abc").await;
    let mut writing = store.write(ID, 7, Hash::default());
    writing.append(Bytes::from(noise(200_000, 1))).await.unwrap();
    writing.append(Bytes::from_static(b"zzz")).await.unwrap();
    writing.truncate(7, Hash::default()).await.unwrap();
    writing.append(Bytes::from_static(b"!")).await.unwrap();
    assert_eq!(writing.sync().await.unwrap().checksum().to_string(), sha256(b"!"));
    let mut beyond = store.write(ID, 9, Hash::default());
    assert!(matches!(beyond.sync().await, Err(BlobError::Length { found: 8, expected: 9 })));
    assert!(
        matches!(beyond.sync().await, Err(BlobError::Io(_))),
        "nothing can be written after an error"
    );
    store.finish(ID, 8).await.unwrap();
    assert_eq!(read(&store, 8, 0..8).await.unwrap().0, b"0123abc!");
}

#[tokio::test]
async fn whoever_stops_waiting_loses_nothing() {
    let (_folder, store) = store();
    let content = noise(1_000_000, 2);
    store.create(ID).await.unwrap();
    let mut writing = store.write(ID, 0, Hash::default());
    for piece in content.chunks(50_000) {
        // Polled once and dropped, as where a client leaves.
        let _ = writing.append(Bytes::copy_from_slice(piece)).now_or_never();
        let _ = writing.sync().now_or_never();
    }
    assert_eq!(writing.sync().await.unwrap().checksum().to_string(), sha256(&content));
    store.finish(ID, 1_000_000).await.unwrap();
    assert_eq!(read(&store, 1_000_000, 0..1_000_000).await.unwrap().0, content);
}

#[tokio::test]
async fn contents_are_listed_and_removed() {
    let (folder, store) = store();
    store.create(ID).await.unwrap();
    std::fs::write(folder.path().join("blobs/incoming/not ours"), "").unwrap();
    assert_eq!(store.list(Area::Incoming, 0).await.unwrap(), [ID]);
    assert!(store.list(Area::Incoming, 1).await.unwrap().is_empty());
    store.finish(ID, 0).await.unwrap();
    assert!(store.list(Area::Incoming, 0).await.unwrap().is_empty());
    assert_eq!(store.list(Area::Objects, 0x57).await.unwrap(), [ID]);
    assert!(store.list(Area::Objects, 0x58).await.unwrap().is_empty());
    for _ in 0..2 {
        store.remove(Area::Objects, ID).await.unwrap();
    }
    assert!(store.list(Area::Objects, 0x57).await.unwrap().is_empty());
    assert!(matches!(store.finish(ID, 0).await, Err(BlobError::Missing)));
}

#[tokio::test]
async fn a_reader_keeps_what_is_removed_and_a_cut_file_is_no_end() {
    let (folder, store) = store();
    let content = noise(1_000_000, 2);
    store.create(ID).await.unwrap();
    append(&store, b"", &content).await;
    store.finish(ID, 1_000_000).await.unwrap();
    let mut reading = store.read(Area::Objects, ID, 1_000_000, 0..1_000_000, None).await.unwrap();
    let first = reading.next().await.unwrap().unwrap();
    store.remove(Area::Objects, ID).await.unwrap();
    let mut rest = first.len();
    while let Some(piece) = reading.next().await.unwrap() {
        rest += piece.len();
    }
    assert_eq!(rest, 1_000_000);
    assert!(reading.hash().is_none());

    store.create(ID).await.unwrap();
    append(&store, b"", &content).await;
    store.finish(ID, 1_000_000).await.unwrap();
    let mut reading = store.read(Area::Objects, ID, 1_000_000, 0..1_000_000, None).await.unwrap();
    let path = folder.path().join("blobs/objects/57").join(ID.to_string());
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
        (std::io::ErrorKind::StorageFull, "Full"),
        (std::io::ErrorKind::ReadOnlyFilesystem, "Full"),
        (std::io::ErrorKind::NotFound, "Missing"),
        (std::io::ErrorKind::PermissionDenied, "Io"),
    ];
    for (kind, name) in kinds {
        let error = BlobError::from(std::io::Error::from(kind));
        assert!(format!("{error:?}").starts_with(name), "{error:?}");
    }
}
