//! GetUpload.

use tasktracker_proto::files::v1::GetUploadRequest;
use tasktracker_testing::problem;

use crate::scene::*;

#[tokio::test]
async fn an_upload_is_its_creator_s_only() {
    let Scene {
        world,
        ada,
        linus,
        eve,
        task,
        ..
    } = scene().await;
    let upload_id = linus.announce(&task, "a", b"12345").await;
    linus.write(&upload_id, 0, b"123").await.expect("writes");
    let upload = linus.get_upload(&upload_id).await.expect("reads");
    assert_eq!((upload.received_bytes, upload.size_bytes, upload.state), (3, 5, 1));
    let mut refusals = Vec::new();
    for (person, id) in [(&ada, upload_id.as_str()), (&eve, &upload_id), (&linus, MISSING)] {
        let request = GetUploadRequest { upload_id: id.to_owned() };
        refusals.push(problem(person.uploads().get_upload(request).await));
    }
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:?}");
    assert_eq!(refusals[0].to_string(), "NOT_FOUND NOT_FOUND");
    assert_eq!(problem(ada.complete(&upload_id, "").await), refusals[0]);
    assert_eq!(problem(ada.write(&upload_id, 3, b"45").await), refusals[0]);
    drop(world);
}

#[tokio::test]
async fn what_became_of_an_upload_is_told() {
    let Scene { world, linus, task, .. } = scene().await;
    let file = linus.put(&task, "a", b"1").await;
    assert_eq!(linus.get_upload(&file.id).await.expect("reads").state, 2);
    let upload_id = linus.announce(&task, "a", b"1").await;
    linus.write(&upload_id, 0, b"1").await.expect("writes");
    let refused = linus.complete(&upload_id, &sha256(b"2")).await;
    assert_eq!(problem(refused).reason, "CHECKSUM_MISMATCH");
    assert_eq!(linus.get_upload(&upload_id).await.expect("reads").state, 3);
    drop(world);
}
