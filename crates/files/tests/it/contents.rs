//! A look at contents from outside, and changes that the service knows nothing of, whichever store keeps them.

use std::path::PathBuf;

use tasktracker_files::blob::Area;
use tasktracker_testing::World;
use uuid::Uuid;

#[cfg(feature = "s3")]
use crate::bucket::Bucket;

/// Has a system keep its contents in S3, where a server is named in the environment.
#[cfg(feature = "s3")]
pub fn choose(config: &mut tasktracker_files::Config) {
    if let Some(bucket) = Bucket::of_environment() {
        config.s3 = bucket.settings;
    }
}

#[cfg(not(feature = "s3"))]
pub fn choose(_: &mut tasktracker_files::Config) {
    eprintln!("skipped on S3: built without the feature s3");
}

/// Whether a content is there.
pub async fn is_kept(world: &World, file_id: &str) -> bool {
    has(world, Area::Objects, file_id).await
}

/// Whether a content is on its way.
pub async fn is_coming(world: &World, upload_id: &str) -> bool {
    has(world, Area::Incoming, upload_id).await
}

async fn has(world: &World, area: Area, id: &str) -> bool {
    let id = Uuid::try_parse(id).expect("an id");
    let part = if area == Area::Objects { id.as_bytes()[15] } else { 0 };
    world.system.files.blobs.list(area, part).await.expect("lists").contains(&id)
}

/// Puts bytes where a content is or would be.
pub async fn lay(world: &World, area: Area, id: &str, content: &[u8]) {
    #[cfg(feature = "s3")]
    if let Some(bucket) = bucket(world) {
        return bucket.put(&key(area, id), content).await;
    }
    let path = path(world, area, id);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("makes");
    std::fs::write(path, content).expect("writes");
}

/// Takes a content away.
pub async fn lose(world: &World, file_id: &str) {
    #[cfg(feature = "s3")]
    if let Some(bucket) = bucket(world) {
        return bucket.delete(&key(Area::Objects, file_id)).await;
    }
    std::fs::remove_file(path(world, Area::Objects, file_id)).expect("there");
}

/// The file of a content on its way, where contents are files.
pub fn incoming(world: &World, upload_id: &str) -> Option<PathBuf> {
    let is_file = !world.system.files.config.s3.is_chosen();
    is_file.then(|| path(world, Area::Incoming, upload_id))
}

fn path(world: &World, area: Area, id: &str) -> PathBuf {
    let blobs = world.data_dir().join("blobs");
    match area {
        Area::Incoming => blobs.join("incoming").join(id),
        Area::Objects => blobs.join("objects").join(&id[34..]).join(id),
    }
}

#[cfg(feature = "s3")]
fn bucket(world: &World) -> Option<Bucket> {
    let settings = &world.system.files.config.s3;
    settings.is_chosen().then(|| Bucket::of(settings.clone()))
}

#[cfg(feature = "s3")]
fn key(area: Area, id: &str) -> String {
    match area {
        Area::Incoming => format!("incoming/{id}.1.{}", crate::scene::sha256(b"1")),
        Area::Objects => format!("objects/{}/{id}", &id[34..]),
    }
}
