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
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn fields(name: &str) -> ProjectFields {
        ProjectFields {
            name: name.to_owned(),
            description: String::new(),
            time_zone: Zone::UTC,
            visibility: Visibility::Private,
        }
    }

    fn create(fields: ProjectFields) -> Result<Project, ProjectError> {
        Project::create(
            Uuid::from_u128(1).into(),
            "WEB".parse().unwrap(),
            Uuid::from_u128(2).into(),
            fields,
            at(0),
        )
    }

    fn project() -> Project {
        create(fields("Web shop")).unwrap()
    }

    fn rename(project: &mut Project, name: &str, sent_key: &str) -> Result<Outcome, ProjectError> {
        project.update(
            fields(name),
            sent_key,
            &BTreeSet::from([ProjectField::Name]),
            &ChangedSince::nothing(),
            at(9),
        )
    }

    #[test]
    fn names_have_one_line() {
        assert_eq!(create(fields("  Web shop ")).unwrap().fields.name, "Web shop");
        assert!(create(fields(&"ü".repeat(200))).is_ok());
        for name in ["", " ", "a\nb", &"ü".repeat(201)] {
            let Err(ProjectError::Invalid(invalid)) = create(fields(name)) else {
                panic!("{name:?} was taken")
            };
            assert_eq!(invalid[0].field, "name");
        }
    }

    #[test]
    fn an_update_tells_what_changed() {
        let mut project = project();
        let wanted = ProjectFields {
            time_zone: "Europe/Berlin".parse().unwrap(),
            ..fields("Web shop")
        };
        let all = ProjectField::ALL.iter().copied().collect();
        let outcome = project
            .update(wanted.clone(), "WEB", &all, &ChangedSince::nothing(), at(1))
            .unwrap();
        assert_eq!(
            outcome,
            Outcome::Changed(vec![FieldChange {
                field: "time_zone",
                before: json!("UTC"),
                after: json!("Europe/Berlin")
            }])
        );
        assert_eq!((project.version, project.update_time), (2, at(1)));

        assert_eq!(
            project.update(wanted, "", &all, &ChangedSince::nothing(), at(2)),
            Ok(Outcome::Unchanged)
        );
        assert_eq!((project.version, project.update_time), (2, at(1)));
    }

    #[test]
    fn the_key_stays() {
        let mut project = project();
        let Err(ProjectError::Invalid(invalid)) = rename(&mut project, "Shop", "SHOP") else {
            panic!("the key was changed")
        };
        assert_eq!(invalid[0].field, "key");
        assert!(rename(&mut project, "Shop", "WEB").is_ok());
    }

    #[test]
    fn stale_edits_of_the_same_field_conflict() {
        let mut project = project();
        assert!(rename(&mut project, "Theirs", "").is_ok());
        let since = ChangedSince::from_history([("name".to_owned(), json!("Web shop"))]);
        let stale = project.update(fields("Mine"), "", &BTreeSet::from([ProjectField::Name]), &since, at(2));
        assert!(matches!(stale, Err(ProjectError::Conflict(_))), "{stale:?}");
    }

    #[test]
    fn archived_projects_can_only_be_read_brought_back_or_deleted() {
        let mut project = project();
        assert_eq!(project.unarchive(at(1)), Err(ProjectError::NotArchived));
        assert_eq!(project.archive(at(1)), Ok(()));
        assert_eq!((project.archive_time, project.version), (Some(at(1)), 2));

        assert_eq!(project.archive(at(2)), Err(ProjectError::AlreadyArchived));
        assert_eq!(project.must_be_writable(), Err(ProjectError::ReadOnly));
        assert_eq!(rename(&mut project, "Shop", ""), Err(ProjectError::ReadOnly));

        assert_eq!(project.delete(at(3)), Ok(()));
        assert_eq!(project.undelete(at(4)), Ok(()));
        assert_eq!(project.archive_time, Some(at(1)), "still archived");
        assert_eq!(project.unarchive(at(5)), Ok(()));
        assert_eq!(project.must_be_writable(), Ok(()));
    }

    #[test]
    fn deleted_projects_only_come_back() {
        let mut project = project();
        assert_eq!(project.undelete(at(1)), Err(ProjectError::NotDeleted));
        assert_eq!(project.delete(at(1)), Ok(()));
        let deleted = project.clone();
        assert_eq!(project.delete(at(2)), Err(ProjectError::Deleted));
        assert_eq!(project.archive(at(2)), Err(ProjectError::Deleted));
        assert_eq!(project.unarchive(at(2)), Err(ProjectError::Deleted));
        assert_eq!(rename(&mut project, "Shop", ""), Err(ProjectError::Deleted));
        assert_eq!(project, deleted);
    }
}
