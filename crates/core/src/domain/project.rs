//! A project: where tasks live. In use, archived (read-only), or in the trash.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::change::{FieldChange, Outcome};
use super::choices::Visibility;
use super::ids::{ProjectId, UserId};
use super::invalid::Invalid;
use super::mask::EditableField;
use super::merge::{ChangedSince, Conflict, Edit, merge};
use super::task_key::ProjectKey;
use super::text::{self, DESCRIPTION_MAX_BYTES};
use super::zone::Zone;

/// Longest name, in characters.
pub const NAME_MAX: usize = 200;

/// Where tasks live.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// Id.
    pub id: ProjectId,
    /// Prefix of its tasks' keys; fixed once made.
    pub key: ProjectKey,
    /// What people decide about it.
    pub fields: ProjectFields,
    /// Who made it.
    pub creator_id: UserId,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it was last changed.
    pub update_time: Timestamp,
    /// When it was archived.
    pub archive_time: Option<Timestamp>,
    /// When it was deleted.
    pub delete_time: Option<Timestamp>,
    /// Counted from 1 with every change.
    pub version: i64,
}

/// What people decide about a project, and may decide anew.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectFields {
    /// Name, one line.
    pub name: String,
    /// Markdown.
    pub description: String,
    /// Where its days begin and end.
    pub time_zone: Zone,
    /// Who can see it.
    pub visibility: Visibility,
}

/// One of the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the field of ProjectFields with this name")]
pub enum ProjectField {
    Name,
    Description,
    TimeZone,
    Visibility,
}

/// What a verb of a project may refuse.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProjectError {
    /// Fields break a rule.
    #[error("fields of the project break a rule")]
    Invalid(Vec<Invalid>),
    /// Somebody else changed the same fields.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// It is archived, and so it and all in it can only be read.
    #[error("the project is archived")]
    ReadOnly,
    /// It is archived already.
    #[error("the project is archived already")]
    AlreadyArchived,
    /// It is not archived.
    #[error("the project is not archived")]
    NotArchived,
    /// It is deleted.
    #[error("the project is deleted")]
    Deleted,
    /// It is not deleted.
    #[error("the project is not deleted")]
    NotDeleted,
}

impl EditableField for ProjectField {
    const ALL: &'static [Self] = &[Self::Name, Self::Description, Self::TimeZone, Self::Visibility];
    const SENT_BACK: &'static [&'static str] = &["key", "etag"];

    fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Description => "description",
            Self::TimeZone => "time_zone",
            Self::Visibility => "visibility",
        }
    }
}

impl ProjectFields {
    /// The value of a field as in the resource's JSON.
    pub fn json(&self, field: ProjectField) -> Value {
        match field {
            ProjectField::Name => json!(self.name),
            ProjectField::Description => json!(self.description),
            ProjectField::TimeZone => json!(self.time_zone.name()),
            ProjectField::Visibility => json!(self.visibility.name()),
        }
    }

    /// Takes over one field of another set.
    pub fn take(&mut self, field: ProjectField, from: &Self) {
        match field {
            ProjectField::Name => self.name.clone_from(&from.name),
            ProjectField::Description => self.description.clone_from(&from.description),
            ProjectField::TimeZone => self.time_zone = from.time_zone.clone(),
            ProjectField::Visibility => self.visibility = from.visibility,
        }
    }

    fn normalize(&mut self, fields: &BTreeSet<ProjectField>) -> Result<(), ProjectError> {
        let mut broken = Vec::new();
        if fields.contains(&ProjectField::Name) {
            match text::one_line(ProjectField::Name.name(), &self.name, NAME_MAX) {
                Ok(name) => self.name = name,
                Err(invalid) => broken.push(invalid),
            }
        }
        if fields.contains(&ProjectField::Description) {
            broken.extend(text::markdown(ProjectField::Description.name(), &self.description, DESCRIPTION_MAX_BYTES).err());
        }
        if broken.is_empty() {
            Ok(())
        } else {
            Err(ProjectError::Invalid(broken))
        }
    }
}

impl Project {
    /// Makes a project.
    pub fn create(
        id: ProjectId,
        key: ProjectKey,
        creator_id: UserId,
        mut fields: ProjectFields,
        now: Timestamp,
    ) -> Result<Self, ProjectError> {
        fields.normalize(&ProjectField::ALL.iter().copied().collect())?;
        Ok(Self {
            id,
            key,
            fields,
            creator_id,
            create_time: now,
            update_time: now,
            archive_time: None,
            delete_time: None,
            version: 1,
        })
    }

    /// Changes the fields of `mask` to the values in `wanted`, merged with what others changed since the version that the client had read.
    /// `sent_key` is the key as the client sent it back: empty, or the same as ever.
    pub fn update(
        &mut self,
        mut wanted: ProjectFields,
        sent_key: &str,
        mask: &BTreeSet<ProjectField>,
        since: &ChangedSince,
        now: Timestamp,
    ) -> Result<Outcome, ProjectError> {
        self.must_be_writable()?;
        if !sent_key.is_empty() && sent_key != self.key.as_str() {
            return Err(ProjectError::Invalid(vec![Invalid::new("key", "cannot be changed")]));
        }
        wanted.normalize(mask)?;

        let edits = mask.iter().map(|field| Edit {
            field: *field,
            name: field.name(),
            current: self.fields.json(*field),
            wanted: wanted.json(*field),
        });
        let accepted = merge(edits, since)?;

        let before = self.fields.clone();
        for field in accepted {
            self.fields.take(field, &wanted);
        }
        let outcome = Outcome::of(ProjectField::ALL.iter().map(|field| FieldChange {
            field: field.name(),
            before: before.json(*field),
            after: self.fields.json(*field),
        }));
        if outcome != Outcome::Unchanged {
            self.next_version(now);
        }
        Ok(outcome)
    }

    /// Makes the project read-only.
    pub fn archive(&mut self, now: Timestamp) -> Result<(), ProjectError> {
        self.must_live()?;
        if self.archive_time.is_some() {
            return Err(ProjectError::AlreadyArchived);
        }
        self.archive_time = Some(now);
        self.next_version(now);
        Ok(())
    }

    /// Brings an archived project back into use.
    pub fn unarchive(&mut self, now: Timestamp) -> Result<(), ProjectError> {
        self.must_live()?;
        if self.archive_time.is_none() {
            return Err(ProjectError::NotArchived);
        }
        self.archive_time = None;
        self.next_version(now);
        Ok(())
    }

    /// Moves the project to the trash, archived or not.
    pub fn delete(&mut self, now: Timestamp) -> Result<(), ProjectError> {
        self.must_live()?;
        self.delete_time = Some(now);
        self.next_version(now);
        Ok(())
    }

    /// Brings the project back from the trash; one that was archived still is.
    pub fn undelete(&mut self, now: Timestamp) -> Result<(), ProjectError> {
        if self.delete_time.is_none() {
            return Err(ProjectError::NotDeleted);
        }
        self.delete_time = None;
        self.next_version(now);
        Ok(())
    }

    /// Whether the project, its tasks and their comments may be changed: asked before every write in it.
    pub fn must_be_writable(&self) -> Result<(), ProjectError> {
        self.must_live()?;
        if self.archive_time.is_some() {
            Err(ProjectError::ReadOnly)
        } else {
            Ok(())
        }
    }

    fn must_live(&self) -> Result<(), ProjectError> {
        if self.delete_time.is_some() {
            Err(ProjectError::Deleted)
        } else {
            Ok(())
        }
    }

    fn next_version(&mut self, now: Timestamp) {
        self.version += 1;
        self.update_time = now;
    }
}

#[cfg(test)]
#[path = "project_tests.rs"]
mod tests;
