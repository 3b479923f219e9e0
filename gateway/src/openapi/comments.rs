//! The comments of the protos.

use std::collections::HashMap;

use prost_reflect::{
    DescriptorPool, EnumDescriptor, FieldDescriptor, FileDescriptor, MessageDescriptor, MethodDescriptor, ServiceDescriptor,
};

/// The comment in front of each element, by file and place.
#[derive(Debug, Default)]
pub struct Comments(HashMap<(String, Vec<i32>), String>);

impl Comments {
    /// Reads all comments of a descriptor set that was made with them.
    #[must_use]
    pub fn read(pool: &DescriptorPool) -> Self {
        let mut comments = HashMap::new();
        for file in pool.files() {
            let Some(info) = &file.file_descriptor_proto().source_code_info else {
                continue;
            };
            for location in &info.location {
                let Some(comment) = &location.leading_comments else { continue };
                comments.insert((file.name().to_owned(), location.path.clone()), paragraphs(comment));
            }
        }
        Self(comments)
    }

    fn at(&self, file: &FileDescriptor, path: &[i32]) -> String {
        self.0.get(&(file.name().to_owned(), path.to_vec())).cloned().unwrap_or_default()
    }

    /// Of a service.
    #[must_use]
    pub fn of_service(&self, service: &ServiceDescriptor) -> String {
        self.at(&service.parent_file(), service.path())
    }

    /// Of an RPC.
    #[must_use]
    pub fn of_method(&self, method: &MethodDescriptor) -> String {
        self.at(&method.parent_file(), method.path())
    }

    /// Of a message.
    #[must_use]
    pub fn of_message(&self, message: &MessageDescriptor) -> String {
        self.at(&message.parent_file(), message.path())
    }

    /// Of a field.
    #[must_use]
    pub fn of_field(&self, field: &FieldDescriptor) -> String {
        self.at(&field.parent_file(), field.path())
    }

    /// Of an enum, with its values.
    #[must_use]
    pub fn of_enum(&self, kind: &EnumDescriptor) -> String {
        let mut text = self.at(&kind.parent_file(), kind.path());
        for value in kind.values() {
            let comment = self.at(&kind.parent_file(), value.path());
            if !comment.is_empty() {
                text.push_str(&format!("\n- `{}`: {comment}", value.name()));
            }
        }
        text
    }
}

/// Lines belong together until an empty one.
fn paragraphs(comment: &str) -> String {
    let lines: Vec<_> = comment.lines().map(str::trim).collect();
    let paragraphs = lines.split(|line| line.is_empty()).map(|lines| lines.join(" "));
    paragraphs
        .filter(|paragraph| !paragraph.is_empty())
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// The first sentence.
#[must_use]
pub fn summary(text: &str) -> String {
    let first = text.split("\n\n").next().unwrap_or_default();
    let end = first.find(". ").unwrap_or(first.len());
    first[..end].trim_end_matches('.').to_owned()
}
