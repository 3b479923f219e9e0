//! The data directory: its owner's alone, and one process's at a time.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tasktracker_server::data_dir::{DataDir, DataDirError};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Hashes, sealed keys and everything that people wrote stand in it.
#[test]
fn a_new_directory_is_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let held = DataDir::claim(&path).unwrap();
    assert_eq!((held.path(), mode(&path)), (path.as_path(), 0o700));
    // An operator who wants a group in there may have it.
    drop(held);
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o750)).unwrap();
    let _held = DataDir::claim(&path).unwrap();
    assert_eq!(mode(&path), 0o750);
}

#[test]
fn a_second_owner_is_told_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let first = DataDir::claim(folder.path()).unwrap();
    let refused = DataDir::claim(folder.path()).unwrap_err();
    assert!(
        matches!(&refused, DataDirError::Held { holder, .. } if holder.contains(&std::process::id().to_string())),
        "{refused}"
    );
    drop(first);
    DataDir::claim(folder.path()).unwrap();
}
