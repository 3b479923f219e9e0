//! The suite itself. Contents are of sizes around what a store writes at once: a directory 32 KiB, S3 parts of 5 MiB.

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::join_all;
use tasktracker_files::blob::{Area, BlobError, BlobStore, Hash, Place};
use tasktracker_files::domain::checksum::Checksum;
use uuid::Uuid;

use super::*;
use crate::scene::{noise, sha256, until};

const MIB: usize = 1024 * 1024;

/// Finishes a content, and expects it to be there, byte by byte.
async fn expect(store: &dyn BlobStore, content: &[u8]) {
    finish(store, content).await.unwrap();
    let found = read(store, content.len(), 0..content.len() as u64).await.unwrap();
    assert!(found == (content.to_vec(), Some(sha256(content))), "{} bytes", content.len());
    until("nothing is left on its way", async || !is_coming(store).await).await;
}

async fn is_coming(store: &dyn BlobStore) -> bool {
    store.list(Area::Incoming, 0).await.unwrap().contains(&ID)
}

pub async fn a_content_is_seen_when_it_is_whole(site: impl Site) {
    let store = site.store();
    let content = noise(6_300_000, 1);
    store.create(ID).await.unwrap();
    store.create(ID).await.unwrap();
    append(&*store, b"", &content[..5_600_000], content.len()).await;
    append(&*store, &content[..5_600_000], &content[5_600_000..], content.len()).await;
    assert!(matches!(read(&*store, 6_300_000, 0..1).await, Err(BlobError::Missing)));
    assert!(matches!(
        finish(&*store, &content[..6_299_999]).await,
        Err(BlobError::Length {
            found: 6_300_000,
            expected: 6_299_999
        })
    ));
    assert!(matches!(read(&*store, 6_300_000, 0..1).await, Err(BlobError::Missing)));
    expect(&*store, &content).await;
    finish(&*store, &content).await.unwrap();
    for range in [100_000..180_001, 5_242_879..5_242_881, 6_299_999..6_300_000, 7..7, 0..0] {
        let part = &content[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()];
        assert!(read(&*store, 6_300_000, range).await.unwrap() == (part.to_vec(), Some(sha256(part))));
    }
    for (length, range) in [(6_300_001, 0..1), (6_299_999, 0..1), (7_000_000, 6_500_000..6_500_001), (1, 0..0)] {
        let refused = read(&*store, length, range).await;
        assert!(matches!(refused, Err(BlobError::Length { found: 6_300_000, .. })), "{refused:?}");
    }
}

pub async fn a_content_may_be_empty_or_small(site: impl Site) {
    let store = site.store();
    for length in [0, 1, 63, 64, 65, 524_287, 524_288, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1] {
        let content = noise(length, length as u64 + 1);
        store.create(ID).await.unwrap();
        if length > 0 {
            append(&*store, b"", &content, length).await;
        }
        expect(&*store, &content).await;
        store.remove(Area::Objects, ID).await.unwrap();
    }
}

pub async fn what_nobody_was_told_of_is_cut_off(mut site: impl Site) {
    let store = site.store();
    let (first, lost, second) = (noise(1_000_000, 1), noise(12 * MIB, 2), noise(7 * MIB, 3));
    let whole = [&first[..], &second].concat();
    store.create(ID).await.unwrap();
    append(&*store, b"", &first, whole.len()).await;
    // Written and safe, but the process was killed before anybody was told.
    append(&*store, &first, &lost[..second.len() - 1], whole.len()).await;
    site.killed().await;
    let store = site.store();
    let hash = store.hash_of(ID, 1_000_000).await.unwrap();
    assert_eq!(hash.checksum().to_string(), sha256(&first));
    append(&*store, &first, &second, whole.len()).await;
    expect(&*store, &whole).await;
}

pub async fn going_back_is_possible_to_what_was_told(site: impl Site) {
    let store = site.store();
    let content = noise(13 * MIB, 5);
    store.create(ID).await.unwrap();
    append(&*store, b"", &content[..77], content.len()).await;
    let mut writing = store.write(place(&content[..77], content.len()));
    let other = noise(11 * MIB, 6);
    for to in [300_000, 6 * MIB, 11 * MIB] {
        // Nothing of this is kept, safe or not.
        writing.append(Bytes::copy_from_slice(&other[..to])).await.unwrap();
        if to > 300_000 {
            writing.sync().await.unwrap();
        }
        writing.truncate(77, place(&content[..77], 0).hash).await.unwrap();
    }
    writing.append(Bytes::copy_from_slice(&content[77..])).await.unwrap();
    assert_eq!(writing.sync().await.unwrap().checksum().to_string(), sha256(&content));
    expect(&*store, &content).await;
}

pub async fn less_than_was_told_is_an_error(site: impl Site) {
    let store = site.store();
    store.create(ID).await.unwrap();
    append(&*store, b"", b"12345678", 10).await;
    let mut beyond = store.write(place(b"123456789", 10));
    assert!(matches!(beyond.sync().await, Err(BlobError::Length { found: 8, expected: 9 })));
    assert!(
        matches!(beyond.sync().await, Err(BlobError::Io(_))),
        "nothing can be written after an error"
    );
    let hash = store.hash_of(ID, 9).await;
    assert!(matches!(hash, Err(BlobError::Length { found: 8, expected: 9 })), "{hash:?}");
    let unknown = Place {
        id: Uuid::max(),
        ..place(b"1", 2)
    };
    assert!(matches!(store.write(unknown).sync().await, Err(BlobError::Missing)));
    assert!(matches!(
        store.finish(Uuid::max(), 1, Checksum::OF_NOTHING).await,
        Err(BlobError::Missing)
    ));
    append(&*store, b"12345678", b"90", 10).await;
    expect(&*store, b"1234567890").await;
}

pub async fn whoever_stops_waiting_loses_nothing(site: impl Site) {
    let store = site.store();
    let content = noise(11 * MIB, 2);
    store.create(ID).await.unwrap();
    let mut writing = store.write(place(b"", content.len()));
    for piece in content.chunks(200_000) {
        // Polled once and dropped, as where a client leaves.
        let _ = writing.append(Bytes::copy_from_slice(piece)).now_or_never();
        let _ = writing.sync().now_or_never();
        tokio::task::yield_now().await;
    }
    assert_eq!(writing.sync().await.unwrap().checksum().to_string(), sha256(&content));
    expect(&*store, &content).await;
}

pub async fn writers_dropped_anywhere_leave_what_was_told(site: impl Site) {
    let store = site.store();
    let content = noise(6 * MIB, 12);
    store.create(ID).await.unwrap();
    append(&*store, b"", &content[..100], content.len()).await;
    // A writer is dropped after so many looks: before, in and after each of its steps.
    for looks in (0..40).chain([60, 100, 200, 400]) {
        let mut writing = store.write(place(&content[..100], content.len()));
        let work = async {
            writing.append(Bytes::copy_from_slice(&content[100..])).await?;
            writing.sync().await
        };
        tokio::select! {
            biased;
            () = polls(looks) => {}
            _ = work => {}
        }
        drop(writing);
        let hash = store.hash_of(ID, 100).await.unwrap();
        assert_eq!(hash.checksum().to_string(), sha256(&content[..100]), "{looks}");
    }
    append(&*store, &content[..100], &content[100..], content.len()).await;
    expect(&*store, &content).await;
}

/// Ends after so many looks at it.
async fn polls(looks: usize) {
    for _ in 0..looks {
        tokio::task::yield_now().await;
    }
}

pub async fn a_content_grows_on_at_any_offset_after_a_kill(mut site: impl Site) {
    let content = noise(17 * MIB + 3, 7);
    site.store().create(ID).await.unwrap();
    let stops = [
        0,
        1,
        64,
        300_001,
        5 * MIB - 1,
        5 * MIB,
        5 * MIB + 1,
        10 * MIB + 77,
        16 * MIB,
        16 * MIB + 5,
        content.len(),
    ];
    for steps in stops.windows(2) {
        let store = site.store();
        let (from, to) = (steps[0], steps[1]);
        if from > 0 {
            let hash = store.hash_of(ID, from as u64).await.unwrap();
            assert_eq!(hash.checksum().to_string(), sha256(&content[..from]), "{from}");
        }
        append(&*store, &content[..from], &content[from..to], content.len()).await;
        // More was sent, of which nobody was told.
        let mut more = store.write(place(&content[..to], content.len()));
        more.append(Bytes::from(noise(content.len() - to, 9))).await.unwrap();
        let _ = more.sync().now_or_never();
        drop(more);
        site.killed().await;
    }
    expect(&*site.store(), &content).await;
}

pub async fn finishing_goes_on_wherever_it_was_broken_off(mut site: impl Site) {
    for length in [0, 1000, 6 * MIB] {
        let content = noise(length, 8);
        for looks in (0..30).chain([50, 100]) {
            let store = site.store();
            store.create(ID).await.unwrap();
            if length > 0 {
                append(&*store, b"", &content, length).await;
            }
            tokio::select! {
                biased;
                () = polls(looks) => {}
                finished = finish(&*store, &content) => finished.unwrap(),
            }
            site.killed().await;
            expect(&*site.store(), &content).await;
            site.store().remove(Area::Objects, ID).await.unwrap();
        }
    }
}

pub async fn finishing_together_is_finishing_once(site: impl Site) {
    let store = site.store();
    for length in [1000, 6 * MIB] {
        let content = noise(length, 1);
        store.create(ID).await.unwrap();
        append(&*store, b"", &content, length).await;
        let finished = join_all((0..3).map(|_| finish(&*store, &content))).await;
        assert!(finished.iter().any(Result::is_ok), "{finished:?}");
        expect(&*store, &content).await;
        // Forgetting an upload does nothing to the content that it became.
        store.remove(Area::Incoming, ID).await.unwrap();
        assert!(read(&*store, length, 0..length as u64).await.unwrap().0 == content);
        store.remove(Area::Objects, ID).await.unwrap();
    }
}

pub async fn contents_are_listed_and_removed(site: impl Site) {
    let store = site.store();
    store.ping().await.unwrap();
    store.create(ID).await.unwrap();
    append(&*store, b"", b"1", 1).await;
    site.litter().await;
    assert_eq!(store.list(Area::Incoming, 0).await.unwrap(), [ID]);
    assert!(store.list(Area::Incoming, 1).await.unwrap().is_empty());
    expect(&*store, b"1").await;
    assert_eq!(store.list(Area::Objects, 0x57).await.unwrap(), [ID]);
    assert!(store.list(Area::Objects, 0x58).await.unwrap().is_empty());
    for _ in 0..2 {
        store.remove(Area::Objects, ID).await.unwrap();
    }
    assert!(store.list(Area::Objects, 0x57).await.unwrap().is_empty());
    assert!(matches!(finish(&*store, b"1").await, Err(BlobError::Missing)));
    // On its way, with all that it is made of.
    store.create(ID).await.unwrap();
    append(&*store, b"", &noise(6 * MIB, 1), 20 * MIB).await;
    append(&*store, &noise(6 * MIB, 1), &noise(6 * MIB, 2), 20 * MIB).await;
    for _ in 0..2 {
        store.remove(Area::Incoming, ID).await.unwrap();
    }
    assert!(store.list(Area::Incoming, 0).await.unwrap().is_empty());
    let gone = [noise(6 * MIB, 1), noise(6 * MIB, 2)].concat();
    assert!(matches!(finish(&*store, &gone).await, Err(BlobError::Missing)));
}

pub async fn a_reader_never_takes_a_broken_content_for_its_end(site: impl Site) {
    let store = site.store();
    let content = noise(9 * MIB, 2);
    store.create(ID).await.unwrap();
    append(&*store, b"", &content, content.len()).await;
    finish(&*store, &content).await.unwrap();
    let mut reading = store
        .read(ID, content.len() as u64, 0..content.len() as u64, Some(Hash::default()))
        .await
        .unwrap();
    let mut bytes = reading.next().await.unwrap().unwrap();
    store.remove(Area::Objects, ID).await.unwrap();
    let outcome = loop {
        match reading.next().await {
            Ok(Some(piece)) => bytes.extend_from_slice(&piece),
            other => break other,
        }
    };
    match outcome {
        Ok(_) => assert!(bytes == content),
        Err(_) => assert!(reading.hash().is_none() && content.starts_with(&bytes)),
    }
}

pub async fn many_are_written_at_once(site: impl Site) {
    let store = site.store();
    let contents: Vec<(Uuid, Vec<u8>)> = (0..10)
        .map(|n| (Uuid::from_u128(ID.as_u128() + n), noise(6 * MIB, n as u64)))
        .collect();
    join_all(contents.iter().map(async |(id, content)| {
        store.create(*id).await.unwrap();
        let mut writing = store.write(Place {
            id: *id,
            ..place(b"", content.len())
        });
        for piece in content.chunks(100_000) {
            writing.append(Bytes::copy_from_slice(piece)).await.unwrap();
        }
        let hash = writing.sync().await.unwrap();
        store.finish(*id, content.len() as u64, hash.checksum()).await.unwrap();
    }))
    .await;
    for (id, content) in &contents {
        let mut reading = store
            .read(*id, 6 * MIB as u64, 0..6 * MIB as u64, Some(Hash::default()))
            .await
            .unwrap();
        while reading.next().await.unwrap().is_some() {}
        assert_eq!(reading.hash().unwrap().checksum().to_string(), sha256(content));
    }
}
