//! The rules of files, without database, disk, network, clock or chance.

pub mod checksum;
pub mod disposition;
pub mod etag;
pub mod file;
pub mod file_name;
pub mod media_type;
pub mod range;
pub mod upload;
